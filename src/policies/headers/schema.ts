import { z } from 'zod'
import { Secret } from '../../core/secret.ts'
import type { HeadersConfig } from './policy.ts'

/** Fields whose values are credentials: kept as secrets, so that no dump of the configuration shows them. */
const sensitive = /^(?:(?:proxy-)?authorization|cookie|set-cookie)$|(?:key|token|secret|password|signature)$/i

const set = z
  .record(z.string().min(1), z.string())
  .transform(fields =>
    Object.entries(fields).map(([name, value]) => ({ name, value: sensitive.test(name) ? new Secret(value) : value })),
  )
  .default([])

const side = (what: string) =>
  z
    .strictObject({
      set: set.describe(`Fields to set on the ${what}: name → value, with variables such as \${principal.subject}.`),
      remove: z.array(z.string().min(1)).default([]).describe(`Fields to remove from the ${what}.`),
    })
    .prefault({})

/** Settings of `headers`. */
export const schema: z.ZodType<HeadersConfig> = z.strictObject({
  request: side('request to the service').describe('Changes toward the service.'),
  response: side('response to the client').describe(
    'Changes toward the client; also on answers that the gateway makes itself.',
  ),
  security: z
    .union([z.boolean(), z.literal('override')])
    .default(true)
    .describe(
      'Security headers where the service sets none of its own; `override` replaces the ones of the service; `false` adds none.',
    ),
})
