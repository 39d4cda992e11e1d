import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { createGcra } from '../lib/gcra.ts'
import { createBucketLimiter } from './bucket-limiter.ts'
import { createKeyMaker } from './counter-key.ts'
import type { CounterKey } from './counter-key.ts'
import { createCounterMemory, openCounterMemory } from './counter-memory.ts'

/*
 * Threads are played in one: before the n-th atomic operation of one of them another one runs (to its end, or until it is interrupted in
 * turn). All places of an interruption are tried, which no race of real threads does.
 */

const { load, compareExchange } = Atomics

afterEach(() => {
  Object.assign(Atomics, { load, compareExchange })
})

/** Runs `action`, and before its n-th atomic operation `other`. Returns false when it had fewer operations. */
function interrupted(action: () => void, n: number, other: () => void): boolean {
  let operations = 0
  const outer = { load: Atomics.load, compareExchange: Atomics.compareExchange }
  function tick(): void {
    operations++
    if (operations !== n) return
    Object.assign(Atomics, outer)
    other()
    Object.assign(Atomics, { load: watchedLoad, compareExchange: watchedExchange })
  }
  const watchedLoad = (array: BigInt64Array, index: number) => {
    tick()
    return outer.load(array, index)
  }
  const watchedExchange = (array: BigInt64Array, index: number, before: bigint, after: bigint) => {
    tick()
    return outer.compareExchange(array, index, before, after)
  }
  Object.assign(Atomics, { load: watchedLoad, compareExchange: watchedExchange })
  try {
    action()
  } finally {
    Object.assign(Atomics, outer)
  }
  return operations >= n
}

class Killed extends Error {}

const keyOf = createKeyMaker(new Uint8Array(32).fill(1))
const size = createCounterMemory({ entries: 1 }).byteLength
const limit = createGcra({ amount: 1, windowMs: 60_000 })

/** A thread: its own view, limiter and handles. */
function thread(memory: SharedArrayBuffer) {
  const limiter = createBucketLimiter(openCounterMemory(memory), limit, false)
  return (key: CounterKey, now: number) => limiter.take(key, now).outcome
}

const stride = 4

/** Memory in which every record is leased: to nobody, and until the given times by turns. */
function crowded(leases: readonly number[]): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(size)
  const doubles = new Float64Array(memory)
  const records = openCounterMemory(memory).buckets.records
  for (let i = 0; i < records; i++) doubles[i * stride] = leases[i % leases.length] as number
  return memory
}

// What is free differs by the clock that a thread read: places that one finds taken are expired for the other.
const scenes = [
  { name: 'an empty table', leases: [0], times: [1_000, 1_000, 1_000] },
  { name: 'places that expire between the clocks of two threads', leases: [1_500, 500], times: [1_000, 1_600, 1_000] },
  { name: 'the same, the later clock first', leases: [1_500, 500], times: [1_600, 1_000, 1_600] },
  { name: 'places that expire one after the other', leases: [9_000, 1_300, 1_100, 500], times: [1_000, 1_200, 1_400] },
] as const

describe('limiter table under every interruption', () => {
  for (const { name, leases, times } of scenes) {
    it(`one unit is given once to three threads: ${name}`, () => {
      let tried = 0
      for (let n = 1, more = true; more; n++) {
        for (let m = 1, moreInside = true; moreInside && more; m++) {
          const memory = crowded(leases)
          const [a, b, c] = [thread(memory), thread(memory), thread(memory)]
          const outcomes: string[] = []
          const runC = () => outcomes.push(c(keyOf('one'), times[2]))
          const runB = () => {
            moreInside = interrupted(() => outcomes.push(b(keyOf('one'), times[1])), m, runC)
          }
          moreInside = false
          more = interrupted(() => outcomes.push(a(keyOf('one'), times[0])), n, runB)
          tried++
          if (!more) break
          const passed = outcomes.filter(outcome => outcome === 'pass').length
          assert.equal(passed, 1, `A interrupted at ${n}, B at ${m}: ${outcomes.join(', ')}`)
          assert.equal(outcomes.includes('full'), false)
          for (const later of [a, b, c])
            assert.equal(later(keyOf('one'), 2_000), 'refuse', `A at ${n}, B at ${m}: a second record`)
        }
      }
      assert.ok(tried > 300, `${tried} interleavings`)
    })

    it(`a thread that is killed anywhere leaves no second unit and nobody waiting: ${name}`, () => {
      let tried = 0
      for (let n = 1, more = true; more; n++) {
        const memory = crowded(leases)
        const [a, b, c] = [thread(memory), thread(memory), thread(memory)]
        try {
          more = interrupted(
            () => void a(keyOf('one'), times[0]),
            n,
            () => {
              throw new Killed()
            },
          )
        } catch (error) {
          if (!(error instanceof Killed)) throw error
        }
        tried++
        // Whether the dead thread took the unit or not: the others get at most one, and never an error or a full table.
        const outcomes = [b(keyOf('one'), times[1]), c(keyOf('one'), times[2]), c(keyOf('one'), 2_000)]
        assert.ok(outcomes.filter(outcome => outcome === 'pass').length <= 1, `killed at ${n}: ${outcomes.join(', ')}`)
        assert.equal(outcomes.includes('full'), false)
        assert.equal(outcomes[2], 'refuse')
        assert.equal(b(keyOf('another'), 5_000), 'pass')
      }
      assert.ok(tried > 15, `${tried} places of death`)
    })

    it(`two keys that want one place keep their own counts: ${name}`, () => {
      for (let n = 1, more = true; more; n++) {
        for (let other = 0; other < 30; other++) {
          const memory = crowded(leases)
          const [a, b] = [thread(memory), thread(memory)]
          const outcomes: string[] = []
          more = interrupted(
            () => outcomes.push(a(keyOf('one'), times[0])),
            n,
            () => outcomes.push(b(keyOf(`other ${other}`), times[1])),
          )
          if (!more) break
          assert.deepEqual(outcomes, ['pass', 'pass'])
          assert.equal(b(keyOf('one'), 2_000), 'refuse')
          assert.equal(a(keyOf(`other ${other}`), 2_000), 'refuse')
        }
      }
    })
  }
})
