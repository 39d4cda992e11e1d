import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { OldestEntry } from './oldest-entry.ts'

describe('the oldest entry of a map', () => {
  it('is taken in the order of setting, whatever else is deleted and set again', () => {
    const map = new Map([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ])
    const oldest = new OldestEntry(map)
    assert.equal(oldest.take(), 'a')
    map.delete('b')
    map.set('a', 4)
    assert.equal(oldest.take(), 'c')
    assert.equal(oldest.take(), 'a')
    assert.equal(map.size, 0)
    assert.equal(oldest.take(), undefined)
    map.set('d', 5)
    assert.equal(oldest.take(), 'd')
  })

  it('is found after the map was cleared', () => {
    const map = new Map([['a', 1]])
    const oldest = new OldestEntry(map)
    map.clear()
    map.set('b', 2)
    assert.equal(oldest.take(), 'b')
  })

  it('costs the same in a large map as in a small one', () => {
    const small = costOf(512)
    const large = costOf(65_536)
    // With a new iterator each time it is some forty times as much.
    assert.ok(large < small * 10, `${large} against ${small} ns`)
  })
})

/** ns to replace the oldest of `size` entries, the least of a few runs. */
function costOf(size: number): number {
  const runs = Array.from({ length: 5 }, () => {
    const map = new Map<number, number>()
    const oldest = new OldestEntry(map)
    for (let i = 0; i < size; i++) map.set(i, i)
    const times = 50_000
    const start = process.hrtime.bigint()
    for (let i = 0; i < times; i++) {
      oldest.take()
      map.set(size + i, i)
    }
    return Number(process.hrtime.bigint() - start) / times
  })
  return Math.min(...runs)
}
