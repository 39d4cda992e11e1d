import { createHash } from 'node:crypto'
import type { Finding, Severity } from '../../../core/finding.ts'
import type { Assessment } from '../assess.ts'
import { headingTitle, ruleOf } from '../catalogue.ts'
import type { Suppressed } from '../suppressions.ts'
import { visible } from './visible.ts'

/** SARIF has three levels; the number is what code-scanning services sort by (CVSS scale). */
const levels: Readonly<Record<Severity, readonly [level: 'error' | 'warning' | 'note', number: string]>> = {
  critical: ['error', '9.5'],
  high: ['error', '8.0'],
  medium: ['warning', '5.5'],
  low: ['note', '3.0'],
  info: ['note', '0.0'],
}

/** The assessment as a SARIF 2.1.0 log (OASIS standard), plain data. Suppressed findings are results with their suppression. */
export function sarifReport(assessment: Assessment, product: { readonly version: string }): Record<string, unknown> {
  const all = [
    ...assessment.findings.map(finding => ({ finding, suppressed: null })),
    ...assessment.suppressed.map(one => ({ finding: one.finding, suppressed: one })),
  ]
  const ids = [...new Set(all.map(({ finding }) => finding.rule))].sort()
  const index = new Map(ids.map((id, i) => [id, i]))
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'Portcullis', semanticVersion: product.version, rules: ids.map(describe) } },
        columnKind: 'utf16CodeUnits',
        results: all.map(({ finding, suppressed }) => result(finding, index.get(finding.rule) ?? 0, suppressed)),
      },
    ],
  }
}

function describe(id: string): Record<string, unknown> {
  const rule = ruleOf(id)
  if (rule === null) return { id: visible(id), shortDescription: { text: 'Found by another scanner' } }
  const [level, number] = levels[rule.severity]
  return {
    id,
    shortDescription: { text: rule.title },
    defaultConfiguration: { level },
    properties: {
      tags: ['security', headingTitle(id), ...rule.references.map(tagOf)],
      'security-severity': number,
    },
  }
}

/** The form that code-scanning services know CWEs by. */
function tagOf(reference: string): string {
  const cwe = /^CWE-(\d+)$/.exec(reference)
  return cwe === null ? reference : `external/cwe/cwe-${cwe[1]}`
}

function result(finding: Finding, ruleIndex: number, suppressed: Suppressed | null): Record<string, unknown> {
  const { rule, severity, subject, message, evidence, confidence, fix, references } = finding
  return {
    ruleId: visible(rule),
    ruleIndex,
    level: levels[severity][0],
    rank: Math.round(confidence * 100),
    message: { text: visible(`${message} ${fix.advice}`, 2_000) },
    locations: [{ logicalLocations: [{ fullyQualifiedName: visible(subject), kind: kindOf(subject) }] }],
    partialFingerprints: { 'ruleAndSubject/v1': createHash('sha256').update(`${rule}\0${subject}`).digest('hex') },
    ...(suppressed === null
      ? {}
      : { suppressions: [{ kind: 'external', status: 'accepted', justification: visible(suppressed.reason) }] }),
    properties: {
      severity,
      confidence,
      evidence: evidence.map(line => visible(line)),
      references,
      ...(fix.patch === undefined ? {} : { patch: fix.patch }),
      'security-severity': levels[severity][1],
    },
  }
}

function kindOf(subject: string): string {
  return /^(?:gateway$|(?:listener|service|route) )/.test(subject) ? 'module' : 'function'
}
