import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventRecord } from '../model/event-record.ts'
import { callerName, principalOf } from './caller-name.ts'

function nameOf(principal: { method: string; issuer: string | null; subject: string }): string {
  return callerName({ client: '192.0.2.7', principal } as EventRecord)
}

test('a name gives its principal back, whatever stands in issuer and subject', () => {
  const hostile = ['a b', 'CN=Orders CA,O=A B', '%20', '100% sure', 'x\ny', '\u202eevil', 'spiffe://a/b c', '-']
  for (const issuer of ['', ...hostile.filter(one => one !== '-')])
    for (const subject of hostile) {
      const principal = { method: 'mtls', issuer, subject }
      assert.deepEqual(principalOf(nameOf(principal)), principal)
    }
})

test('spaces do not let one principal take the name of another', () => {
  const one = nameOf({ method: 'mtls', issuer: 'CN=A', subject: 'B CN=c' })
  const other = nameOf({ method: 'mtls', issuer: 'CN=A B', subject: 'CN=c' })
  const escaped = nameOf({ method: 'mtls', issuer: 'CN=A%20B', subject: 'CN=c' })
  assert.equal(new Set([one, other, escaped]).size, 3)
})

test('addresses and names that were cut are nobody', () => {
  assert.equal(principalOf('address 192.0.2.0/24'), null)
  assert.equal(principalOf(nameOf({ method: 'jwt', issuer: 'https://a/', subject: 'x'.repeat(500) })), null)
  assert.equal(principalOf(''), null)
})
