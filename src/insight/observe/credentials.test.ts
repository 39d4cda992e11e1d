import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RawExchange } from '../model/exchange.ts'
import type { CredentialSeen } from '../model/observation.ts'
import { createReducer } from './reduce.ts'

type Parts = {
  readonly fields?: RawExchange['requestFields']
  readonly query?: string
  readonly body?: unknown
  readonly form?: string
  readonly mtls?: true
}

function seen({ fields = [], query = '', body, form, mtls }: Parts): readonly CredentialSeen[] {
  const reduce = createReducer({ hashKey: new Uint8Array(32).fill(7) })
  const principal = mtls === true ? { subject: 'CN=x', method: 'mtls', issuer: null } : null
  return reduce({
    event: { time: '2026-11-22T10:00:00.000Z', id: 'a', path: '/', requestBytes: 0, responseBytes: 0, principal },
    query,
    requestFields: [
      ['Content-Type', form === undefined ? 'application/json' : 'application/x-www-form-urlencoded'],
      ...fields,
    ],
    responseFields: [],
    requestBody: form !== undefined ? Buffer.from(form) : body === undefined ? null : Buffer.from(JSON.stringify(body)),
    responseBody: null,
    encrypted: true,
  } as unknown as RawExchange).credentials
}

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const jwt = (header: object, claims: object): string => `${encoded(header)}.${encoded(claims)}.c2ln`
const basic = (pair: string): Parts => ({
  fields: [['Authorization', `Basic ${Buffer.from(pair).toString('base64')}`]],
})
const nowS = Date.parse('2026-11-22T10:00:00Z') / 1000

describe('credentials as they were sent', () => {
  it('basic, with what makes the password weak', () => {
    for (const [pair, weak] of [
      ['jane:', 'empty password'],
      ['jane:hunter2', 'well-known password'],
      ['jane:PASSWORD', 'well-known password'],
      ['jane:xK4$', 'short password'],
      ['jane:jane', 'password equals user name'],
      ['nothing', 'not user:password'],
      ['jane:a long and good one', undefined],
    ] as const)
      assert.deepEqual(
        seen(basic(pair)),
        [{ place: 'header', name: 'authorization', scheme: 'basic', ...(weak === undefined ? {} : { weak }) }],
        pair,
      )
  })

  it('a JWT by what it says of itself', () => {
    const token = jwt(
      { alg: 'HS256', kid: '1' },
      {
        iss: 'https://idp.example.com/',
        aud: 'orders',
        sub: 'u1',
        iat: nowS,
        exp: nowS + 3600,
        email: 'jane@example.com',
        birthdate: '1985-12-10',
        name: 'Ada Lovelace',
      },
    )
    assert.deepEqual(seen({ fields: [['Authorization', `Bearer ${token}`]] }), [
      {
        place: 'header',
        name: 'authorization',
        scheme: 'jwt',
        jwt: {
          alg: 'HS256',
          issuer: 'https://idp.example.com/',
          audience: true,
          lifetimeS: 3600,
          classes: ['email', 'person-name', 'birth-date'],
        },
      },
    ])
  })

  it('a JWT without signature, without end, without audience; one with an algorithm that does not exist', () => {
    const facts = (header: object, claims: object): CredentialSeen['jwt'] =>
      seen({ fields: [['Authorization', `Bearer ${jwt(header, claims)}`]] })[0]?.jwt
    assert.deepEqual(facts({ alg: 'none' }, { sub: 'x' }), {
      alg: 'none',
      issuer: null,
      audience: false,
      lifetimeS: null,
      classes: [],
    })
    assert.equal(facts({ alg: 'nOnE' }, {})?.alg, 'none')
    assert.equal(facts({ alg: 'jane@example.com' }, { iss: 'jane@example.com' })?.alg, 'other')
    assert.equal(facts({ alg: 'RS256' }, { iss: 'jane@example.com', aud: [], exp: nowS + 60 })?.issuer, '{other}')
    assert.equal(facts({ alg: 'RS256' }, { exp: nowS + 60 })?.lifetimeS, 60)
  })

  it('keys and tokens wherever clients put them', () => {
    const key = 'a9f8e7d6c5b4a39281706f5e4d3c2b1a'
    const cases: ReadonlyArray<readonly [Parts, CredentialSeen]> = [
      [{ fields: [['X-API-Key', key]] }, { place: 'header', name: 'x-api-key', scheme: 'api-key' }],
      [{ fields: [['apikey', 'short']] }, { place: 'header', name: 'apikey', scheme: 'api-key', weak: 'short' }],
      [{ fields: [['X-Auth-Token', key]] }, { place: 'header', name: 'x-auth-token', scheme: 'api-key' }],
      [{ fields: [['Authorization', `ApiKey ${key}`]] }, { place: 'header', name: 'authorization', scheme: 'api-key' }],
      [{ fields: [['Authorization', `Bearer ${key}`]] }, { place: 'header', name: 'authorization', scheme: 'bearer' }],
      [{ fields: [['Authorization', key]] }, { place: 'header', name: 'authorization', scheme: 'other' }],
      [
        { fields: [['Authorization', 'Digest username="jane", realm="x"']] },
        { place: 'header', name: 'authorization', scheme: 'digest' },
      ],
      [
        { fields: [['Authorization', 'AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=1']] },
        { place: 'header', name: 'authorization', scheme: 'other' },
      ],
      [{ query: `api_key=${key}` }, { place: 'query', name: 'api_key', scheme: 'api-key' }],
      [{ query: `access_token=${key}` }, { place: 'query', name: 'access_token', scheme: 'bearer' }],
      [{ query: 'x=AKIAIOSFODNN7EXAMPLE' }, { place: 'query', name: 'x', scheme: 'api-key' }],
      [{ query: `sig=${key}` }, { place: 'query', name: 'sig', scheme: 'api-key' }],
      [
        { fields: [['Cookie', `theme=dark; JSESSIONID=${key}`]] },
        { place: 'cookie', name: 'jsessionid', scheme: 'session' },
      ],
      [
        { fields: [['Cookie', `connect.sid="s%3A${key}"`]] },
        { place: 'cookie', name: 'connect.sid', scheme: 'session' },
      ],
      [
        { fields: [['Cookie', 'sid=1234567']] },
        { place: 'cookie', name: 'sid', scheme: 'session', weak: 'well-known' },
      ],
      [{ body: { apiKey: key, amount: 1 } }, { place: 'body', name: 'apikey', scheme: 'api-key' }],
      [{ body: { access_token: key } }, { place: 'body', name: 'access_token', scheme: 'bearer' }],
      [{ form: `client_secret=${key}` }, { place: 'body', name: 'client_secret', scheme: 'api-key' }],
      [{ mtls: true }, { place: 'tls', name: '', scheme: 'mtls' }],
    ]
    for (const [parts, credential] of cases) assert.deepEqual(seen(parts), [credential], JSON.stringify(parts))
    assert.equal(cases.length, 19)
  })

  it('none in what only sounds like one', () => {
    for (const parts of [
      { fields: [['X-CSRF-Token', 'abcdefghijklmnop1'] as const, ['X-Request-Id', '1'] as const] },
      { query: 'page_token=abc123def456&key=name&token_type=x&sort=key' },
      { fields: [['Cookie', 'theme=dark; csrftoken=abcdef; _ga=GA1.2.3'] as const] },
      { body: { username: 'jane', password: 'hunter2', tokenType: 'x', csrfToken: 'abc' } },
      { fields: [['Authorization', ''] as const] },
    ])
      assert.deepEqual(seen(parts), [], JSON.stringify(parts))
  })

  it('bounded, whatever comes', () => {
    const fields = Array.from({ length: 500 }, () => ['Authorization', `Bearer ${'x'.repeat(2000)}`] as const)
    assert.equal(seen({ fields }).length, 16)
    for (const odd of [
      'Basic',
      'Basic ====',
      'Bearer',
      `Bearer eyJ${'A'.repeat(100_000)}.eyJ.x`,
      'Bearer eyJhIjox.eyJh.',
      '\u0000',
      ' ',
      `${'a'.repeat(100)} b`,
    ])
      assert.ok(seen({ fields: [['Authorization', odd]] }).length <= 1, odd.slice(0, 20))
  })
})
