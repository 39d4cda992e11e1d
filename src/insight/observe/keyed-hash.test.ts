import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { createRedaction } from '../../events/redaction.ts'
import { createKeyedHash } from './keyed-hash.ts'

describe('the keyed hash of identifiers', () => {
  it('is HMAC-SHA-256, whatever the key and the text', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 64 }),
        fc.string({ unit: fc.constantFrom('a', '9', '\0', 'é', '€', '😀', '\ud800', '\udc00'), maxLength: 300 }),
        (key, text) => {
          const expected = createHmac('sha256', key).update(text).digest('hex').slice(0, 16)
          const hash = createKeyedHash(key)
          assert.equal(hash(text), expected)
          assert.equal(hash(text), expected)
        },
      ),
    )
  })

  it('is the hash that a masked segment of an event path carries', () => {
    const key = new Uint8Array(32).fill(9)
    const masked = createRedaction(key).path('/users/jane%40example.com')
    assert.equal(masked, `/users/{email:${createKeyedHash(key)('jane@example.com')}}`)
  })

  it('forgets old texts and still says the same', () => {
    const hash = createKeyedHash(new Uint8Array(32).fill(1))
    const first = hash('first')
    for (let i = 0; i < 10_000; i++) hash(`other ${i}`)
    assert.equal(hash('first'), first)
  })

  it('takes a megabyte, halves of surrogate pairs and a key that is too short', () => {
    const hash = createKeyedHash(new Uint8Array(16))
    assert.match(hash('x'.repeat(1_000_000)), /^[0-9a-f]{16}$/)
    assert.match(hash('\ud800'.repeat(2000)), /^[0-9a-f]{16}$/)
    assert.throws(() => createKeyedHash(new Uint8Array(15)), RangeError)
  })
})
