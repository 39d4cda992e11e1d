import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { createGcra } from '../lib/gcra.ts'
import { windowShape } from '../lib/sliding-window.ts'
import { createBucketLimiter } from './bucket-limiter.ts'
import type { Limiter } from './bucket-limiter.ts'
import { createKeyMaker } from './counter-key.ts'
import type { CounterKey } from './counter-key.ts'
import { createCounterMemory, openCounterMemory, windowCells } from './counter-memory.ts'
import { createWindowLimiter } from './window-limiter.ts'

const keyOf = createKeyMaker(new Uint8Array(32).fill(1))

/** Two threads' views of one limit: own table objects, own limiter, own key, one memory. */
function views(
  memory: SharedArrayBuffer,
  make: (memory: SharedArrayBuffer) => Limiter,
): Array<readonly [Limiter, CounterKey]> {
  return [1, 2].map(() => [make(memory), keyOf('one')] as const)
}

const steps = fc.array(fc.record({ gap: fc.integer({ min: 0, max: 400 }), view: fc.constantFrom(0, 1) }), {
  maxLength: 300,
})

describe('sliding window', () => {
  const exact = fc.record({ amount: fc.integer({ min: 1, max: windowCells }), windowMs: fc.constantFrom(1_000, 3_000) })

  it('up to 128 per window decides as a log of all admissions does, through whichever view', () => {
    fc.assert(
      fc.property(exact, steps, (limit, requests) => {
        const memory = createCounterMemory({ entries: 1 })
        const both = views(memory, shared =>
          createWindowLimiter(openCounterMemory(shared), windowShape(limit, windowCells)),
        )
        const log: number[] = []
        let now = 10_000
        for (const { gap, view } of requests) {
          now += gap
          while (log.length > 0 && (log[0] as number) + limit.windowMs <= now) log.shift()
          const [limiter, key] = both[view] as (typeof both)[0]
          const decision = limiter.take(key, now)
          assert.equal(decision.outcome, log.length < limit.amount ? 'pass' : 'refuse')
          if (decision.outcome === 'pass') log.push(now)
          assert.equal(decision.remaining, limit.amount - log.length)
          if (decision.outcome === 'refuse') assert.equal(decision.resetMs, (log[0] as number) + limit.windowMs - now)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('above that admits never more than the limit in any window, and never refuses below 99 % of it', () => {
    fc.assert(
      fc.property(
        fc.record({
          amount: fc.integer({ min: windowCells + 1, max: 2_000 }),
          windowMs: fc.constantFrom(1_000, 3_000),
        }),
        fc.array(fc.record({ gap: fc.integer({ min: 0, max: 300 }), count: fc.integer({ min: 1, max: 400 }) }), {
          maxLength: 60,
        }),
        (limit, bursts) => {
          const tables = openCounterMemory(createCounterMemory({ entries: 1 }))
          const limiter = createWindowLimiter(tables, windowShape(limit, windowCells))
          const key = keyOf('one')
          const log: number[] = []
          let now = 10_000
          for (const { gap, count } of bursts) {
            now += gap
            while (log.length > 0 && (log[0] as number) + limit.windowMs <= now) log.shift()
            for (let i = 0; i < count; i++) {
              const passed = limiter.take(key, now).outcome === 'pass'
              if (passed) log.push(now)
              assert.ok(log.length <= limit.amount, 'no window holds more than the limit')
              if (!passed)
                assert.ok(
                  log.length >= limit.amount - Math.ceil(limit.amount / windowCells) + 1,
                  `refused at ${log.length} of ${limit.amount}`,
                )
            }
          }
        },
      ),
      { numRuns: 100 },
    )
  })

  it('a lowered or raised limit goes on with what was counted', () => {
    const tables = openCounterMemory(createCounterMemory({ entries: 1 }))
    const of = (amount: number) => createWindowLimiter(tables, windowShape({ amount, windowMs: 60_000 }, windowCells))
    for (let i = 0; i < 20; i++) assert.equal(of(20).take(keyOf('one'), 1_000).outcome, 'pass')
    assert.equal(of(20).take(keyOf('one'), 2_000).outcome, 'refuse')
    assert.equal(of(10).take(keyOf('one'), 2_000).outcome, 'refuse')
    const raised = of(25)
    const key = keyOf('one')
    for (let i = 0; i < 5; i++) assert.equal(raised.take(key, 2_000).outcome, 'pass')
    assert.equal(raised.take(key, 2_000).outcome, 'refuse')
  })
})

describe('bucket', () => {
  it('through two views decides as one bucket does', () => {
    const limits = fc.record({
      amount: fc.integer({ min: 1, max: 100 }),
      windowMs: fc.constantFrom(1_000, 10_000),
      burst: fc.integer({ min: 1, max: 30 }),
    })
    fc.assert(
      fc.property(limits, steps, (limit, requests) => {
        const gcra = createGcra(limit)
        const both = views(createCounterMemory({ entries: 1 }), shared =>
          createBucketLimiter(openCounterMemory(shared), gcra, false),
        )
        let state = 0
        let now = 10_000
        for (const { gap, view } of requests) {
          now += gap
          const next = gcra.take(state, now)
          const [limiter, key] = both[view] as (typeof both)[0]
          const decision = limiter.take(key, now)
          assert.equal(decision.outcome, next === -1 ? 'refuse' : 'pass')
          if (next !== -1) state = next
          assert.equal(decision.remaining, gcra.remaining(state, now))
        }
      }),
      { numRuns: 200 },
    )
  })
})

describe('limiter table', () => {
  it('denies a new key when all its places are taken, goes on counting the old ones, and has places again when they expire', () => {
    const tables = openCounterMemory(createCounterMemory({ entries: 1 }))
    const limiter = createBucketLimiter(tables, createGcra({ amount: 1, windowMs: 10_000 }), false)
    const held: CounterKey[] = []
    let full = 0
    for (let i = 0; i < tables.buckets.records * 4; i++) {
      const key = keyOf(`key ${i}`)
      const { outcome } = limiter.take(key, 1_000)
      if (outcome === 'pass') held.push(key)
      else full++
      assert.notEqual(outcome, 'refuse')
    }
    assert.ok(full > 0)
    // Sixteen places in two buckets per key: nearly all of the table is used before a key finds none.
    assert.ok(held.length > tables.buckets.records * 0.9, `${held.length} of ${tables.buckets.records}`)
    for (const key of held) assert.equal(limiter.take(key, 1_001).outcome, 'refuse')
    assert.equal(limiter.take(keyOf('late'), 30_000).outcome, 'pass')
  })

  it('an expired record goes to another key without its past', () => {
    const tables = openCounterMemory(createCounterMemory({ entries: 1 }))
    const limiter = createWindowLimiter(tables, windowShape({ amount: 3, windowMs: 1_000 }, windowCells))
    let now = 1_000
    // Far more keys than records, each in a time of its own: every record changes hands many times.
    for (let i = 0; i < tables.windows.records * 50; i++) {
      const key = keyOf(`key ${i}`)
      for (let n = 0; n < 3; n++) assert.equal(limiter.take(key, now).outcome, 'pass')
      assert.equal(limiter.take(key, now).outcome, 'refuse')
      now += 1_200
    }
  })

  it('a key that was away for long begins anew, and its old handle finds its record elsewhere', () => {
    const tables = openCounterMemory(createCounterMemory({ entries: 1 }))
    const limiter = createBucketLimiter(tables, createGcra({ amount: 2, windowMs: 1_000 }), false)
    const handle = keyOf('one')
    limiter.take(handle, 1_000)
    for (let i = 0; i < tables.buckets.records * 4; i++) limiter.take(keyOf(`other ${i}`), 100_000)
    const at = handle.at
    limiter.take(handle, 200_000)
    assert.equal(limiter.take(keyOf('one'), 200_000).outcome, 'pass')
    assert.equal(limiter.take(handle, 200_000).outcome, 'refuse')
    assert.ok(at !== -1)
  })

  it('the claim of a thread that died does not keep a place for ever, nor its own key waiting', () => {
    const memory = createCounterMemory({ entries: 1 })
    const tables = openCounterMemory(memory)
    const limiter = createBucketLimiter(tables, createGcra({ amount: 1, windowMs: 1_000 }), false)
    const dead = keyOf('dead')
    // Every record is claimed for one key and the claimer never comes back (sign bit, time 0, nonce 0, 32 bits of its tag).
    const words = new BigInt64Array(memory)
    const claim = BigInt.asIntN(64, (0x80000000n << 32n) | BigInt(dead.tag[0] >>> 0))
    const stride = 4
    for (let i = 0; i < tables.buckets.records; i++) words[i * stride] = claim
    assert.equal(limiter.take(keyOf('other'), 1_000).outcome, 'full', 'a fresh claim is left alone')
    assert.equal(limiter.take(dead, 1_000).outcome, 'pass', 'its own key is helped through at once')
    assert.equal(limiter.take(keyOf('dead'), 1_000).outcome, 'refuse')
    assert.equal(limiter.take(keyOf('other'), 5_000).outcome, 'pass', 'an old claim is taken over')
  })

  it('tags are 128 bits under the key of the process', () => {
    const other = createKeyMaker(new Uint8Array(32).fill(2))
    assert.deepEqual(keyOf('one').tag, keyOf('one').tag)
    assert.notDeepEqual(keyOf('one').tag, keyOf('two').tag)
    assert.notDeepEqual(keyOf('one').tag, other('one').tag)
    const { low, high, tag } = keyOf('one')
    assert.equal(BigInt.asUintN(32, low), BigInt(tag[0] >>> 0))
    assert.equal(BigInt.asUintN(64, high) >> 32n, BigInt(tag[3] >>> 0))
  })

  it('refuses memory that is too small', () => {
    assert.throws(() => openCounterMemory(new SharedArrayBuffer(1024)), RangeError)
  })
})
