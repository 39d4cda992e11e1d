import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DetectorHost } from '../detectors/detector.ts'
import { Actors } from './actors.ts'
import { Newcomers } from './newcomers.ts'

const start = Date.UTC(2026, 0, 5)
const host = { isWarm: (samples: number) => samples >= 50 } as unknown as DetectorHost
const actors = new Actors()
const actor = (name: string) => actors.of('principal', `jwt i ${name}`, { method: 'jwt', timeMs: start })

/** Ten callers of one operation, five calls each. */
function known(): Newcomers {
  const newcomers = new Newcomers(host)
  for (let n = 0; n < 100; n++)
    newcomers.surprise(actor(`user ${n % 10}`), 'shop GET /orders', { timeMs: start + n, learn: true })
  return newcomers
}

const look = (newcomers: Newcomers, name: string): number =>
  newcomers.surprise(actor(name), 'shop GET /orders', { timeMs: start + 1000, learn: false })

describe('newcomers', () => {
  it('who calls an operation surprises nobody, a stranger does', () => {
    const newcomers = known()
    assert.equal(look(newcomers, 'user 3'), 0)
    assert.ok(look(newcomers, 'mallory') > 1)
  })

  it('callers are written when one is new, in a row of their own, and are known after a restart', () => {
    const newcomers = known()
    const rows = new Map([...newcomers.changes()] as Array<[string, string]>)
    assert.deepEqual([...rows.keys()].sort(), ['', '\nshop GET /orders', 'shop GET /orders'])
    newcomers.surprise(actor('user 3'), 'shop GET /orders', { timeMs: start + 200, learn: true })
    const later = [...newcomers.changes()] as Array<[string, string]>
    assert.deepEqual(later.map(([key]) => key).sort(), ['', 'shop GET /orders'])
    for (const order of [[...rows], [...rows].toReversed()]) {
      const restored = new Newcomers(host)
      restored.restore([...order, ...later])
      assert.equal(look(restored, 'user 3'), 0)
      assert.equal(look(restored, 'mallory'), look(newcomers, 'mallory'))
    }
  })

  it('rows that have the callers in them, or as JSON, as older ones do, are read', () => {
    const callers = [actor('user 3').hash]
    const newcomers = new Newcomers(host)
    newcomers.restore([
      ['\nshop GET /orders', JSON.stringify([actor('user 5').hash])],
      [
        '',
        JSON.stringify({
          calls: 1000,
          newcomers: 1,
          fresh: 1,
          day: Math.floor(start / 86_400_000),
          first: start - 1e9,
        }),
      ],
      ['shop GET /orders', JSON.stringify({ calls: 1000, newcomers: 1, callers, waiting: [] })],
    ])
    assert.deepEqual([look(newcomers, 'user 3'), look(newcomers, 'user 5')], [0, 0])
    assert.ok(look(newcomers, 'user 4') > 1)
  })
})
