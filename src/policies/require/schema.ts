import { z } from 'zod'
import type { RequireConfig } from './policy.ts'

const names = z.array(z.string().min(1)).min(1, 'is empty')
const oneOrMore = z.union([
  z
    .string()
    .min(1)
    .transform(one => [one]),
  names,
])

const rule = z
  .union([
    oneOrMore.transform(all => ({ all, any: null })),
    z
      .strictObject({ all: oneOrMore.nullable().default(null), any: oneOrMore.nullable().default(null) })
      .refine(both => both.all !== null || both.any !== null, 'needs `all` or `any`'),
  ])
  .nullable()
  .default(null)

const value = z.union([z.string(), z.number(), z.boolean()])

const principal = z
  .strictObject({
    method: z.string().min(1).optional().describe('The policy that proved it: jwt, mtls, api-key, basic.'),
    issuer: z.string().optional().describe('Who vouches, as events show it; empty for keys.'),
    subject: z.string().min(1).optional().describe('Who calls, as events show it.'),
  })
  .refine(one => Object.keys(one).length > 0, 'names nobody')

/** Settings of `require`. */
export const schema: z.ZodType<RequireConfig> = z
  .strictObject({
    principals: z
      .array(principal)
      .min(1, 'is empty')
      .nullable()
      .default(null)
      .describe('Who may call: any entry of the list, and of an entry all members.'),
    scopes: rule.describe('Scopes that the proof must carry: a list means all of them; `{ any: [...] }` one of them.'),
    roles: rule.describe('Roles, in the same way.'),
    groups: rule.describe('Groups, in the same way.'),
    claims: z
      .record(z.string().min(1), z.union([value.transform(one => [one]), z.array(value).min(1, 'is empty')]))
      .refine(claims => Object.keys(claims).length > 0, 'is empty')
      .nullable()
      .default(null)
      .describe(
        'Claim → value, or list of accepted values. All claims must hold. `/a/b` is a JSON pointer into nested claims.',
      ),
  })
  .refine(
    config => config.principals ?? config.scopes ?? config.roles ?? config.groups ?? config.claims,
    'requires nothing: name principals, scopes, roles, groups or claims',
  )
