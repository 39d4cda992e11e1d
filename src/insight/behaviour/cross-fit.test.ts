import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crossFit } from './cross-fit.ts'
import type { Family } from './model.ts'

interface Tick {
  readonly timeMs: number | null
  readonly key: number
}

/** A model that says how far in time the nearest item is that it learnt. */
const ticks: Family<Tick> = {
  format: 'ticks',
  axes: [],
  async *read() {},
  id: ({ key }) => key,
  key: ({ key }) => String((key * 7919) % 100_003),
  timeMs: ({ timeMs }) => timeMs,
  create() {
    const times: number[] = []
    return {
      learn: ({ timeMs }) => void times.push(timeMs ?? 0),
      judge: ({ timeMs }) => ({
        signature: '',
        similarity: 1,
        deviation: { nearest: Math.min(...times.slice(0, 500).map(time => Math.abs(time - (timeMs ?? 0)))) },
        explain: () => [],
      }),
      dump: () => null,
    }
  },
  restore: () => ticks.create(),
}

const nearest = (items: readonly Tick[]): number[] =>
  crossFit(ticks, items).judged.map(({ judgement }) => judgement.deviation['nearest'] as number)

test('items with times are judged by models that saw none of the same stretch of time, whatever the order of lines', () => {
  const items = Array.from({ length: 500 }, (_, i) => ({ timeMs: i * 1000, key: i }))
  const distances = nearest(items)
  assert.equal(distances.length, 500)
  // In a fold of 50 the middle is 25 away from both ends; among its neighbours it would be one.
  assert.ok(distances.filter(distance => distance >= 10_000).length > 250)
  assert.deepEqual(nearest(items.toReversed()), distances)
})

test('of many items with times the sample is stretches of time', () => {
  const items = Array.from({ length: 30_000 }, (_, i) => ({ timeMs: i * 1000, key: i }))
  const { judged } = crossFit(ticks, items)
  const times = judged.map(({ item }) => item.timeMs ?? 0)
  assert.ok(times.length >= 10_000 && times.length <= 20_000)
  assert.equal(times.filter((time, i) => i > 0 && time - (times[i - 1] as number) > 1000).length, 9)
})

test('items without times are taken by turns', () => {
  const items = Array.from({ length: 500 }, (_, i) => ({ timeMs: null, key: i }))
  assert.equal(nearest(items).length, 500)
})
