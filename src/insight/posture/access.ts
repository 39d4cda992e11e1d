import type { Operation } from '../model/operation.ts'
import type { Endpoint } from './estate.ts'
import { hasPhase } from './guards.ts'
import { classWords, sensitiveClasses } from './sensitive.ts'

const writing: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

export function isWriting(method: string): boolean {
  return writing.has(method)
}

/** Calls that proved who they are, in whatever way; 0 when they were so few that one stranger's tries would explain them. */
export function provenCalls({ authentication, traffic }: Operation): number {
  const proven = Object.entries(authentication.methods)
    .filter(([method]) => method !== 'none' && method !== 'anonymous')
    .reduce((sum, [, calls]) => sum + calls, 0)
  return proven >= 3 && proven >= traffic.calls / 100 ? proven : 0
}

/** Why nobody unknown should get an answer here; empty when nothing says so. */
export function reasonsForProof({ operation, purpose, method }: Endpoint): string[] {
  if (purpose.open) return []
  const classes = operation === null ? [] : sensitiveClasses(operation)
  return [
    ...(purpose.admin || purpose.debug ? ['its path names a function for operators'] : []),
    ...classes.map(classWords),
    ...(isWriting(method) ? [`${method} changes something`] : []),
  ]
}

/** Does somebody decide who may, beyond knowing who it is: a policy on every route, or the service, which was seen to answer 403? */
export function decidesWhoMay({ routes, operation, declared }: Endpoint): boolean {
  return (
    (routes.length > 0 && routes.every(route => hasPhase(route, 'authorize'))) ||
    (operation?.responses.some(({ status, seen }) => status === 403 && seen > 0) ?? false) ||
    (declared?.operation.responses.some(({ status }) => status === '403') ?? false)
  )
}

/** Credentials as sent in a share of calls that is no accident: three calls, and one of a hundred. */
export function establishedCredentials({
  authentication,
  traffic,
}: Operation): Operation['authentication']['credentials'] {
  return authentication.credentials.filter(({ seen }) => seen >= 3 && seen >= traffic.calls / 100)
}
