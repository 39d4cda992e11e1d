import { readFile } from 'node:fs/promises'
import { parseYaml } from '../core/yaml.ts'
import type { Severity } from '../core/finding.ts'
import { systemClock } from '../gateway/system-clock.ts'
import { assess, severities, type Assessment } from '../insight/posture/assess.ts'
import { readReport } from '../insight/posture/import/read.ts'
import type { ImportedFinding } from '../insight/posture/import/imported.ts'
import type { PostureInput } from '../insight/posture/input.ts'
import { htmlReport } from '../insight/posture/report/html.ts'
import { markdownReport } from '../insight/posture/report/markdown.ts'
import { sarifReport } from '../insight/posture/report/sarif.ts'
import { readSuppressions, type Suppression } from '../insight/posture/suppressions.ts'
import { complain } from './did-not-read.ts'
import { counted, UserError } from './fail.ts'
import { gather } from './gather-inventory.ts'
import { postureInWords } from './posture-words.ts'
import { productVersion } from './product.ts'
import { withoutUnseen } from '../lib/unseen.ts'
import { warn } from './say.ts'

export interface PostureFlags {
  readonly state?: string
  readonly config?: string
  readonly openapi: readonly string[]
  readonly import: readonly string[]
  readonly accept?: string
  readonly service?: string
  readonly format: 'table' | 'json' | 'sarif' | 'markdown' | 'html'
  readonly json?: boolean
  readonly failOn?: Severity
}

/** `portcullis posture`: what is weak, worst first, in one of five forms. */
export async function posture(files: readonly string[], flags: PostureFlags): Promise<void> {
  const assessment = concerning(assess(await inputOf(files, flags)), flags.service)
  const format = flags.json === true ? 'json' : flags.format
  process.stdout.write(reported(assessment, format))
  if (flags.failOn === undefined) return
  const bad = severities.slice(0, severities.indexOf(flags.failOn) + 1)
  const failing = assessment.findings.filter(({ severity }) => bad.includes(severity)).length
  if (failing === 0) return
  warn(`${counted(failing, 'finding')} of severity ${flags.failOn} or worse`)
  process.exitCode = 1
}

function reported(assessment: Assessment, format: PostureFlags['format']): string {
  switch (format) {
    case 'json':
      return `${withoutUnseen(JSON.stringify(assessment, null, 2))}\n`
    case 'sarif':
      return `${withoutUnseen(JSON.stringify(sarifReport(assessment, { version: productVersion }), null, 2))}\n`
    case 'markdown':
      return markdownReport(assessment)
    case 'html':
      return htmlReport(assessment)
    case 'table':
      return postureInWords(assessment)
  }
}

async function inputOf(files: readonly string[], flags: PostureFlags): Promise<PostureInput> {
  const [imported, suppressions] = await Promise.all([
    Promise.all(flags.import.map(importedOf)),
    flags.accept === undefined ? [] : acceptedOf(flags.accept),
  ])
  const { inventory, config, learnt, quarantines } = await gather(files, {
    kubernetes: [],
    ...flags,
    configSuffices: true,
  })
  if (!learnt && flags.config === undefined && flags.openapi.length === 0)
    warn('judged by the configuration alone: nothing was learnt under it')
  complain(quarantines)
  return {
    config: config?.config ?? null,
    operations: inventory.operations(),
    documents: inventory.documents(),
    imported: imported.flat(),
    suppressions: [...(config?.config.insight?.accept ?? []), ...suppressions],
    now: systemClock().now(),
  }
}

async function importedOf(file: string): Promise<readonly ImportedFinding[]> {
  const read = readReport(await textOf(file))
  if (read === null) throw new UserError(`${file} is no report of SARIF 2.1.0, ZAP, 42Crunch or Schemathesis`)
  if (read.dropped > 0)
    warn(`${file}: ${counted(read.dropped, 'finding')} beyond the first ${read.findings.length} left out`)
  return read.findings
}

async function acceptedOf(file: string): Promise<readonly Suppression[]> {
  const parsed = parseYaml(await textOf(file))
  if ('issues' in parsed)
    throw new UserError(
      parsed.issues.map(({ line, column, reason }) => `${file}:${line}:${column} ${reason}`).join('\n'),
    )
  const { entries, faults } = readSuppressions(parsed.value)
  if (faults.length > 0) throw new UserError(faults.map(words => `${file}: ${words}`).join('\n'))
  return entries
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new UserError(`cannot read ${file} (${(error as NodeJS.ErrnoException).code})`)
  }
}

/** Of one service alone; what is said of routes, listeners and the gateway is in its scores. */
function concerning(assessment: Assessment, service: string | undefined): Assessment {
  if (service === undefined) return assessment
  const operations = assessment.scores.operations.filter(one => one.service === service)
  if (operations.length === 0) throw new UserError(`nothing is known of a service ${service}`)
  const charged = new Set(
    operations.flatMap(({ subject, security, data }) => [
      subject,
      ...[...security.losses, ...data.losses].map(loss => loss.subject),
    ]),
  )
  const own = (subject: string) => charged.has(subject) || subject === `service ${service}`
  return {
    ...assessment,
    findings: assessment.findings.filter(({ subject }) => own(subject)),
    suppressed: assessment.suppressed.filter(({ finding }) => own(finding.subject)),
    scores: {
      operations,
      services: assessment.scores.services.filter(({ name }) => name === service),
      tenants: [],
      overall: assessment.scores.services.find(({ name }) => name === service)?.score ?? null,
    },
  }
}
