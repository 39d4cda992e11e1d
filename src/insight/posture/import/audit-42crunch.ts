import type { Severity } from '../../../core/finding.ts'
import type { ImportedFinding } from './imported.ts'
import { isMap, listOf, mapOf, textOf, type Json } from './text.ts'

/** Criticality from 1 (info) to 5 (critical). */
const byCriticality: readonly Severity[] = ['info', 'info', 'low', 'medium', 'high', 'critical']

/** The JSON report of the 42Crunch API contract audit → findings at the operations that its pointers name. */
export function* auditFindings(report: Json): Iterable<ImportedFinding> {
  const audit =
    isMap(report['data']) || isMap(report['security']) ? report : mapOf(report['audit'] ?? report['assessmentReport'])
  const index = listOf(audit['index'])
  for (const part of ['security', 'data', 'semanticErrors', 'validationErrors']) {
    for (const [id, group] of Object.entries(mapOf(mapOf(audit[part])['issues']))) {
      for (const issue of listOf(mapOf(group)['issues']).filter(isMap)) {
        const pointer =
          typeof issue['pointer'] === 'number' ? textOf(index[issue['pointer']]) : textOf(issue['pointer'])
        const criticality = Number(issue['criticality'] ?? mapOf(group)['criticality'])
        yield {
          tool: '42Crunch',
          rule: id.slice(0, 200),
          severity: byCriticality[criticality] ?? 'medium',
          message: textOf(mapOf(group)['description']) || id.slice(0, 200),
          ...operationAt(pointer),
          references: [],
        }
      }
    }
  }
}

/** `/paths/~1users~1{id}/get/…` → GET /users/{id}. */
function operationAt(pointer: string): { method: string | null; path: string | null } {
  const [, first, path, method] = pointer.split('/')
  if (first !== 'paths' || path === undefined) return { method: null, path: null }
  const known = /^(?:get|head|post|put|patch|delete|options|trace)$/.test(method ?? '')
  return {
    path: path.replaceAll('~1', '/').replaceAll('~0', '~'),
    method: known ? (method as string).toUpperCase() : null,
  }
}
