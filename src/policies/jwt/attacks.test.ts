import assert from 'node:assert/strict'
import { createHash, createSecretKey, generateKeyPairSync } from 'node:crypto'
import { after, test } from 'node:test'
import { exchange, type ExchangeSettings } from '../../../test/support/exchange.ts'
import { testHost } from '../../../test/support/host.ts'
import { encode, issuerKey, signature, signedText, tokenBy } from '../../../test/support/tokens.ts'
import { Problem } from '../../core/problem.ts'
import { PASS, SKIP } from '../../core/verdict.ts'
import { staticKeySet } from '../../identity/static-keys.ts'
import type { JwtConfig } from './config.ts'
import { jwt } from './policy.ts'
import { schema } from './schema.ts'

// The JOSE and OAuth attack list. Every attack differs from its good twin in the one thing that it is about, so that a refusal
// for another reason would show: the twin must pass through the same policy.

const issuer = 'https://issuer.example/'
const audience = 'orders'
const now = Date.UTC(2026, 0, 1)
const at = now / 1_000
const rsa = issuerKey('RS256', 'rsa')
const ec = issuerKey('ES256', 'ec')
const ed = issuerKey('EdDSA', 'ed')
const stranger = issuerKey('RS256', 'rsa')
const pss = { ...rsa, alg: 'PS256' }
const good = { iss: issuer, aud: audience, sub: 'alice', iat: at - 10, exp: at + 300 }
const certificateHash = createHash('sha256').update('certificate').digest()

const openRsa = { ...rsa.jwk, alg: undefined }
const jwks = { keys: [rsa.jwk, ec.jwk, ed.jwk] }

interface KeyDocument {
  readonly keys: ReadonlyArray<Readonly<Record<string, unknown>>>
}

interface Attack {
  readonly name: string
  readonly bad: string
  readonly twin: string
  readonly verdict?: string
  readonly reason?: RegExp
  readonly settings?: Readonly<Record<string, unknown>>
  readonly keys?: KeyDocument
  /** Where the attack is in the settings or in the set: what the twin is judged under; else the same settings, and a sound set. */
  readonly twinSettings?: Readonly<Record<string, unknown>>
  readonly twinKeys?: KeyDocument
  /** What else the request of the attack or of its twin holds. */
  readonly badRequest?: ExchangeSettings
  readonly twinRequest?: ExchangeSettings
}

const twin = tokenBy(rsa, good)
const [goodHead = '', goodBody = '', goodSignature = ''] = twin.split('.')
const ecTwin = tokenBy(ec, good)
const withHead = (header: Readonly<Record<string, unknown>>): string => tokenBy(rsa, good, header)
const withClaims = (claims: Readonly<Record<string, unknown>>): string => tokenBy(rsa, { ...good, ...claims })
const claimsText = (text: string): string => signedText(rsa, JSON.stringify({ alg: 'RS256', kid: 'rsa' }), text)
const headText = (text: string): string => signedText(rsa, text, JSON.stringify(good))
const unsigned = (alg: string): string => `${encode(JSON.stringify({ alg, kid: 'rsa' }))}.${goodBody}.`
const pem = rsa.publicKey.export({ format: 'pem', type: 'spki' })
const hmacBy = (secret: string | Buffer, kid: string | undefined): string => {
  const signed = `${encode(JSON.stringify({ alg: 'HS256', kid }))}.${goodBody}`
  const key = createSecretKey(Buffer.from(secret as string))
  return `${signed}.${signature('HS256', key, signed).toString('base64url')}`
}
const ownKey = { ...stranger.jwk, kid: 'mine' }
const psychic = (): string => `${ecTwin.slice(0, ecTwin.lastIndexOf('.'))}.${encode(Buffer.alloc(64))}`
const derSigned = (): string => {
  const raw = Buffer.from(ecTwin.slice(ecTwin.lastIndexOf('.') + 1), 'base64url')
  const integer = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([2, 33, 0]), bytes])
  const der = Buffer.concat([Buffer.from([0x30, 70]), integer(raw.subarray(0, 32)), integer(raw.subarray(32))])
  return `${ecTwin.slice(0, ecTwin.lastIndexOf('.'))}.${encode(der)}`
}
const weakRsa = issuerKey('RS256', 'weak', { modulusLength: 1024 })
const dataless = (members: Readonly<Record<string, unknown>>, without: readonly string[] = []) =>
  Object.fromEntries(Object.entries({ ...rsa.jwk, ...members }).filter(([name]) => !without.includes(name)))

const attacks: readonly Attack[] = [
  ...['none', 'None', 'NONE', 'nOnE'].map(alg => ({ name: `alg ${alg}, no signature`, bad: unsigned(alg), twin })),
  {
    name: 'alg none with a signature that holds for RS256',
    bad: `${encode('{"alg":"none"}')}.${goodBody}.${goodSignature}`,
    twin,
  },
  { name: 'the signature is cut off', bad: `${goodHead}.${goodBody}.`, twin },
  { name: 'the signature and its dot are cut off', bad: `${goodHead}.${goodBody}`, twin },
  { name: 'no alg', bad: headText('{"kid":"rsa"}'), twin },
  { name: 'alg is a list', bad: headText('{"alg":["RS256"],"kid":"rsa"}'), twin },
  { name: 'alg in another casing', bad: headText('{"alg":"rs256","kid":"rsa"}'), twin },
  { name: 'alg names a member of Object.prototype', bad: headText('{"alg":"constructor","kid":"rsa"}'), twin },
  { name: 'RS/HS confusion: HMAC with the public PEM', bad: hmacBy(pem, 'rsa'), twin },
  { name: 'RS/HS confusion: HMAC with the JWK text', bad: hmacBy(JSON.stringify(rsa.jwk), 'rsa'), twin },
  { name: 'RS/HS confusion: HMAC with the modulus', bad: hmacBy(String(rsa.jwk['n']), undefined), twin },
  {
    name: 'an algorithm that is good but not listed',
    bad: tokenBy(pss, good),
    twin: tokenBy(pss, good),
    reason: /not one of those/,
    settings: { algorithms: ['RS256'] },
    keys: { keys: [openRsa] },
    twinSettings: {},
    twinKeys: { keys: [openRsa] },
  },
  {
    name: 'key `alg` mismatch: PS256 by a key that is for RS256',
    bad: tokenBy(pss, good),
    twin: tokenBy(pss, good),
    reason: /serves PS256/,
    twinKeys: { keys: [openRsa] },
  },
  {
    name: 'ES256 claimed, RSA key named',
    bad: tokenBy({ ...ec, kid: 'rsa' }, good),
    twin: ecTwin,
    reason: /serves ES256/,
  },
  { name: 'psychic signature: r = s = 0', bad: psychic(), twin: ecTwin },
  { name: 'ECDSA signature in DER', bad: derSigned(), twin: ecTwin },
  { name: 'ECDSA signature with a byte more', bad: `${ecTwin}AAAA`, twin: ecTwin },
  {
    name: 'ES384 claimed with a P-256 key',
    bad: tokenBy({ ...ec, alg: 'ES256' }, good, { alg: 'ES384' }),
    twin: ecTwin,
    settings: { algorithms: ['ES256', 'ES384', 'RS256'] },
  },
  { name: 'blank HMAC key', bad: hmacBy('', undefined), twin },
  { name: 'short HMAC key', bad: hmacBy('secret', undefined), twin },
  { name: 'signed by a stranger under a known kid', bad: tokenBy(stranger, good), twin, reason: /does not hold/ },
  {
    name: 'embedded jwk',
    bad: tokenBy({ ...stranger, kid: 'mine' }, good, { jwk: ownKey }),
    twin: withHead({ jwk: ownKey }),
  },
  { name: 'embedded jwk under a known kid', bad: tokenBy(stranger, good, { jwk: stranger.jwk }), twin },
  {
    name: 'jku',
    bad: tokenBy(stranger, good, { jku: 'https://evil.example/jwks' }),
    twin: withHead({ jku: 'https://evil.example/jwks' }),
  },
  {
    name: 'x5u',
    bad: tokenBy(stranger, good, { x5u: 'https://evil.example/cert' }),
    twin: withHead({ x5u: 'https://evil.example/cert' }),
  },
  { name: 'x5c', bad: tokenBy(stranger, good, { x5c: ['MIIB'] }), twin: withHead({ x5c: ['MIIB'] }) },
  { name: 'kid with traversal', bad: withHead({ kid: '../../../../dev/null' }), twin },
  { name: 'kid with SQL', bad: withHead({ kid: "rsa' OR '1'='1" }), twin },
  { name: 'kid __proto__', bad: headText('{"alg":"RS256","kid":"__proto__"}'), twin },
  { name: 'kid is a number', bad: withHead({ kid: 1 }), twin },
  { name: 'kid of 1,000 characters', bad: withHead({ kid: 'r'.repeat(1_000) }), twin },
  { name: 'crit names an unknown header', bad: withHead({ crit: ['exp'], exp: 1 }), twin: withHead({ exp: 1 }) },
  { name: 'crit is empty', bad: withHead({ crit: [] }), twin },
  { name: 'b64 false', bad: withHead({ b64: false, crit: ['b64'] }), twin },
  { name: 'b64 false without crit', bad: withHead({ b64: false }), twin },
  { name: 'nested JWE by cty', bad: withHead({ cty: 'JWT' }), twin },
  { name: 'JWE of five parts', bad: `${goodHead}.${goodBody}.${goodSignature}.AAAA.AAAA`, twin, reason: /encrypted/ },
  { name: 'zip', bad: withHead({ zip: 'DEF' }), twin },
  { name: 'key with use enc', bad: twin, twin, keys: { keys: [{ ...rsa.jwk, use: 'enc' }] } },
  { name: 'key with key_ops encrypt', bad: twin, twin, keys: { keys: [{ ...rsa.jwk, key_ops: ['encrypt'] }] } },
  { name: 'key that publishes its private part', bad: twin, twin, keys: { keys: [{ ...rsa.jwk, d: 'AQAB' }] } },
  {
    name: 'symmetric key in a public set',
    bad: hmacBy('0123456789abcdef0123456789abcdef', 'oct'),
    twin,
    keys: { keys: [{ kty: 'oct', kid: 'oct', k: encode('0123456789abcdef0123456789abcdef') }] },
  },
  {
    name: 'duplicate kid, stranger first',
    bad: tokenBy(stranger, good),
    twin,
    keys: { keys: [stranger.jwk, rsa.jwk] },
  },
  {
    name: 'duplicate kid, stranger last: not even the real one counts',
    bad: twin,
    twin,
    keys: { keys: [rsa.jwk, stranger.jwk] },
  },
  {
    name: 'mixed key set: kid of one type, alg of another',
    bad: tokenBy({ ...rsa, kid: 'ed' }, good),
    twin: tokenBy(ed, good),
  },
  { name: 'RSA below 2048 bits', bad: tokenBy(weakRsa, good), twin, keys: { keys: [weakRsa.jwk] } },
  { name: 'RSA with e = 1', bad: twin, twin, keys: { keys: [dataless({ e: 'AQ' })] } },
  { name: 'RSA with an even e', bad: twin, twin, keys: { keys: [dataless({ e: 'AQAA' })] } },
  { name: 'RSA without n', bad: twin, twin, keys: { keys: [dataless({}, ['n'])] } },
  {
    name: 'a space inside base64url',
    bad: `${goodHead}.${goodBody.slice(0, 8)} ${goodBody.slice(8)}.${goodSignature}`,
    twin,
  },
  { name: 'padding', bad: `${goodHead}.${goodBody}.${goodSignature}==`, twin },
  { name: 'the other base64 alphabet', bad: nonCanonical('alphabet'), twin },
  { name: 'left-over bits of the signature', bad: nonCanonical('bits'), twin },
  { name: 'a tab behind the token', bad: `${twin}\t.`, twin },
  {
    name: 'duplicate member in the header',
    bad: headText('{"alg":"none","alg":"RS256","kid":"rsa"}'),
    twin,
    reason: /header/,
  },
  {
    name: 'duplicate member in the header, escaped',
    bad: headText('{"alg":"RS256","\\u0061lg":"RS256","kid":"rsa"}'),
    twin,
    reason: /header/,
  },
  {
    name: 'duplicate member in the claims',
    bad: claimsText(`${JSON.stringify(good).slice(0, -1)},"sub":"root"}`),
    twin,
    reason: /claims/,
  },
  {
    name: 'duplicate member deep in the claims',
    bad: claimsText(`${JSON.stringify(good).slice(0, -1)},"a":{"b":1,"b":2}}`),
    twin,
    reason: /claims/,
  },
  { name: 'claims are no object', bad: claimsText('[]'), twin },
  { name: 'claims are no JSON', bad: claimsText('{"iss":'), twin },
  {
    name: 'claims in invalid UTF-8',
    bad: rawClaims(
      Buffer.concat([
        Buffer.from(JSON.stringify(good).slice(0, -1)),
        Buffer.from(',"x":"'),
        Buffer.from([0xff]),
        Buffer.from('"}'),
      ]),
    ),
    twin,
    reason: /claims/,
  },
  { name: 'claims with a byte order mark', bad: claimsText(`\ufeff${JSON.stringify(good)}`), twin, reason: /claims/ },
  {
    name: 'claims nested 1,000 deep',
    bad: claimsText(`${JSON.stringify(good).slice(0, -1)},"a":${'['.repeat(1_000)}${']'.repeat(1_000)}}`),
    twin,
    reason: /claims/,
  },
  { name: 'exp as a string', bad: withClaims({ exp: String(at + 300) }), twin, reason: /exp/ },
  {
    name: 'exp as 1e400',
    bad: claimsText(JSON.stringify(good).replace(`"exp":${at + 300}`, '"exp":1e400')),
    twin,
    reason: /exp/,
  },
  { name: 'exp in milliseconds', bad: withClaims({ exp: (at + 300) * 1_000 }), twin, reason: /seconds/ },
  { name: 'exp as a list', bad: withClaims({ exp: [at + 300] }), twin, reason: /exp/ },
  { name: 'exp null', bad: withClaims({ exp: null }), twin, reason: /exp/ },
  { name: 'no exp', bad: withClaims({ exp: undefined }), twin, reason: /exp/ },
  {
    name: 'exp as a fraction, past',
    bad: withClaims({ exp: at - 30.5 }),
    twin: withClaims({ exp: at + 0.5 }),
    verdict: 'credential-expired',
  },
  {
    name: 'exp at the edge of the leeway',
    bad: withClaims({ exp: at - 30 }),
    twin: withClaims({ exp: at - 29 }),
    verdict: 'credential-expired',
  },
  {
    name: 'nbf beyond the edge of the leeway',
    bad: withClaims({ nbf: at + 31 }),
    twin: withClaims({ nbf: at + 30 }),
    reason: /not valid for another/,
  },
  {
    name: 'nbf as a string',
    bad: withClaims({ nbf: String(at - 10) }),
    twin: withClaims({ nbf: at - 10 }),
    reason: /nbf/,
  },
  { name: 'iat as a string', bad: withClaims({ iat: 'today' }), twin, reason: /iat/ },
  {
    name: "expired, and the signature is a stranger's: no oracle",
    bad: tokenBy(stranger, { ...good, exp: at - 300 }),
    twin,
    reason: /does not hold/,
  },
  { name: 'aud of another API', bad: withClaims({ aud: 'payments' }), twin, reason: /audience/ },
  {
    name: 'aud array without us',
    bad: withClaims({ aud: ['payments', 'users'] }),
    twin: withClaims({ aud: ['payments', 'orders'] }),
    reason: /audience/,
  },
  { name: 'aud contains our name as a substring', bad: withClaims({ aud: 'orders-admin' }), twin, reason: /audience/ },
  { name: 'aud is contained in our name', bad: withClaims({ aud: 'order' }), twin, reason: /audience/ },
  { name: 'aud with numbers', bad: withClaims({ aud: ['orders', 1] }), twin, reason: /aud/ },
  { name: 'aud empty', bad: withClaims({ aud: [] }), twin, reason: /audience/ },
  { name: 'no aud', bad: withClaims({ aud: undefined }), twin, reason: /audience/ },
  { name: 'iss prefix', bad: withClaims({ iss: 'https://issuer.example' }), twin, reason: /issuer/ },
  { name: 'iss suffix', bad: withClaims({ iss: `${issuer}.evil.example` }), twin, reason: /issuer/ },
  { name: 'iss without its last slash, with two', bad: withClaims({ iss: `${issuer}/` }), twin, reason: /issuer/ },
  { name: 'iss in a list', bad: withClaims({ iss: [issuer] }), twin, reason: /issuer/ },
  { name: 'no iss', bad: withClaims({ iss: undefined }), twin, reason: /issuer/ },
  { name: 'sub is an object', bad: withClaims({ sub: { a: 1 } }), twin, reason: /sub/ },
  {
    name: 'a required claim is missing',
    bad: twin,
    twin: withClaims({ acr: 'high' }),
    settings: { requiredClaims: ['acr'] },
    reason: /acr/,
  },
  {
    name: 'a required claim is null',
    bad: withClaims({ acr: null }),
    twin: withClaims({ acr: 'high' }),
    settings: { requiredClaims: ['acr'] },
    reason: /acr/,
  },
  {
    name: 'a required claim that every object inherits',
    bad: twin,
    twin: withClaims({ constructor: 1 }),
    settings: { requiredClaims: ['constructor'] },
    reason: /constructor/,
  },
  { name: 'token of 1 MB', bad: `${goodHead}.${'A'.repeat(1_048_576)}.${goodSignature}`, twin, reason: /longer/ },
  {
    name: 'token in the query',
    bad: '',
    twin,
    verdict: 'skip',
    badRequest: { headers: {}, path: `/?access_token=${twin}` },
  },
  {
    name: 'ID token as access token',
    bad: twin,
    twin: withHead({ typ: 'at+jwt' }),
    settings: { typ: ['at+jwt'] },
    reason: /typ/,
  },
  { name: 'ID token by its audience', bad: withClaims({ aud: 'client-1', nonce: 'n' }), twin, reason: /audience/ },
  {
    name: 'another kind of JWT of the same issuer',
    bad: withHead({ typ: 'logout+jwt' }),
    twin: withHead({ typ: 'application/AT+JWT' }),
    reason: /typ/,
  },
  {
    name: 'mTLS-bound token with another certificate',
    bad: withClaims({ cnf: { 'x5t#S256': encode(certificateHash) } }),
    twin: withClaims({ cnf: { 'x5t#S256': encode(certificateHash) } }),
    reason: /certificate/,
    badRequest: { tls: { peer: { fingerprint: 'ab'.repeat(32) } } },
    twinRequest: { tls: { peer: { fingerprint: certificateHash.toString('hex') } } },
  },
  {
    name: 'mTLS-bound token without a certificate',
    bad: withClaims({ cnf: { 'x5t#S256': encode(certificateHash) } }),
    twin,
    reason: /certificate/,
  },
  { name: 'DPoP-bound token downgraded to Bearer', bad: withClaims({ cnf: { jkt: 'abc' } }), twin, reason: /bound/ },
  {
    name: 'two Authorization lines',
    bad: twin,
    twin,
    badRequest: { headers: { Authorization: [`Bearer ${twin}`, `Bearer ${twin}`] } },
    reason: /more than one/,
  },
  {
    name: 'two Authorization lines of different schemes',
    bad: twin,
    twin,
    badRequest: { headers: { Authorization: ['Basic YTpi', `Bearer ${twin}`] } },
    reason: /more than one/,
  },
  { name: 'Bearer with nothing behind it', bad: '', twin, badRequest: { headers: { Authorization: 'Bearer' } } },
  { name: 'two tokens in one line', bad: `${twin}, ${twin}`, twin },
]

/** Other spellings of the twin's signature: `bits` sets left-over bits (256 bytes leave 2 digits for one), `alphabet` swaps `-_` for `+/`. */
function nonCanonical(kind: 'bits' | 'alphabet'): string {
  if (kind === 'alphabet')
    return `${goodHead}.${goodBody}.${Buffer.from(goodSignature, 'base64url').toString('base64').replace(/=+$/, '')}`
  const last = goodSignature.at(-1) ?? ''
  const other = String.fromCharCode(last.charCodeAt(0) + 1)
  const changed = `${goodSignature.slice(0, -1)}${other}`
  assert.deepEqual(
    Buffer.from(changed, 'base64url'),
    Buffer.from(goodSignature, 'base64url'),
    'the same bytes for a lenient reader',
  )
  return `${goodHead}.${goodBody}.${changed}`
}

function rawClaims(bytes: Buffer): string {
  const signed = `${encode(JSON.stringify({ alg: 'RS256', kid: 'rsa' }))}.${encode(bytes)}`
  return `${signed}.${signature('RS256', rsa.privateKey, signed).toString('base64url')}`
}

async function verdictOf(
  settings: Readonly<Record<string, unknown>>,
  keys: KeyDocument | undefined,
  request: ExchangeSettings,
) {
  const config = (await schema.parseAsync({
    issuer,
    audience,
    jwks: 'https://issuer.example/jwks',
    ...settings,
  })) as JwtConfig
  // The set is given as a remote one would arrive: checked, with bad keys dropped.
  const host = testHost({ now, keys: () => staticKeySet(keys ?? jwks) })
  const check = jwt.compile(config, host).request
  const first = await check?.(exchange({ time: now, ...request }))
  const again = await check?.(exchange({ time: now, ...request }))
  assert.equal(codeOf(again), codeOf(first), 'the caches give the same verdict')
  return first
}

function codeOf(verdict: unknown): string {
  if (verdict === PASS) return 'pass'
  if (verdict === SKIP) return 'skip'
  return verdict instanceof Problem ? verdict.code : 'nothing'
}

let ran = 0
for (const attack of attacks) {
  test(`refuses: ${attack.name}`, async () => {
    const { settings = {}, keys } = attack
    const bearer = (token: string): ExchangeSettings => ({ headers: { Authorization: `Bearer ${token}` } })
    const verdict = await verdictOf(settings, keys, { ...bearer(attack.bad), ...attack.badRequest })
    assert.equal(codeOf(verdict), attack.verdict ?? 'credential-invalid')
    if (attack.reason !== undefined) assert.match((verdict as Problem).reason ?? '', attack.reason)
    if (verdict instanceof Problem) {
      assert.equal(verdict.detail, undefined, 'no public words')
      assert.deepEqual(verdict.headers, [['WWW-Authenticate', 'Bearer error="invalid_token"']])
    }
    const twinSettings = attack.twinSettings ?? settings
    const verdictOfTwin = await verdictOf(twinSettings, attack.twinKeys, {
      ...bearer(attack.twin),
      ...attack.twinRequest,
    })
    assert.equal(codeOf(verdictOfTwin), 'pass', 'the good twin passes')
    ran++
  })
}

test('two keys of one type and kid are refused, of different types not', async () => {
  const { publicKey } = generateKeyPairSync('ed25519')
  const other = { ...publicKey.export({ format: 'jwk' }), kid: 'rsa' }
  assert.equal(
    codeOf(await verdictOf({}, { keys: [rsa.jwk, other] }, { headers: { Authorization: `Bearer ${twin}` } })),
    'pass',
  )
})

after(() => assert.equal(ran, 106, 'every attack of the table ran'))
