import { z } from 'zod'
import { duration } from '../../core/values.ts'
import type { BasicConfig } from './policy.ts'

const names = z.record(z.string().min(1), z.array(z.string().min(1))).default({})

/** Settings of `basic`. */
export const schema: z.ZodType<BasicConfig> = z.strictObject({
  realm: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[\x20-\x7e]+$/, 'must be printable ASCII')
    .default('api')
    .describe('Shown by clients when they ask for the password; the issuer of the principal.'),
  users: z.string().describe('htpasswd text, usually `file:PATH`: user:hash in each line; bcrypt, argon2id or scrypt.'),
  roles: names.describe('Role → users that have it, for `require`.'),
  groups: names.describe('Group → users that are in it, for `require`.'),
  cache: duration({ maxMs: 3_600_000 })
    .prefault('1m')
    .describe(
      'How long a right password is remembered (as a keyed hash), so that it is not hashed slowly for each request. 0s: not at all.',
    ),
  guesses: z
    .strictObject({
      perUser: z
        .int()
        .min(1)
        .max(1000)
        .default(5)
        .describe('Wrong passwords of one user before he has to wait: 1 s, 2 s, 4 s …'),
      perAddress: z
        .int()
        .min(1)
        .max(10_000)
        .default(20)
        .describe('Wrong passwords from one address (IPv6: /64) before it has to wait.'),
      waitMax: duration({ minMs: 1_000, maxMs: 86_400_000 }).prefault('5m').describe('Longest wait.'),
      forget: duration({ minMs: 1_000, maxMs: 86_400_000 })
        .prefault('15m')
        .describe('After so long without a wrong password everything is forgotten.'),
    })
    .prefault({})
    .describe('How guessing is slowed down. Counted per worker.'),
  forward: z.boolean().default(false).describe('Whether the service sees the Authorization field.'),
})
