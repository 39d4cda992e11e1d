// Tokens against another library: what `jwt` accepts, jose accepts for the same issuer, audience, algorithms and keys.
import { createLocalJWKSet, jwtVerify } from 'jose'
import { PASS } from '../../src/core/verdict.ts'
import { Problem } from '../../src/core/problem.ts'
import { staticKeySet } from '../../src/identity/static-keys.ts'
import type { JwtConfig } from '../../src/policies/jwt/config.ts'
import { jwt } from '../../src/policies/jwt/policy.ts'
import { schema } from '../../src/policies/jwt/schema.ts'
import { exchange } from '../support/exchange.ts'
import { testHost } from '../support/host.ts'
import { issuerKey, signedText, tokenBy } from '../support/tokens.ts'
import { randomOf, type Random } from './mutation.ts'

const issuer = 'https://issuer.example/'
const now = Date.UTC(2026, 0, 1)
const at = now / 1_000
const keys = [issuerKey('RS256', 'rsa'), issuerKey('ES256', 'ec'), issuerKey('EdDSA', 'ed')]
const stranger = issuerKey('ES256', 'ec')
const jwks = { keys: keys.map(key => key.jwk) }
const good = { iss: issuer, aud: 'orders', sub: 'alice', iat: at, exp: at + 300, scope: 'read' }
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. \t\0é{}",:'
const headers = [
  '"alg":"none"',
  '"alg":"HS256"',
  '"alg":"ES256"',
  '"alg":"PS256"',
  '"kid":"rsa"',
  '"kid":"ec"',
  '"kid":"ed"',
  '"kid":1',
  '"typ":"JWT"',
  '"typ":"at+jwt"',
  '"crit":["exp"]',
  '"crit":[]',
  '"b64":false',
  '"jwk":{}',
  '"x5c":[]',
  '"cty":"JWT"',
  '"zip":"DEF"',
  '"__proto__":{}',
] as const
const claims = [
  '"iss":"https://issuer.example"',
  '"iss":null',
  '"iss":["https://issuer.example/"]',
  '"aud":"orders"',
  '"aud":["a","orders"]',
  '"aud":["orders",1]',
  '"aud":"order"',
  '"exp":1e400',
  '"exp":"9999999999"',
  '"exp":1767225600',
  '"exp":-1',
  '"exp":1767225900.5',
  '"nbf":1767225629',
  '"nbf":1767225631',
  '"nbf":"x"',
  '"iat":null',
  '"sub":1',
  '"sub":"bob"',
  '"scope":["a"]',
  '"roles":"x"',
  '"groups":[1]',
  '"cnf":{"jkt":"x"}',
  '"a":{"b":[1,{"c":null}]}',
  '"\\u0065xp":9999999999',
  '"x":"\\ud800"',
] as const

/** Judges mutated and strangely written tokens until the time is over; throws with the token when the two disagree. */
export async function fuzz(budgetMs: number): Promise<{ name: string; runs: number }> {
  const config = (await schema.parseAsync({ issuer, audience: 'orders', jwks: `${issuer}jwks` })) as JwtConfig
  const compiled = jwt.compile(config, testHost({ now, keys: () => staticKeySet(jwks) }))
  const local = createLocalJWKSet(jwks as never)
  const seed = Math.floor(Math.random() * 2 ** 32)
  const random = randomOf(seed)
  const until = performance.now() + budgetMs
  let runs = 0
  let passed = 0
  do {
    const token = random.chance(0.5) ? mutated(random) : written(random)
    const headers = { Authorization: `Bearer ${token}` }
    const verdict = await compiled.request?.(exchange({ time: now, headers }))
    if (verdict !== PASS && !(verdict instanceof Problem))
      throw new Error(`seed ${seed}: no verdict for ${JSON.stringify(token)}`)
    if (verdict === PASS) {
      passed++
      const settings = {
        issuer,
        audience: 'orders',
        algorithms: [...config.algorithms],
        clockTolerance: 30,
        currentDate: new Date(now),
        requiredClaims: ['exp'],
      }
      // `Bearer` and one space or more (RFC 6750 §2.1): they are no part of the token.
      await jwtVerify(token.replace(/^ +/, ''), local, settings).catch((error: unknown) => {
        throw new Error(`seed ${seed}: passes, and jose refuses: ${token}`, { cause: error })
      })
    }
    runs++
  } while (performance.now() < until)
  // Nothing passed = nothing was compared.
  return { name: `jwt (${passed} passed)`, runs: passed === 0 ? 0 : runs }
}

/** A good token with letters changed, taken out, put in, or parts exchanged. */
function mutated(random: Random): string {
  let token = tokenBy(random.pick(keys), good)
  for (let changes = random.below(4); changes > 0; changes--) {
    const i = random.below(token.length + 1)
    const letter = random.pick([...letters])
    switch (random.below(5)) {
      case 0:
        token = token.slice(0, i) + letter + token.slice(i)
        break
      case 1:
        token = token.slice(0, i) + token.slice(i + 1 + random.below(3))
        break
      case 2:
        token = token.slice(0, i)
        break
      case 3:
        token = token.slice(0, i) + letter + token.slice(i + 1)
        break
      default: {
        const other = tokenBy(random.pick([...keys, stranger]), { ...good, sub: 'mallory' }).split('.')
        const parts = token.split('.')
        const n = random.below(parts.length)
        token = parts.with(n, other[n] ?? '').join('.')
      }
    }
  }
  // What a field can hold: the codec refuses the rest before.
  return token.replaceAll(/[^\x20-\x7e\x80-\xff]/g, '')
}

/** Header and claims of random members, some of them twice, rightly signed. */
function written(random: Random): string {
  const key = random.pick([...keys, ...keys, stranger])
  const members = (base: object, extra: readonly string[]): string => {
    const own = Object.entries(base).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
    const kept = own.filter(() => random.chance(0.95))
    const added = Array.from({ length: random.below(3) }, () => random.pick(extra))
    const names = new Set(added.map(one => one.slice(0, one.indexOf(':'))))
    // Mostly in place of the good member, sometimes beside it.
    const beside = random.chance(0.2) ? kept : kept.filter(one => !names.has(one.slice(0, one.indexOf(':'))))
    return `{${[...beside, ...added].join(',')}}`
  }
  return signedText(key, members({ alg: key.alg, kid: key.kid }, headers), members(good, claims))
}
