import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KeptAnomaly } from '../../../src/insight/detection/anomaly-list.ts'
import type { TrueAttack } from '../../../testbed/bed/labels.ts'
import { type Reported, recallByClass, scoreBed } from './score.ts'

const startMs = Date.UTC(2026, 2, 16, 12)

function attack(id: string, more: Partial<TrueAttack> = {}): TrueAttack {
  return {
    id,
    class: id.split('/')[0] as string,
    variant: 'one',
    from: new Date(startMs).toISOString(),
    to: new Date(startMs + 600_000).toISOString(),
    principals: [],
    addresses: ['198.18.7.7'],
    internal: false,
    operations: ['orders GET /orders'],
    exchanges: 10,
    ...more,
  }
}

function report(more: Partial<Reported> = {}): Reported {
  return {
    number: 1,
    detector: 'volume',
    atMs: startMs + 30_000,
    actor: 'address 203.0.113.4',
    principals: [],
    addresses: ['203.0.113.4'],
    operations: [],
    events: [],
    ...more,
  }
}

/** Who found the attack and how many false alarms there were. */
function scored(
  attacks: readonly TrueAttack[],
  reports: readonly Reported[],
  events: Record<string, string> = {},
  caused: readonly string[] = [],
) {
  const anomalies = [...new Set(reports.map(({ number }) => number))].map(number => ({ number }) as KeptAnomaly)
  const calls = { attackOf: new Map(Object.entries(events)), caused: new Set(caused) }
  const { caught, falseAlarms } = scoreBed(attacks, { anomalies, reports }, calls)
  return [caught.map(({ afterMs }) => afterMs), falseAlarms.length]
}

describe('the score of a bed', () => {
  it('a report of a call of the attack finds it, whoever it names', () => {
    assert.deepEqual(scored([attack('volume/one/pod')], [report({ events: ['e1'] })], { e1: 'volume/one/pod' }), [
      [30_000],
      0,
    ])
  })

  it('a report of its address finds it while it goes on, and is a false alarm before and long after', () => {
    const at = (atMs: number) => scored([attack('volume/one/outside')], [report({ atMs, addresses: ['198.18.7.7'] })])
    assert.deepEqual(at(startMs + 60_000), [[60_000], 0])
    assert.deepEqual(at(startMs - 1), [[null], 1])
    assert.deepEqual(at(startMs + 600_000 + 900_001), [[null], 1])
  })

  it('a report of somebody else at the same time is a false alarm and finds nothing', () => {
    assert.deepEqual(scored([attack('volume/one/outside')], [report({ operations: ['orders GET /orders'] })]), [
      [null],
      1,
    ])
  })

  it('without an actor the operation counts, with one it does not', () => {
    const about = { operations: ['orders GET /orders'] }
    assert.deepEqual(scored([attack('volume/one/outside')], [report({ ...about, actor: null })]), [[30_000], 0])
    assert.deepEqual(scored([attack('chain-timing/one/pod-1')], [report({ ...about, actor: null })]), [[null], 1])
  })

  it('at a pod where others are at home the address alone finds nothing', () => {
    const pod = attack('enumeration/one/pod', { internal: true, addresses: ['10.20.1.4'] })
    const here = { addresses: ['10.20.1.4'], actor: 'address 10.20.1.4' }
    assert.deepEqual(scored([pod], [report({ ...here, operations: ['carts GET /carts'] })]), [[null], 1])
    assert.deepEqual(scored([pod], [report({ ...here, operations: ['orders GET /orders'] })]), [[30_000], 0])
  })

  it('one anomaly counts once, and is sound when one of its reports is', () => {
    const reports = [report(), report(), report({ number: 2 }), report({ number: 2, events: ['e1'] })]
    assert.deepEqual(scored([attack('misuse/one/pod')], reports, { e1: 'misuse/one/pod' }), [[30_000], 1])
  })

  it('what a service called because of an attack is no false alarm and finds nothing', () => {
    const poll = attack('volume/polling/outside')
    const below = report({ actor: 'mtls ca orders', events: ['e7'] })
    assert.deepEqual(scored([poll], [below], {}, ['e7']), [[null], 0])
    assert.deepEqual(scored([poll], [below]), [[null], 1])
  })

  it('recall is told by class', () => {
    const { caught } = scoreBed(
      [attack('misuse/a'), attack('misuse/b', { addresses: [] }), attack('volume/a', { addresses: [] })],
      { anomalies: [], reports: [report({ addresses: ['198.18.7.7'] })] },
      { attackOf: new Map(), caused: new Set() },
    )
    assert.deepEqual(
      [...recallByClass(caught)],
      [
        ['misuse', [1, 2]],
        ['volume', [0, 1]],
      ],
    )
  })
})
