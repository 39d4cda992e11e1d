import { z } from 'zod'
import { document } from '../../core/values.ts'
import type { ApiKeyConfig } from './policy.ts'

const name = z.string().min(1).max(256)
const names = z.array(name).default([])

const key = z.strictObject({
  id: name.describe('Names the key in logs and in `claims.keyId`; unique.'),
  sha256: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, 'must be 64 hexadecimal digits, the SHA-256 of the key')
    .transform(digest => digest.toLowerCase())
    .describe('SHA-256 of the key in hexadecimal. The key itself is never stored.'),
  subject: name
    .optional()
    .describe('Who holds the key; the id by default. Several keys of one subject are one caller.'),
  tenant: name.nullable().default(null).describe('Tenant of the subject.'),
  scopes: names.describe('For `require`.'),
  roles: names.describe('For `require`.'),
  groups: names.describe('For `require`.'),
  tags: z
    .record(z.string().min(1), z.union([z.string(), z.number(), z.boolean()]))
    .refine(tags => !Object.hasOwn(tags, 'keyId'), 'keyId is taken by the id of the key')
    .default({})
    .describe('Become claims: for `require`, `headers` and limiter keys.'),
  expires: z.iso
    .datetime({ offset: true, error: 'must be a date and time with zone, such as 2027-01-31T00:00:00Z' })
    .transform(text => Date.parse(text))
    .nullable()
    .default(null)
    .describe('From then on the key is refused.'),
  services: z
    .array(name)
    .min(1, 'an empty list is a key for nothing: leave it out, or remove the key')
    .nullable()
    .default(null)
    .describe('Services that the key is good for; all when absent.'),
})

const keys = z.array(key)

/** Settings of `api-key`. */
export const schema: z.ZodType<ApiKeyConfig> = z.strictObject({
  header: z
    .string()
    .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'must be a header name')
    .refine(header => !forbidden.has(header.toLowerCase()), 'cannot carry a key')
    .default('X-API-Key')
    .describe('Header that carries the key.'),
  query: z
    .string()
    .regex(/^[A-Za-z0-9_.~-]+$/, 'must be a parameter name')
    .nullable()
    .default(null)
    .describe(
      'Query parameter that may carry the key instead. URLs end up in logs and histories; needs `forward: true`.',
    ),
  keys: document(z.union([keys, z.strictObject({ keys }).transform(file => file.keys)])).describe(
    'The keys, usually `file:PATH` of a document with `keys:`.',
  ),
  forward: z.boolean().default(false).describe('Whether the service sees the key.'),
})

// Fields that the connection, the codec or other policies own.
const forbidden = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'cookie',
])
