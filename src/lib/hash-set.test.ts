import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HashSet, hashesIn } from './hash-set.ts'
import { sketchHash } from './hyper-log-log.ts'

describe('hash set', () => {
  it('holds what a Set of the same hashes holds, 0 and the largest too', () => {
    const set = new HashSet()
    const usual = new Set<number>()
    for (let i = 0; i < 20_000; i++) {
      const hash = i === 77 ? 0 : i === 78 ? 0xffffffff : sketchHash(`caller ${i % 7000}`)
      assert.equal(set.add(hash), !usual.has(hash))
      usual.add(hash)
    }
    assert.equal(set.size, usual.size)
    for (let i = 0; i < 9000; i++) {
      const hash = sketchHash(`caller ${i}`)
      assert.equal(set.has(hash), usual.has(hash))
    }
    assert.ok(set.has(0) && set.has(0xffffffff))
  })

  it('is the same when it is made anew of its values', () => {
    const set = new HashSet(Array.from({ length: 500 }, (_, i) => sketchHash(`x${i}`)))
    for (const hashes of [set.values(), hashesIn(set.toBase64())]) {
      const again = new HashSet(hashes)
      assert.equal(again.size, 500)
      assert.deepEqual(again.values().sort(), set.values().sort())
    }
    assert.deepEqual(hashesIn(new HashSet().toBase64()), [])
  })
})
