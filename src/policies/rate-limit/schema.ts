import { z } from 'zod'
import { duration, rate } from '../../core/values.ts'
import { windowAmountMax } from '../../state/window-limiter.ts'
import type { KeyPart } from './keys.ts'
import type { RateLimitConfig } from './policy.ts'

const fieldName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

const part = z
  .union(
    [
      z.enum(['address', 'principal', 'api-key', 'route', 'method']),
      z.strictObject({ header: z.string().max(256).regex(fieldName, 'must be a header name') }),
      z.strictObject({ claim: z.string().min(1).max(256) }),
      z.strictObject({ constant: z.string().min(1).max(256) }),
    ],
    'must be address, principal, api-key, route, method, { header: NAME }, { claim: NAME } or { constant: VALUE }',
  )
  .transform((written): KeyPart => {
    if (typeof written === 'string') return { kind: written }
    if ('header' in written) return { kind: 'header', name: written.header.toLowerCase() }
    if ('claim' in written) return { kind: 'claim', name: written.claim }
    return { kind: 'constant', value: written.constant }
  })

// A bucket is exact up to 20 million a second; Redis counts in sixteenths of a microsecond and would be too strict above 100,000.
const perMsMax = 20_000
const perMsMaxInStore = 100
const yearMs = 366 * 86_400_000

const settings = z.strictObject({
  algorithm: z
    .enum(['token-bucket', 'leaky-bucket', 'sliding-window'])
    .default('token-bucket')
    .describe(
      'token-bucket: N at once, refilled evenly. leaky-bucket: evenly spaced, early requests wait. sliding-window: N in any window.',
    ),
  limit: rate().describe('How many in which time: 100/min, 5/s, 50/10s.'),
  burst: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .optional()
    .describe('token-bucket: size of the bucket; the amount of the limit when absent.'),
  queue: z.int().min(0).max(10_000).optional().describe('leaky-bucket: how many may wait for their slot (default 20).'),
  delay: duration({ minMs: 1, maxMs: 60_000 }).optional().describe('leaky-bucket: the longest wait (default 5s).'),
  by: z.array(part).min(1).max(8).describe('Whose requests are counted together: all parts must be equal.'),
  store: z
    .string()
    .min(1)
    .optional()
    .describe('A store that several gateways share; absent: the memory of this process, shared by its workers.'),
  onUnavailable: z
    .enum(['deny', 'local', 'allow'])
    .optional()
    .describe('While the store is away: deny = 503, local (default) = count in this process, allow = do not count.'),
  name: z
    .string()
    .regex(/^[\x20-\x7e]{1,64}$/, 'must be 1 to 64 printable ASCII characters')
    .optional()
    .describe("Name in the RateLimit fields; the entry's id when absent."),
  headers: z.boolean().default(true).describe('Whether answers carry RateLimit and RateLimit-Policy.'),
})

/** Settings of `rate-limit`. */
export const schema: z.ZodType<RateLimitConfig> = settings
  .superRefine((given, context) => {
    const wrong = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message })
    const { algorithm, limit } = given
    if (algorithm !== 'token-bucket' && given.burst !== undefined) wrong('burst', 'belongs to token-bucket only')
    for (const key of ['queue', 'delay'] as const)
      if (algorithm !== 'leaky-bucket' && given[key] !== undefined) wrong(key, 'belongs to leaky-bucket only')
    if (given.store === undefined && given.onUnavailable !== undefined)
      wrong('onUnavailable', 'says what happens without the store, and no store is given')
    const perMs = limit.amount / limit.windowMs
    if (perMs > perMsMax) wrong('limit', 'is above 20,000,000 a second, which nobody can reach: leave the limiter out')
    else if (given.store !== undefined && perMs > perMsMaxInStore)
      wrong('limit', 'is above 100,000 a second, too fast for a store')
    if (limit.windowMs > yearMs) wrong('limit', 'is over more than a year')
    if (algorithm === 'sliding-window' && limit.amount > windowAmountMax)
      wrong('limit', `is above ${windowAmountMax} per window, too many for a sliding window: use token-bucket`)
    if (algorithm === 'token-bucket' && (limit.windowMs / limit.amount) * (given.burst ?? limit.amount) > yearMs)
      wrong('burst', 'takes more than a year to refill')
    const kinds = given.by.map(part => JSON.stringify(part))
    if (new Set(kinds).size !== kinds.length) wrong('by', 'names a part twice')
  })
  .transform(
    (given): RateLimitConfig => ({
      algorithm: given.algorithm,
      limit: given.limit,
      burst: given.burst ?? null,
      queue: given.queue ?? 20,
      delay: given.delay ?? 5_000,
      by: given.by,
      store: given.store ?? null,
      onUnavailable: given.onUnavailable ?? 'local',
      name: given.name ?? null,
      headers: given.headers,
    }),
  )
