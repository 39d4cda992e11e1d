import { partners, services } from './estate.ts'
import type { Operation } from './operation.ts'

/** Who may call an operation by the configuration, and who does, as far as callers are services or partners. */
export interface Grant {
  readonly granted: readonly string[]
  readonly used: readonly string[]
}

/** Services that call an operation. */
export function callersOf(operation: Operation): string[] {
  return services
    .filter(({ operations }) =>
      operations.some(({ calls, documented }) => documented !== 'unused' && (calls ?? []).includes(operation.id)),
    )
    .map(({ name }) => name)
    .sort()
}

/** null: its callers are people, or nobody in particular. */
export function grantOf(operation: Operation): Grant | null {
  const { proof, needlessly = [], documented } = operation
  if (proof === 'service') {
    const used = callersOf(operation)
    return { used, granted: [...new Set([...used, ...needlessly])].sort() }
  }
  if (proof !== 'key') return null
  const used = documented === 'unused' ? [] : partners.filter(partner => !needlessly.includes(partner))
  return { used, granted: [...partners] }
}
