import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Lru } from './lru.ts'

test('never holds more entries than its bound', () => {
  const lru = new Lru<number, number>(3)
  for (let i = 0; i < 100; i++) lru.set(i, i)
  assert.equal(lru.size, 3)
  assert.deepEqual(
    [97, 98, 99].map(key => lru.get(key)),
    [97, 98, 99],
  )
})

test('never holds more cost than its bound, nor anything that alone is above it', () => {
  const lru = new Lru<string, string>(100, 10)
  lru.set('a', 'a', 4)
  lru.set('b', 'b', 4)
  lru.set('c', 'c', 4)
  assert.equal(lru.cost, 8)
  assert.equal(lru.get('a'), undefined)
  lru.set('giant', 'x', 11)
  assert.equal(lru.get('giant'), undefined)
  assert.equal(lru.get('c'), 'c')
})

test('a read saves an entry from being dropped', () => {
  const lru = new Lru<string, number>(2)
  lru.set('a', 1)
  lru.set('b', 2)
  lru.get('a')
  lru.set('c', 3)
  assert.deepEqual([lru.get('a'), lru.get('b'), lru.get('c')], [1, undefined, 3])
})

test('behaves as a list in order of use, whatever the calls', () => {
  const call = fc.tuple(
    fc.constantFrom('get', 'set', 'delete', 'clear'),
    fc.integer({ min: 0, max: 9 }),
    fc.integer({ min: 0, max: 6 }),
  )
  fc.assert(
    fc.property(fc.array(call, { maxLength: 200 }), calls => {
      const lru = new Lru<number, number>(5, 12)
      let model: Array<[key: number, cost: number]> = []
      for (const [name, key, cost] of calls) {
        const held = model.find(entry => entry[0] === key)
        if (name === 'get') {
          assert.equal(lru.get(key) !== undefined, held !== undefined)
          if (held !== undefined) model = [...model.filter(entry => entry !== held), held]
        } else if (name === 'clear' && key === 0) {
          lru.clear()
          model = []
        } else if (name === 'delete') {
          lru.delete(key)
          model = model.filter(entry => entry !== held)
        } else {
          lru.set(key, key, cost)
          model = [...model.filter(entry => entry !== held), [key, cost]]
          while (model.length > 5 || model.reduce((sum, entry) => sum + entry[1], 0) > 12) model.shift()
        }
        assert.equal(lru.size, model.length)
        assert.equal(
          lru.cost,
          model.reduce((sum, entry) => sum + entry[1], 0),
        )
      }
    }),
    { numRuns: 300 },
  )
})
