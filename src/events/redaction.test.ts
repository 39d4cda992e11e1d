import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRedaction } from './redaction.ts'

const redaction = createRedaction(new Uint8Array(32).fill(1))

const hidden: ReadonlyArray<readonly [segment: string, shape: string]> = [
  ['jane.doe@example.com', 'email'],
  ['jane.doe%40example.com', 'email'],
  ['jane%2Bshop@example.co.uk', 'email'],
  ['user;mail=jane@example.org', 'email'],
  ['+4915112345678', 'phone'],
  ['%2B4915112345678', 'phone'],
  ['004915112345678', 'phone'],
  ['555-123-4567', 'phone'],
  ['(555)%20123-4567', 'phone'],
  ['5551234567', 'phone'],
  ['4111111111111111', 'card'],
  ['4111-1111-1111-1111', 'card'],
  ['card-378282246310005', 'card'],
  ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc', 'jwt'],
  ['5f4dcc3b5aa765d61d8327deb882cf99', 'token'],
  ['e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'token'],
  ['ghp_16C7e42F292c6912E7710c838347Ae178B4a', 'token'],
  ['dGhpcyBpcyBhIHNlY3JldCB0b2tlbiE', 'token'],
  ['AKIAIOSFODNN7EXAMPLE0x9Qz81', 'token'],
  ['AKIAIOSFODNN7EXAMPLE', 'token'],
  ['V1StGXR8_Z5jdHi6B-myT4q', 'token'],
  ['DE75512108001245126199', 'iban'],
  ['390.533.447-05', 'phone'],
  ['RSSMRA85T10A562S', 'national-id'],
  ['536-90-4399', 'phone'],
  ['Jane%20Doe', 'text'],
]

const shown = [
  'orders', '17', '2026-11-22', '2026', '123456789', '1763795341234', '9f1c2a34-6f1b-4d3e-8a5c-0123456789ab', '507f1f77bcf86cd799439011', '01ARZ3NDEKTSV4RRFFQ69G5FAV',
  'a-rather-long-title-of-an-article-in-2026', 'internationalization-of-everything', '@scope', 'a+b', 'v1.2.3', '100%25', '4111111111111112', '%E4%BD%A0%E5%A5%BD',
  'client_certificate_authorities_list', 'index.html', '{id}', '192.168.100.200', 'abcdefghijklmnopqrstuvwxyz',
] // biome-ignore format: a table

describe('redaction of paths', () => {
  it('hides every personal and secret shape behind its class', () => {
    for (const [segment, shape] of hidden) {
      const got = redaction.path(`/a/${segment}/b`)
      assert.match(got, new RegExp(`^/a/\\{${shape}:[0-9a-f]{16}\\}/b$`), segment)
    }
    assert.equal(hidden.length, 26)
  })

  it('shows ordinary segments as they are', () => {
    for (const segment of shown) assert.equal(redaction.path(`/a/${segment}/b`), `/a/${segment}/b`)
    assert.equal(shown.length, 22)
  })

  it('hides labels of a host, and leaves what is written once as it is', () => {
    assert.match(redaction.host('4111111111111111.shop.example'), /^\{card:[0-9a-f]{16}\}\.shop\.example$/)
    assert.match(redaction.host('akiaiosfodnn7example.shop.example'), /^\{token:[0-9a-f]{16}\}\.shop\.example$/)
    for (const host of [
      'api.example.com',
      '192.168.100.200',
      '[2001:db8::8a2e:370:7334]',
      'orders-v2.internal.shop.example',
    ])
      assert.equal(redaction.host(host), host)
    for (const id of ['0af7651916cd43dd8448eb211c80319c', '5f3c9a12d4e6b788-000001', '01ARZ3NDEKTSV4RRFFQ69G5FAV'])
      assert.equal(redaction.id(id), id)
    assert.match(redaction.id('4111111111111111'), /^\{card:/)
    assert.match(redaction.id('AKIAIOSFODNN7EXAMPLE'), /^\{token:/)
    const once = redaction.path('/users/jane@example.com')
    assert.equal(redaction.path(once), once)
  })

  it('gives equal values equal hashes however they are written, and another key other hashes', () => {
    assert.equal(redaction.path('/jane@example.com'), redaction.path('/jane%40example.com'))
    assert.notEqual(redaction.path('/jane@example.com'), redaction.path('/john@example.com'))
    assert.notEqual(
      redaction.path('/jane@example.com'),
      createRedaction(new Uint8Array(32).fill(2)).path('/jane@example.com'),
    )
  })

  it('takes no time that grows faster than its input', () => {
    for (const char of ['a', '1', '@', '%', '+', 'eyJ', 'a1', '1-', 'a@', ' ', '1 ', '-----BEGIN ', '=']) {
      const long = char.repeat(100_000)
      redaction.path(`/${long}`)
      redaction.words(long)
    }
  })

  it('refuses a key that could be guessed', () => {
    assert.throws(() => createRedaction(new Uint8Array(8)), /16 bytes/)
  })
})

describe('redaction of reasons', () => {
  it('leaves what is masked as it is, whatever digits its hash holds', () => {
    for (const mask of [
      '{text:15aac64841578845}',
      '{card:4111111111111111}',
      '{email:5500005555555559}',
      '{token:0123456789abcdef}',
    ])
      assert.equal(redaction.words(`no object ${mask} here`), `no object ${mask} here`)
  })

  it('replaces credentials and leaves the rest readable', () => {
    const cases: ReadonlyArray<readonly [string, RegExp]> = [
      ['the signature of eyJhbGciOiJIUzI1NiJ9.e30.abc is wrong', /^the signature of \{jwt:\w+\} is wrong$/],
      ['Authorization was Bearer abc123 here', /^Authorization was Bearer \{credential\} here$/],
      ['connect redis://:pass@10.0.0.1 failed', /^connect redis:\/\/\{credential\}@10\.0\.0\.1 failed$/],
      ['{token:hunter2, a=1}', /^\{token:\{credential\}, a=1\}$/],
      ['password=hunter2, then', /^password=\{credential\}, then$/],
      ['mail from jane@example.com', /^mail from \{email:\w+\}$/],
      ['card 4111 1111 1111 1111 seen', /^card \{card:\w+\} seen$/],
      ['-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----', /^\{pem\}$/],
      [
        'the token expired 35 s ago; the clock of https://auth.internal.net/ may be off',
        /^the token expired 35 s ago; the clock of https:\/\/auth\.internal\.net\/ may be off$/,
      ],
    ]
    for (const [text, wanted] of cases) assert.match(redaction.words(text), wanted)
  })
})
