import assert from 'node:assert/strict'
import { it } from 'node:test'
import * as fc from 'fast-check'
import type { ConfigIssue } from '../../core/config-error.ts'
import { basicToken, readCredentials } from './credentials.ts'
import { parsePasswordHash } from './password-hash.ts'
import { readUsers } from './users.ts'

const printable = fc.string({ unit: 'grapheme', maxLength: 40 }).filter(text => !/[\0-\x1f\x7f]/.test(text))

it('reads back every user and password that RFC 7617 allows', () => {
  const user = printable.filter(text => text !== '' && !text.includes(':'))
  fc.assert(
    fc.property(user, printable, (user, password) => {
      const token = Buffer.from(`${user}:${password}`, 'utf8').toString('base64')
      assert.deepEqual(readCredentials(token), { user, password })
    }),
    { numRuns: 2_000 },
  )
})

it('accepts one spelling of a credential only, whatever bytes are sent', () => {
  const bytes = fc.uint8Array({ maxLength: 60 }).map(some => Buffer.from(some).toString('base64'))
  const edit = fc
    .tuple(bytes, fc.nat(80), fc.constantFrom('', '=', '-', '_', ' ', 'A', '\0', 'é', ','))
    .map(([token, at, put]) => token.slice(0, at) + put + token.slice(at + 1))
  fc.assert(
    fc.property(fc.oneof(bytes, edit, fc.string({ maxLength: 80 })), token => {
      const read = readCredentials(token)
      if (typeof read === 'string') return
      assert.equal(Buffer.from(`${read.user}:${read.password}`, 'utf8').toString('base64'), token)
      assert.ok(read.user !== '' && !read.user.includes(':'))
    }),
    { numRuns: 10_000 },
  )
})

it('takes a field for Basic only when its scheme is exactly that word', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 20 }), text => {
      assert.equal(basicToken(text) !== null, /^basic(?: |$)/i.test(text))
    }),
    { numRuns: 5_000 },
  )
})

it('refuses every mutation of a stored hash that is not whole, without running it', () => {
  const hashes = [
    '$2y$10$mdnlebCo6beGT3xqh9AHHOfh30XpYZGk/ga/hjLfd0zEO3cDXAw0q',
    '$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$MjZP1+1U9JUbDWvDvtLyEsZiNXOKEUxfi6O2oe46uxA',
    '$scrypt$ln=14,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$OAkZqUBelG6VIYdTJfYSENL5OmZRxMa3GwXn5oFliTg',
  ]
  for (const hash of hashes) {
    assert.equal(typeof parsePasswordHash(hash), 'object')
    for (let length = 0; length < hash.length; length++) {
      const cut = parsePasswordHash(hash.slice(0, length))
      // A cut tag of argon2id or scrypt is still whole until it is shorter than 16 bytes; nothing else is.
      if (typeof cut === 'object') assert.ok(hash.lastIndexOf('$') + 22 <= length, `${length} of ${hash}`)
    }
  }
  fc.assert(
    fc.property(fc.constantFrom(...hashes), fc.nat(100), fc.string({ maxLength: 3 }), (hash, at, put) => {
      const parsed = parsePasswordHash(hash.slice(0, at) + put + hash.slice(at + 1))
      assert.ok(typeof parsed === 'object' || parsed.length > 0)
    }),
    { numRuns: 5_000 },
  )
})

it('makes of any text either users or faults with their lines, and never shows a line', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 30 }), { maxLength: 8 }), lines => {
      const issues: ConfigIssue[] = []
      readUsers(lines.join('\n'), issues)
      for (const issue of issues) assert.match(issue.reason, /^line [1-9]/)
    }),
    { numRuns: 2_000 },
  )
  const issues: ConfigIssue[] = []
  readUsers('hunter2\nbob:hunter2\n', issues)
  assert.equal(issues.length, 2)
  assert.doesNotMatch(JSON.stringify(issues), /hunter2/)
})
