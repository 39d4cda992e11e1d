import type { Severity } from '../../../core/finding.ts'
import { probeTool } from '../probe/terms.ts'
import type { ImportedFinding } from './imported.ts'
import { type Json, listOf, mapOf, textOf } from './text.ts'

const severities: readonly unknown[] = ['critical', 'high', 'medium', 'low', 'info'] satisfies Severity[]
const linesMax = 50

/** What `posture probe --report` wrote: findings as they are, checked, since anybody may have written into the file since. */
export function* probeFindings(report: Json): Generator<ImportedFinding> {
  for (const one of listOf(report['findings'])) {
    const finding = mapOf(one)
    const { severity, confidence } = finding
    if (!severities.includes(severity) || textOf(finding['rule']) === '' || textOf(finding['message']) === '') continue
    yield {
      tool: probeTool,
      rule: textOf(finding['rule']),
      severity: severity as Severity,
      message: textOf(finding['message']),
      method: textOf(finding['method']) || null,
      path: textOf(finding['path']) || null,
      references: listOf(finding['references'])
        .slice(0, linesMax)
        .map(textOf)
        .filter(word => word !== ''),
      evidence: listOf(finding['evidence'])
        .slice(0, linesMax)
        .map(textOf)
        .filter(line => line !== ''),
      ...(textOf(finding['subject']) === '' ? {} : { subject: textOf(finding['subject']) }),
      ...(typeof confidence === 'number' ? { confidence: Math.min(1, Math.max(0, confidence)) } : {}),
      ...(textOf(finding['advice']) === '' ? {} : { advice: textOf(finding['advice']) }),
    }
  }
}
