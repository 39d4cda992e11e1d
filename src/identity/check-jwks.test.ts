import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { issuerKey } from '../../test/support/tokens.ts'
import { checkJwks } from './check-jwks.ts'

const rsa = issuerKey('RS256', 'a').jwk
const ec = issuerKey('ES256', 'b').jwk
const ed = issuerKey('EdDSA', 'c').jwk
const small = issuerKey('RS256', 'small', { modulusLength: 1024 }).jwk
const other = issuerKey('RS256', 'a').jwk

const dropped: ReadonlyArray<readonly [what: string, key: unknown, reason: RegExp]> = [
  ['a string', 'key', /not an object/],
  ['null', null, /not an object/],
  ['no kty', {}, /no `kty`/],
  ['an unknown kty', { kty: 'AKP' }, /unknown `kty`/],
  ['a kty that every object inherits', { kty: 'constructor' }, /unknown `kty`/],
  ['a symmetric secret', { kty: 'oct', k: 'AAAA' }, /symmetric/],
  ['a private RSA member', { ...rsa, d: 'AQAB' }, /private member `d`/],
  ['a private prime', { ...rsa, p: 'AQAB' }, /private member `p`/],
  ['a private EC member', { ...ec, d: 'AQAB' }, /private member `d`/],
  ['an encryption key', { ...rsa, use: 'enc' }, /`use`/],
  ['key_ops without verify', { ...rsa, key_ops: ['sign'] }, /`key_ops`/],
  ['key_ops as text', { ...rsa, key_ops: 'verify' }, /`key_ops`/],
  ['an encryption algorithm', { ...rsa, alg: 'RSA-OAEP' }, /`alg`/],
  ['an algorithm of another type', { ...rsa, alg: 'ES256' }, /`alg`/],
  ['an HMAC algorithm on a public key', { ...rsa, alg: 'HS256' }, /`alg`/],
  ['an algorithm of another curve', { ...ec, alg: 'ES384' }, /`alg`/],
  ['RSA of 1024 bits', small, /1024 bits/],
  ['e = 1', { ...rsa, e: 'AQ' }, /exponent|valid/],
  ['e = 0', { ...rsa, e: 'AA' }, /exponent|valid/],
  ['padding in n', { ...rsa, n: `${String(rsa['n'])}=` }, /canonical/],
  ['no n', { kty: 'RSA', e: 'AQAB' }, /no `n`/],
  ['n as a number', { ...rsa, n: 7 }, /no `n`/],
  ['an unknown curve', { ...ec, crv: 'secp256k1' }, /unknown `crv`/],
  ['a curve for key agreement', { ...ed, crv: 'X25519', alg: undefined }, /unknown `crv`/],
  ['a point that is not on the curve', { ...ec, x: ec['y'], y: ec['x'] }, /not a valid key/],
  ['a number as kid', { ...rsa, kid: 1 }, /`kid`/],
  ['a giant kid', { ...rsa, kid: 'k'.repeat(1_000) }, /`kid`/],
]

test('drops every key that must not verify, with the reason, and keeps the good ones beside it', () => {
  let ran = 0
  for (const [what, key, reason] of dropped) {
    const checked = checkJwks({ keys: [key, ed] })
    assert.deepEqual(
      checked.keys.map(one => one.kid),
      ['c'],
      what,
    )
    assert.match(checked.dropped.join('\n'), reason, what)
    ran++
  }
  assert.equal(ran, 27)
})

test('one kid for two keys of a type: neither counts, wherever it stands', () => {
  assert.deepEqual(checkJwks({ keys: [rsa, other] }).keys, [])
  assert.deepEqual(
    checkJwks({ keys: [other, ec, rsa] }).keys.map(key => key.kid),
    ['b'],
  )
  assert.match(checkJwks({ keys: [rsa, other] }).dropped.join(), /different keys/)
})

test('one key written twice or once per algorithm is one key, and a kid may serve two types', () => {
  assert.equal(checkJwks({ keys: [rsa, { ...rsa, alg: 'PS256' }] }).keys.length, 2)
  assert.equal(checkJwks({ keys: [rsa, { ...rsa, x5t: 'more' }] }).keys.length, 1)
  assert.equal(checkJwks({ keys: [rsa, { ...ec, kid: 'a' }] }).keys.length, 2)
})

test('keeps public members alone', () => {
  const [key] = checkJwks({ keys: [{ ...rsa, x5c: ['MIIB'], note: 'hello' }] }).keys
  assert.deepEqual(Object.keys(key?.material ?? {}).sort(), ['e', 'kty', 'n'])
})

test('a document that is no key set is an error, an empty set is not', () => {
  for (const document of [null, [], 'keys', {}, { keys: {} }, { keys: null }])
    assert.throws(() => checkJwks(document), /JWK Set/)
  assert.throws(() => checkJwks({ keys: Array.from({ length: 101 }, () => rsa) }), /101 keys/)
  assert.deepEqual(checkJwks({ keys: [] }), { keys: [], dropped: [] })
})

test('no document whatever makes it throw anything but its own words', () => {
  const member = fc.constantFrom('kty', 'kid', 'alg', 'use', 'key_ops', 'crv', 'n', 'e', 'x', 'y', 'd')
  const value = fc.oneof(
    fc.constantFrom('RSA', 'EC', 'OKP', 'P-256', 'Ed25519', 'AQAB', rsa['n'], ec['x']),
    fc.jsonValue(),
  )
  const jwk = fc.array(fc.tuple(member, value), { maxLength: 8 }).map(pairs => Object.fromEntries(pairs))
  fc.assert(
    fc.property(fc.array(fc.oneof(jwk, fc.jsonValue()), { maxLength: 4 }), keys => {
      const checked = checkJwks({ keys })
      return checked.keys.length <= keys.length
    }),
    { numRuns: 500 },
  )
})
