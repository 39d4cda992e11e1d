import { hash } from 'node:crypto'
import { exchange } from '../../test/support/exchange.ts'
import { testHost } from '../../test/support/host.ts'
import { issuerKey, tokenBy } from '../../test/support/tokens.ts'
import { Fields } from '../../src/core/fields.ts'
import { PASS } from '../../src/core/verdict.ts'
import { staticKeySet } from '../../src/identity/static-keys.ts'
import type { JwtConfig } from '../../src/policies/jwt/config.ts'
import { jwt } from '../../src/policies/jwt/policy.ts'
import { schema } from '../../src/policies/jwt/schema.ts'
import type { MicroCase } from './micro-case.ts'

const issuer = 'https://issuer.example/'
const now = Date.UTC(2026, 0, 1)
const count = 200
const rsa = issuerKey('RS256', 'rsa')
const ec = issuerKey('ES256', 'ec')
const host = testHost({ now, keys: () => staticKeySet({ keys: [rsa.jwk, ec.jwk] }) })
const config = (await schema.parseAsync({ issuer, audience: 'orders', jwks: `${issuer}jwks` })) as JwtConfig
const check = jwt.compile(config, host).request

const known = requests(i => tokenBy(rsa, claims(i)))
const fresh = requests(i => tokenBy(rsa, claims(i)))
const freshEc = requests(i => tokenBy(ec, claims(i)))
const [first = ''] = known.tokens
const bad = requests(i => `${first.slice(0, -8)}${String(i).padStart(4, 'A')}AAAA`)
for (let i = 0; i < count; i++) if (known.judge() !== PASS) throw new Error('a good token does not pass')
const byDigest = new Map(known.tokens.map(token => [hash('sha256', token, 'base64url'), token]))

export const cases: readonly MicroCase[] = [
  { name: 'jwt: head decoded, header found (baseline)', run: () => known.header() },
  { name: 'jwt: known token, 200 in turn', run: () => known.judge() },
  {
    name: 'jwt: look-up by SHA-256, for comparison',
    run: () => byDigest.get(hash('sha256', known.header(), 'base64url')),
  },
  { name: 'jwt: new token, RS256', run: () => fresh.judgeNew() },
  { name: 'jwt: new token, ES256', run: () => freshEc.judgeNew() },
  { name: 'jwt: bad signature seen before', run: () => bad.judge() },
]

function claims(i: number): object {
  const at = now / 1_000
  return { iss: issuer, aud: 'orders', sub: `user-${i}`, iat: at, exp: at + 300, jti: String(i), scope: 'read write' }
}

/** Requests in turn, each head decoded anew: a string that was hashed before would make every look-up too cheap. */
function requests(make: (i: number) => string) {
  const tokens = Array.from({ length: count }, (_, i) => make(i))
  const offsets = tokens.map(token => fieldsOf(token).offsets)
  const heads = tokens.map(token => Buffer.from(fieldsOf(token).text, 'latin1'))
  const x = exchange({ time: now, startedMs: host.clock.monotonic() })
  let turn = 0
  let round = 0
  const next = (): Fields => {
    const i = turn++ % count
    return new Fields(heads[i]?.toString('latin1') ?? '', offsets[i] ?? [])
  }
  const judge = (): unknown => {
    Object.assign(x, { headers: next() })
    return check?.(x)
  }
  return {
    tokens,
    header: (): string => next().get('authorization')?.slice(7) ?? '',
    judge,
    /** Everything that was held is out of date by then, so that each token is verified. */
    judgeNew: (): unknown => {
      Object.assign(x, { startedMs: ++round * 100_000 })
      return judge()
    },
  }
}

function fieldsOf(token: string): Fields {
  return Fields.from([
    ['host', 'api.example.com'],
    ['user-agent', 'wrk/4.2.0'],
    ['accept', '*/*'],
    ['authorization', `Bearer ${token}`],
    ['x-request-source', 'bench'],
  ])
}
