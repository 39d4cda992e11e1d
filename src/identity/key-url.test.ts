import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isInnerAddress, keyUrlFault } from './key-url.ts'

test('keys come over https, or over http from this machine alone', () => {
  const refused = [
    'http://issuer.example/jwks',
    'http://10.0.0.1/jwks',
    'http://localhost.evil.example/jwks',
    'http://127.0.0.1.evil.example/jwks',
    'http://127.evil.example/jwks',
    'https://user:password@issuer.example/jwks',
    'file:///etc/passwd',
    'data:application/json,{}',
    'ftp://issuer.example/jwks',
    'jwks.json',
    '',
  ]
  const accepted = [
    'https://issuer.example/jwks',
    'http://127.0.0.1:8080/jwks',
    'http://[::1]/jwks',
    'http://localhost:1/',
    'http://127.8.8.8/',
  ]
  for (const url of refused) assert.notEqual(keyUrlFault(url), null, url)
  for (const url of accepted) assert.equal(keyUrlFault(url), null, url)
  assert.equal(refused.length + accepted.length, 16)
})

test('knows inner addresses in every spelling that reaches them', () => {
  const inner = [
    '127.0.0.1',
    '10.1.2.3',
    '172.31.255.255',
    '192.168.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '64:ff9b::169.254.169.254',
    '2002:a9fe:a9fe::1',
    '2002:7f00:1::',
    'fe80::1',
    'fd00::1',
    'ff02::1',
    'not an address',
  ]
  const outer = [
    '1.1.1.1',
    '172.32.0.1',
    '192.169.0.1',
    '2606:4700::1111',
    '::ffff:1.1.1.1',
    '2002:101:101::1',
    '64:ff9b::1.1.1.1',
  ]
  for (const address of inner) assert.equal(isInnerAddress(address), true, address)
  for (const address of outer) assert.equal(isInnerAddress(address), false, address)
  assert.equal(inner.length + outer.length, 27)
})
