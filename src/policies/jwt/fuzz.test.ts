import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { exchange } from '../../../test/support/exchange.ts'
import { testHost } from '../../../test/support/host.ts'
import { encode, issuerKey, signedText, tokenBy } from '../../../test/support/tokens.ts'
import { Problem } from '../../core/problem.ts'
import { PASS, SKIP } from '../../core/verdict.ts'
import { staticKeySet } from '../../identity/static-keys.ts'
import type { JwtConfig } from './config.ts'
import { jwt } from './policy.ts'
import { schema } from './schema.ts'

const issuer = 'https://issuer.example/'
const now = Date.UTC(2026, 0, 1)
const at = now / 1_000
const good = { iss: issuer, aud: 'orders', sub: 'alice', exp: at + 300 }
const keys = [issuerKey('RS256', 'rsa'), issuerKey('ES256', 'ec'), issuerKey('EdDSA', 'ed')]
const tokens = keys.map(key => tokenBy(key, good))
const config = (await schema.parseAsync({
  issuer,
  audience: 'orders',
  jwks: 'https://issuer.example/jwks',
})) as JwtConfig
const compiled = jwt.compile(config, testHost({ now, keys: () => staticKeySet({ keys: keys.map(key => key.jwk) }) }))
const judge = async (value: string): Promise<unknown> =>
  compiled.request?.(exchange({ time: now, headers: { Authorization: value } }))

const position = fc.nat({ max: 1_000 })
const text = fc.string({ unit: 'binary-ascii', maxLength: 20 }).filter(part => !/[\r\n\0]/.test(part))
const mutation = fc.oneof(
  fc.tuple(position, text).map(
    ([i, part]) =>
      (token: string) =>
        token.slice(0, i % token.length) + part + token.slice(i % token.length),
  ),
  fc.tuple(position, position).map(
    ([i, n]) =>
      (token: string) =>
        token.slice(0, i % token.length) + token.slice((i % token.length) + 1 + (n % 5)),
  ),
  fc.tuple(position, fc.nat({ max: 61 })).map(([i, n]) => (token: string) => {
    const letter = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'.charAt(n)
    return token.slice(0, i % token.length) + letter + token.slice((i % token.length) + 1)
  }),
  position.map(i => (token: string) => token.slice(0, i % token.length)),
  fc.constant((token: string) => token.split('.').toReversed().join('.')),
)

test('a token that was changed in any place never passes and never throws', async () => {
  for (const token of tokens) assert.equal(await judge(`Bearer ${token}`), PASS, 'the unchanged one passes')
  let judged = 0
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...tokens),
      fc.array(mutation, { minLength: 1, maxLength: 3 }),
      async (token, changes) => {
        const changed = changes.reduce((made, change) => change(made === '' ? '.' : made), token)
        if (tokens.includes(changed.trim())) return
        const verdict = await judge(`Bearer ${changed}`)
        assert.ok(verdict instanceof Problem, String(changed))
        assert.equal(verdict.code, 'credential-invalid')
        judged++
      },
    ),
    { numRuns: 3_000 },
  )
  assert.ok(judged > 2_500)
})

test('headers and claims of any JSON, signed with a good key, never throw, and pass only when they are right', async () => {
  const key = keys[1] as (typeof keys)[number]
  const names = fc.constantFrom(
    'alg',
    'kid',
    'typ',
    'crit',
    'b64',
    'jwk',
    'jku',
    'x5c',
    'cty',
    'enc',
    '__proto__',
    'constructor',
  )
  const claim = fc.constantFrom(
    'iss',
    'aud',
    'exp',
    'nbf',
    'iat',
    'sub',
    'scope',
    'scp',
    'roles',
    'groups',
    'cnf',
    '__proto__',
    'toString',
  )
  const value = fc.oneof(fc.constantFrom(issuer, 'orders', 'ES256', 'ec', at, at + 60, 1e308), fc.jsonValue())
  const object = (name: fc.Arbitrary<string>) => fc.array(fc.tuple(name, value), { maxLength: 5 })
  const written = (base: object, pairs: Array<[string, unknown]>) => {
    const members = new Map<string, unknown>([...Object.entries(base), ...pairs])
    return `{${[...members].map(([name, one]) => `${JSON.stringify(name)}:${JSON.stringify(one)}`).join(',')}}`
  }
  let passed = 0
  await fc.assert(
    fc.asyncProperty(object(names), object(claim), async (header, claims) => {
      const claimsText = written(good, claims)
      const verdict = await judge(`Bearer ${signedText(key, written({ alg: 'ES256', kid: 'ec' }, header), claimsText)}`)
      if (verdict !== PASS) return assert.ok(verdict instanceof Problem)
      const said = JSON.parse(claimsText) as typeof good & { aud: string | string[] }
      assert.equal(said.iss, issuer)
      assert.ok([said.aud].flat().includes('orders'))
      assert.ok(said.exp > at - 30)
      passed++
    }),
    { numRuns: 1_500 },
  )
  assert.ok(passed > 50, `${passed} passed`)
})

test('any header value is a verdict', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        text,
        text.map(part => `Bearer ${part}`),
        text.map(part => `Bearer ${encode(part)}.${encode(part)}.${encode(part)}`),
      ),
      async value => {
        const verdict = await judge(value)
        assert.ok(verdict === SKIP || verdict instanceof Problem)
      },
    ),
    { numRuns: 2_000 },
  )
})
