import type { Severity } from '../../../core/finding.ts'
import type { ImportedFinding } from './imported.ts'
import { cweOf, isMap, listOf, mapOf, textOf, type Json } from './text.ts'

const byRisk: Readonly<Record<string, Severity>> = { '0': 'info', '1': 'low', '2': 'medium', '3': 'high' }

/** The traditional JSON report of ZAP (also with requests and responses) → findings, one for each instance. False positives are left out. */
export function* zapFindings(report: Json): Iterable<ImportedFinding> {
  const sites = Array.isArray(report['site']) ? report['site'] : [report['site']]
  for (const site of sites.filter(isMap)) {
    for (const alert of listOf(site['alerts']).filter(isMap)) {
      if (textOf(alert['confidence']) === '0') continue
      const cwe = cweOf(textOf(alert['cweid']))
      const instances = listOf(alert['instances']).filter(isMap)
      for (const instance of instances.length > 0 ? instances : [{}]) {
        const parameter = textOf(mapOf(instance)['param'])
        yield {
          tool: 'ZAP',
          rule: textOf(alert['alertRef']) || textOf(alert['pluginid']) || 'unnamed',
          severity: byRisk[textOf(alert['riskcode'])] ?? 'medium',
          message: `${textOf(alert['alert']) || textOf(alert['name'])}${parameter === '' ? '' : ` (${parameter})`}`,
          method: textOf(mapOf(instance)['method']).toUpperCase() || null,
          path: textOf(mapOf(instance)['uri']) || null,
          references: cwe === null ? [] : [cwe],
        }
      }
    }
  }
}
