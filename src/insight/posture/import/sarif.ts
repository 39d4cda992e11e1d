import type { ImportedFinding } from './imported.ts'
import type { Severity } from '../../../core/finding.ts'
import { callIn, cweOf, isMap, listOf, mapOf, severityOf, textOf, type Json } from './text.ts'

const byLevel: Readonly<Record<string, Severity>> = { error: 'high', warning: 'medium', note: 'low', none: 'info' }

/** A SARIF 2.1.0 log → findings. Results that are suppressed, or say that something passed, are left out. */
export function* sarifFindings(log: Json): Iterable<ImportedFinding> {
  for (const run of listOf(log['runs']).filter(isMap)) {
    const driver = mapOf(mapOf(run['tool'])['driver'])
    const rules = new Map(
      listOf(driver['rules'])
        .filter(isMap)
        .map(rule => [textOf(rule['id']), rule]),
    )
    for (const result of listOf(run['results']).filter(isMap)) {
      if (listOf(result['suppressions']).length > 0) continue
      const kind = textOf(result['kind'])
      if (kind !== '' && kind !== 'fail' && kind !== 'review' && kind !== 'open') continue
      const id = textOf(result['ruleId']) || textOf(mapOf(result['rule'])['id'])
      const rule = rules.get(id) ?? {}
      const score = Number(
        mapOf(result['properties'])['security-severity'] ?? mapOf(rule['properties'])['security-severity'],
      )
      const level = textOf(result['level']) || textOf(mapOf(rule['defaultConfiguration'])['level']) || 'warning'
      yield {
        tool: textOf(driver['name']) || 'SARIF',
        rule: id || 'unnamed',
        severity: Number.isFinite(score) ? severityOf(score) : (byLevel[level] ?? 'medium'),
        message: textOf(mapOf(result['message'])['text']) || textOf(mapOf(rule['shortDescription'])['text']),
        ...placeOf(result),
        references: [
          ...new Set(
            tagsOf(rule)
              .map(cweOf)
              .filter(cwe => cwe !== null),
          ),
        ],
      }
    }
  }
}

function tagsOf(rule: Json): string[] {
  return listOf(mapOf(rule['properties'])['tags'])
    .map(textOf)
    .filter(tag => /cwe/i.test(tag))
}

/** The request that showed it, a logical name such as `GET /users/{id}`, or a URL as location. */
function placeOf(result: Json): { method: string | null; path: string | null } {
  const request = mapOf(result['webRequest'])
  const target = textOf(request['target'])
  if (target !== '') return { method: textOf(request['method']).toUpperCase() || null, path: target }
  for (const location of listOf(result['locations']).filter(isMap)) {
    for (const logical of listOf(location['logicalLocations']).filter(isMap)) {
      const name = textOf(logical['fullyQualifiedName'])
      const call = callIn(name.replace(/^[^\s/]+ (?=[A-Z]+ \/)/, ''))
      if (call.path !== null) return call
    }
    const uri = textOf(mapOf(mapOf(location['physicalLocation'])['artifactLocation'])['uri'])
    if (/^https?:\/\//.test(uri)) return { method: null, path: uri }
  }
  return callIn(textOf(mapOf(result['message'])['text']))
}
