import { readFile, writeFile } from 'node:fs/promises'
import { systemClock } from '../gateway/system-clock.ts'
import { assess, type Assessment } from '../insight/posture/assess.ts'
import type { ProbeIdentity } from '../insight/posture/probe/ask.ts'
import { probePoints } from '../insight/posture/probe/probe-point.ts'
import { probe, type ProbeReport } from '../insight/posture/probe/probe.ts'
import { probeTool } from '../insight/posture/probe/terms.ts'
import { visible } from '../insight/posture/report/visible.ts'
import { counted, UserError } from './fail.ts'
import { gather } from './gather-inventory.ts'
import { defaultConfiguration } from './known-state.ts'
import { postureInWords } from './posture-words.ts'
import { productVersion } from './product.ts'
import { sayJson } from './say.ts'

export interface ProbeFlags {
  readonly config?: string
  readonly state?: string
  readonly openapi: readonly string[]
  readonly target: readonly string[]
  readonly identity: readonly string[]
  readonly value: readonly string[]
  readonly rate: number
  readonly max: number
  readonly write?: boolean
  readonly bypass?: boolean
  readonly report?: string
  readonly json?: boolean
}

/** `portcullis posture probe`: asks the configured servers, and says what the answers show. */
export async function probePosture(flags: ProbeFlags): Promise<void> {
  const clock = systemClock()
  const [identities, gathered] = await Promise.all([
    identitiesOf(flags.identity),
    gather([], { kubernetes: [], ...flags, config: flags.config ?? defaultConfiguration, configSuffices: true }),
  ])
  const { inventory, config: loaded } = gathered
  if (loaded === null) throw new UserError('--config says which servers may be asked')
  const points = probePoints(loaded.config, flags.target)
  if (typeof points === 'string') throw new UserError(points)
  const input = {
    config: loaded.config,
    operations: inventory.operations(),
    documents: inventory.documents(),
    now: clock.now(),
  }
  const report = await probe({
    input,
    points,
    identities,
    values: flags.value.map(valueOf),
    write: flags.write === true,
    bypass: flags.bypass === true,
    pace: {
      perSecond: flags.rate,
      countMax: flags.max,
      now: () => clock.monotonic(),
      sleep: ms => new Promise(resolve => setTimeout(resolve, ms)),
    },
    userAgent: `portcullis-probe/${productVersion}`,
  })
  if (flags.report !== undefined) await writeReport(flags.report, report)
  const assessment = assess({ ...input, imported: report.findings, suppressions: loaded.config.insight?.accept ?? [] })
  const findings = assessment.findings.filter(({ evidence }) => evidence.some(line => line.startsWith(`${probeTool} `)))
  if (flags.json === true) sayJson({ asked: report.asked, unasked: report.unasked, notes: report.notes, findings })
  else process.stdout.write(words(report, { ...assessment, findings, suppressed: [] }))
}

function words({ asked, unasked, notes }: ProbeReport, assessment: Assessment): string {
  return [
    `${counted(asked, 'request')} asked${unasked > 0 ? `; ${unasked} more were left out, --max says how many are` : ''}`,
    ...notes.map(note => `  ${visible(note, 300)}`),
    '',
    assessment.findings.length === 0 ? 'No weak point was shown by an answer.\n' : postureInWords(assessment),
  ].join('\n')
}

async function writeReport(file: string, { findings, asked, unasked, notes }: ProbeReport): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify({ portcullisProbe: 1, asked, unasked, notes, findings }, null, 2)}\n`, {
      mode: 0o600,
    })
  } catch (error) {
    throw new UserError(`cannot write ${file} (${(error as NodeJS.ErrnoException).code})`)
  }
}

/** `ada=Authorization: Bearer env:ADA_TOKEN`; several fields of one name are one caller. */
async function identitiesOf(written: readonly string[]): Promise<ProbeIdentity[]> {
  const identities = new Map<string, Record<string, string>>()
  for (const text of written) {
    const [, name, field, scheme = '', kind, where] =
      /^([\w-]{1,40})=([!#$%&'*+.^`|~\w-]{1,100}): *([A-Za-z][\w-]{0,30} +)?(env|file):(.{1,4096})$/s.exec(text) ?? []
    if (name === undefined || field === undefined || where === undefined)
      throw new UserError(
        "--identity is NAME='FIELD: env:VARIABLE', also with a scheme: ada='Authorization: Bearer env:ADA_TOKEN'; file:PATH for env:. A value itself would stay in the shell's history",
      )
    const value = (kind === 'env' ? process.env[where] : await contentOf(where))?.trim()
    if (value === undefined || value === '') throw new UserError(`--identity ${name}: ${kind}:${where} holds nothing`)
    if (/[^\t\x20-\x7e]/.test(value))
      throw new UserError(`--identity ${name}: ${kind}:${where} holds no value of a header field`)
    const fields = identities.get(name) ?? {}
    fields[field.toLowerCase()] = `${scheme}${value}`
    identities.set(name, fields)
  }
  if (identities.size > 2)
    throw new UserError('two identities are enough: the objects of the first are asked for as the second')
  return [...identities].map(([name, headers]) => ({ name, headers }))
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new UserError(`cannot read ${file} (${(error as NodeJS.ErrnoException).code})`)
  }
}

function valueOf(written: string): readonly [string, string] {
  const [, name, value] = /^([\w.-]{1,100})=([\w.~-]{1,200})$/.exec(written) ?? []
  if (name === undefined || value === undefined || /^\.+$/.test(value))
    throw new UserError(`--value is NAME=VALUE of letters, digits and . _ ~ -, not ${written}`)
  return [name, value]
}
