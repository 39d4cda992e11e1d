// Hot path: values without variables are checked at load and only recorded here.

import { ConfigError, type ConfigIssue } from '../../core/config-error.ts'
import type { Exchange } from '../../core/exchange.ts'
import { isNamed } from '../../core/fields.ts'
import type { Policy } from '../../core/policy.ts'
import { Secret } from '../../core/secret.ts'
import { PASS } from '../../core/verdict.ts'
import { nameFault } from './names.ts'
import { securityHeaders } from './security.ts'
import { compileTemplate, type Template } from './template.ts'

export interface FieldChanges {
  readonly set: ReadonlyArray<{ readonly name: string; readonly value: string | Secret }>
  readonly remove: readonly string[]
}

export interface HeadersConfig {
  readonly request: FieldChanges
  readonly response: FieldChanges
  readonly security: boolean | 'override'
}

interface Changes {
  readonly set: ReadonlyArray<{ readonly name: string; readonly value: Template }>
  readonly remove: readonly string[]
}

/** Sets and removes header fields toward the service and toward the client, and adds security headers. */
export const headers: Policy<HeadersConfig> = {
  name: 'headers',
  phase: 'transform',
  schema: async () => (await import('./schema.ts')).schema,
  problems: {},
  setsUpstream: config => config.request.set.map(field => field.name.toLowerCase()),
  sharesForm: true,
  compile(config) {
    const issues: ConfigIssue[] = []
    const request = compileChanges(config.request, 'request', issues)
    const response = compileChanges(config.response, 'response', issues)
    if (issues.length > 0) throw new ConfigError(issues)
    const security = config.security === false ? [] : securityHeaders
    const override = config.security === 'override'

    return {
      ...((request.set.length > 0 || request.remove.length > 0) && {
        request(x: Exchange) {
          for (const name of request.remove) x.removeRequest(name)
          for (const { name, value } of request.set) {
            const text = typeof value === 'string' ? value : value(x)
            // Without a value the field goes: whatever stands there would be taken for the gateway's word.
            if (text === null) x.removeRequest(name)
            else x.setRequest(name, text)
          }
          return PASS
        },
      }),
      ...((response.set.length > 0 || response.remove.length > 0 || security.length > 0) && {
        response(x: Exchange) {
          for (const [name, value, lowered] of security) {
            if (override || !hasResponse(x, lowered)) x.setResponse(name, value)
          }
          for (const name of response.remove) x.removeResponse(name)
          for (const { name, value } of response.set) {
            const text = typeof value === 'string' ? value : value(x)
            if (text === null) x.removeResponse(name)
            else x.setResponse(name, text)
          }
          return PASS
        },
      }),
    }
  },
}

/** Does the answer carry the field, from the service or from another policy? */
function hasResponse(x: Exchange, lowered: string): boolean {
  const edits = x.responseEdits
  if (edits !== null) {
    for (const [name] of edits.set) if (isNamed(name, lowered)) return true
    if (edits.removed.includes(lowered)) return false
  }
  return x.answer !== null && x.answer.fields.has(lowered)
}

function compileChanges(changes: FieldChanges, side: 'request' | 'response', issues: ConfigIssue[]): Changes {
  const seen = new Set<string>()
  const name = (written: string, pointer: string): void => {
    const fault = nameFault(written, side)
    if (fault !== null) issues.push({ pointer, reason: `${written}: ${fault}` })
    // Two spellings of one name would be two values, of which one silently wins.
    else if (seen.has(written.toLowerCase())) issues.push({ pointer, reason: `${written} is named twice` })
    seen.add(written.toLowerCase())
  }
  const set = changes.set.map(field => {
    const pointer = `/${side}/set/${field.name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    name(field.name, pointer)
    const text = field.value instanceof Secret ? field.value.reveal() : field.value
    const compiled = compileTemplate(text)
    if ('fault' in compiled)
      issues.push({ pointer, reason: compiled.fault, ...(compiled.hint !== undefined && { hint: compiled.hint }) })
    return { name: field.name, value: 'fault' in compiled ? '' : compiled.template }
  })
  for (const [index, written] of changes.remove.entries()) name(written, `/${side}/remove/${index}`)
  return { set, remove: changes.remove }
}
