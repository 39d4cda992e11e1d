import type { DetectionSettings } from '../detection/settings.ts'
import { detectors } from './index.ts'

/** The settings with what is written for each detector read by its schema. Throws an Error with words on what no detector knows. */
export async function readDetectorSettings(settings: DetectionSettings): Promise<DetectionSettings> {
  const read = await Promise.all(
    Object.entries(settings.detectors).map(async ([name, one]) => {
      const detector = detectors.find(known => known.name === name)
      if (detector === undefined)
        throw new Error(
          `insight.detection.detectors: there is no ${name}; there are ${detectors.map(known => known.name).join(', ')}`,
        )
      if (one.with === null) return [name, one] as const
      const result = (await detector.schema()).safeParse(one.with)
      if (!result.success)
        throw new Error(
          `insight.detection.detectors.${name}.with: ${result.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; ')}`,
        )
      return [name, { ...one, with: result.data as Readonly<Record<string, unknown>> }] as const
    }),
  )
  return { ...settings, detectors: Object.fromEntries(read) }
}
