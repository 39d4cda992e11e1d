import type { Policy } from '../../core/policy.ts'
import { principal } from '../../core/principal.ts'
import { PASS } from '../../core/verdict.ts'

/** Nothing to set: the one word `anonymous` is the whole statement. */
export type AnonymousConfig = Readonly<Record<string, never>>

// One frozen principal for every stranger: they are indistinguishable, and the path allocates nothing.
const anybody = Object.freeze(principal({ method: 'anonymous', subject: 'anonymous' }))

/** Lets anyone in, by name: a route without an identify policy is an error, so openness has to be written out. */
export const anonymous: Policy<AnonymousConfig> = {
  name: 'anonymous',
  phase: 'identify',
  schema: async () => (await import('./schema.ts')).schema,
  problems: {},
  sharesForm: true,
  compile: () => ({
    request(x) {
      // A proof that an outer level already made stays: `anonymous` adds nobody and takes nobody away.
      x.principal ??= anybody
      return PASS
    },
  }),
}
