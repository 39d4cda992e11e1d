// Hot path: one look-up and a handful of comparisons per request once a token is known.

import { createSecretKey } from 'node:crypto'
import type { Exchange } from '../../core/exchange.ts'
import { equalsLowered } from '../../core/fields.ts'
import type { Host, KeySet, KeySource, VerificationKey } from '../../core/host.ts'
import type { Compiled, Policy } from '../../core/policy.ts'
import { refuse, type CoreCode, type Problem } from '../../core/problem.ts'
import { PASS, SKIP, type Verdict } from '../../core/verdict.ts'
import { fits } from '../../identity/algorithms.ts'
import { keySetOf } from '../../identity/static-keys.ts'
import { createStrictReader } from '../../identity/strict-json.ts'
import { claimHeaders } from './claim-headers.ts'
import { readFacts, type Facts } from './claims.ts'
import { keySourceOf, type JwtConfig } from './config.ts'
import { holds } from './signature.ts'
import { claimedIssuer, parseToken, shown, tokenCharsMax, type ParsedToken } from './token.ts'
import { createVerifiedTokens } from './verified-tokens.ts'

/** Proves the caller by a JSON Web Token of one issuer. */
export const jwt: Policy<JwtConfig> = {
  name: 'jwt',
  phase: 'identify',
  schema: async () => (await import('./schema.ts')).schema,
  problems: {},
  counters: ['verified', 'signature-refused', 'keys-waited', 'keys-unavailable'],
  setsUpstream: config => Object.values(config.claimsToHeaders).map(name => name.toLowerCase()),
  keySources(config) {
    const source = keySourceOf(config)
    return source === null ? [] : [source]
  },
  warnings: config => [
    ...(config.secret === undefined
      ? []
      : [
          `tokens of ${config.issuer} are signed with a shared secret (${config.algorithms.join(', ')}): whoever can verify one can write one; prefer a key pair`,
        ]),
    ...(config.anyAudience ? [`tokens of ${config.issuer} are accepted whoever they were made for (anyAudience)`] : []),
  ],
  sharesForm: true,
  compile,
}

// A token that names no key is tried against at most so many: each try costs a verification.
const triesMax = 4

function compile(config: JwtConfig, host: Host): Compiled {
  const { header, issuer } = config
  const isBearer = header === 'authorization'
  const algorithms: ReadonlySet<string> = new Set(config.algorithms)
  // One for all entries of a worker, since each holds 12 KB of tables: with a reader of its own for each of a thousand routes, making them
  // was a quarter of a reload.
  const read = host.keep('jwt/reader', () => createStrictReader(host.counters.hashKey))
  const { source, keys, cache } = keysOf(config, host)
  const tokens = cache === null ? createVerifiedTokens() : host.keep(cache, createVerifiedTokens)
  const suffices = compileDemands(config)
  const addHeaders = claimHeaders(config.claimsToHeaders)
  const verified = host.counter('verified')
  const signatureRefused = host.counter('signature-refused')
  const keysWaited = host.counter('keys-waited')
  const keysUnavailable = host.counter('keys-unavailable')

  let servingUntilMs = Number.NEGATIVE_INFINITY

  return { request, challenge: 'Bearer' }

  function request(x: Exchange): Verdict | Promise<Verdict> {
    const value = x.headers.get(header)
    if (value === undefined) return SKIP
    const token = isBearer ? bearerToken(value) : value
    if (token !== null) {
      const facts = tokens.facts(token, keys.version, x.startedMs)
      if (facts !== null && keysServe(x.startedMs)) return judge(x, facts)
    }
    // Two lines are two opinions about who calls; a known token holds no comma, so a hit above was one line.
    if (x.headers.all(header).length > 1) return invalid('more than one line with a credential')
    if (token === null) return SKIP
    if (token.length > tokenCharsMax) return invalid(`the token is longer than ${tokenCharsMax} characters`)
    if (config.otherIssuers === 'skip') {
      const claimed = claimedIssuer(token, read)
      if (claimed !== null && claimed !== issuer) return SKIP
    }
    if (tokens.isBad(token, keys.version, x.startedMs)) return invalid('the signature does not hold (seen before)')
    const parsed = parseToken(token, algorithms, read)
    if (typeof parsed === 'string') return invalid(parsed)
    return verifyToken(x, token, parsed)
  }

  /** Keys that are too old to trust vouch for nothing. Asked once a second: the state reads the clock, a tenth of a whole hit. */
  function keysServe(nowMs: number): boolean {
    if (nowMs >= servingUntilMs) servingUntilMs = keys.state === 'ready' ? nowMs + 1_000 : Number.NEGATIVE_INFINITY
    return nowMs < servingUntilMs
  }

  function verifyToken(x: Exchange, token: string, parsed: ParsedToken): Verdict | Promise<Verdict> {
    const tried = tryKeys(keys, parsed)
    if (tried === 'holds') return accept(x, token, parsed)
    if (tried === 'no-key') return afterWant(x, token, parsed)
    // A set whose keys have no names rotates without one: the refused signature is the only sign of it.
    if (tried === 'refused' && parsed.kid === null && source?.keys === undefined && source !== null) {
      return afterWant(x, token, parsed)
    }
    return refused(x, token, parsed, tried)
  }

  async function afterWant(x: Exchange, token: string, parsed: ParsedToken): Promise<Verdict> {
    keysWaited.add(1)
    const answer = await keys.want(parsed.kid)
    const tried = tryKeys(keys, parsed)
    if (tried === 'holds') return accept(x, token, parsed)
    if (tried === 'refused' || tried === 'unfit') return refused(x, token, parsed, tried)
    if (answer === 'unavailable' || keys.state === 'unavailable') {
      keysUnavailable.add(1)
      return refuse('dependency-unavailable', { reason: `the keys of ${issuer} are not available` })
    }
    return invalid(`no key with the kid ${shown(parsed.kid)}`)
  }

  function accept(x: Exchange, token: string, parsed: ParsedToken): Verdict {
    verified.add(1)
    const claims = read(parsed.payload)
    if (typeof claims === 'string') return invalid(`claims: ${claims}`)
    const facts = readFacts(claims, parsed.typ, config)
    if (typeof facts === 'string') return invalid(facts)
    if (facts.iatMs !== null) tokens.drift.saw(facts.iatMs, x.time)
    tokens.hold(token, keys.version, facts, { wallMs: x.time, monotonicMs: x.startedMs })
    return judge(x, facts)
  }

  function refused(x: Exchange, token: string, parsed: ParsedToken, why: 'refused' | 'unfit'): Problem {
    if (why === 'unfit') return invalid(`no key with the kid ${shown(parsed.kid)} serves ${parsed.algorithm.name}`)
    signatureRefused.add(1)
    tokens.holdBad(token, keys.version, x.startedMs)
    return invalid('the signature does not hold')
  }

  function judge(x: Exchange, facts: Facts): Verdict {
    const lack = suffices(x, facts)
    if (lack !== null) return invalid(lack)
    const { expMs, nbfMs } = facts
    if (x.time < nbfMs - config.leeway)
      return invalid(`not valid for another ${seconds(nbfMs - x.time)} s${tokens.drift.words()}`)
    if (x.time >= expMs + config.leeway) {
      return denied('credential-expired', `expired ${seconds(x.time - expMs)} s ago${tokens.drift.words()}`)
    }
    if (addHeaders !== null) {
      const fault = addHeaders(x, facts.principal.claims)
      if (fault !== null) return invalid(fault)
    }
    x.principal = facts.principal
    return PASS
  }

  function invalid(reason: string): Problem {
    return denied('credential-invalid', reason)
  }

  function denied(code: CoreCode, reason: string): Problem {
    return refuse(code, { reason, headers: invalidToken })
  }
}

// RFC 6750 §3.1: one word for expired, revoked and malformed alike.
const invalidToken = [['WWW-Authenticate', 'Bearer error="invalid_token"']] as const

/** What is asked of the facts of every token on every request, besides time: null, or in private words what is missing. */
function compileDemands(config: JwtConfig): (x: Exchange, facts: Facts) => string | null {
  const { audience, anyAudience, typ, requiredClaims } = config
  return (x, facts) => {
    if (!typ.includes(facts.typ)) return `the typ ${shown(facts.typ)} is not accepted`
    if (!anyAudience && !share(facts.audience, audience)) return 'made for another audience'
    const { claims } = facts.principal
    for (const name of requiredClaims) if ((claims[name] ?? null) === null) return `the claim ${name} is missing`
    if (facts.certificate === '') return null
    if (facts.certificate === null) return 'bound to a key in a way that is not supported here'
    return facts.certificate === x.tls?.peer?.fingerprint ? null : 'bound to another client certificate'
  }
}

function share(one: readonly string[], other: readonly string[]): boolean {
  for (const member of one) if (other.includes(member)) return true
  return false
}

/** `no-key`: none of that name, or the set is not there; `unfit`: the named key is for another algorithm. */
function tryKeys(keys: KeySet, parsed: ParsedToken): 'holds' | 'refused' | 'no-key' | 'unfit' {
  if (keys.state !== 'ready') return 'no-key'
  const named = keys.candidates(parsed.kid)
  if (named.length === 0) return 'no-key'
  let tries = 0
  for (const candidate of named) {
    if (!fits(parsed.algorithm, candidate)) continue
    if (tries++ === triesMax) return 'refused'
    if (holds(parsed.algorithm, candidate.key, parsed.signed, parsed.signature)) return 'holds'
  }
  return tries > 0 ? 'refused' : parsed.kid === null ? 'no-key' : 'unfit'
}

/** The credential of the `Bearer` scheme (RFC 6750 §2.1), or null when the scheme is another one. */
function bearerToken(value: string): string | null {
  if (!equalsLowered(value, 0, 'bearer')) return null
  if (value.length === 6) return ''
  if (value.charCodeAt(6) !== 32) return null
  let start = 7
  while (value.charCodeAt(start) === 32) start++
  return value.slice(start)
}

function secretKeys(config: JwtConfig): KeySet {
  const secret = config.secret
  // The schema lets nothing else through; without a secret there is no key, and no token passes.
  const keys: VerificationKey[] =
    secret === undefined
      ? []
      : [{ kid: null, alg: null, kty: 'oct', crv: null, key: createSecretKey(secret.reveal(), 'utf8') }]
  return keySetOf(keys)
}

interface Keys {
  /** null for a secret. */
  readonly source: KeySource | null
  readonly keys: KeySet
  /** Name of the cache of verified tokens; null for one of its own. */
  readonly cache: string | null
}

/** Routes with equal settings share one object of them, so a thousand routes ask once. */
function keysOf(config: JwtConfig, host: Host): Keys {
  const known = host.keep('jwt/keys', () => new WeakMap<JwtConfig, Keys>())
  let found = known.get(config)
  if (found === undefined) {
    const source = keySourceOf(config)
    found =
      source === null
        ? { source, keys: secretKeys(config), cache: null }
        : { source, keys: host.keys(source), cache: cacheName(config, source) }
    known.set(config, found)
  }
  return found
}

/** Everything that decides what a verified token means, except what is asked again on every hit. */
function cacheName(config: JwtConfig, source: object): string {
  const { algorithms, rolesClaim, groupsClaim, tenantClaim = null } = config
  return `jwt ${JSON.stringify([source, algorithms.toSorted(), rolesClaim, groupsClaim, tenantClaim])}`
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1_000)
}
