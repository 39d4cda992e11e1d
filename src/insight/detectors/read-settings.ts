import { ConfigError, type ConfigIssue } from '../../core/config-error.ts'
import type { DetectionSettings } from '../detection/settings.ts'
import { detectors } from './index.ts'

type Written = DetectionSettings['detectors']

/** What is written for each detector, read by its schema: defaults are filled in. Throws ConfigError with everything that no detector knows. */
export async function readDetectorSettings(written: Written): Promise<Written> {
  const issues: ConfigIssue[] = []
  const read: Array<readonly [string, Written[string]]> = []
  for (const [name, one] of Object.entries(written)) {
    const pointer = `/insight/detection/detectors/${name}`
    const detector = detectors.find(known => known.name === name)
    if (detector === undefined) {
      const names = detectors.map(known => known.name).join(', ')
      issues.push({ pointer, reason: `there is no detector ${name}`, hint: `there are ${names}` })
      continue
    }
    if (one.with === null) {
      read.push([name, one])
      continue
    }
    const result = (await detector.schema()).safeParse(one.with)
    if (result.success) read.push([name, { ...one, with: result.data as Readonly<Record<string, unknown>> }])
    else
      for (const { path, message } of result.error.issues)
        issues.push({ pointer: [pointer, 'with', ...path.map(String)].join('/'), reason: message })
  }
  if (issues.length > 0) throw new ConfigError(issues)
  return Object.fromEntries(read)
}
