import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ShapeQuarantine } from './quarantine.ts'

const HOUR = 3_600_000
const start = Date.UTC(2026, 0, 5)
const terms = { callers: 3, spanMs: 24 * HOUR }
const shape = 'chain-structure cart → admin-user'

function restored(rows: Iterable<readonly [string, string | null]>): ShapeQuarantine {
  const quarantine = new ShapeQuarantine(terms)
  for (const [key, value] of rows) if (value !== null) quarantine.restoreRow(key, value)
  return quarantine
}

describe('quarantine of new shapes', () => {
  it('one caller alone never makes a shape normal, however often and long', () => {
    const quarantine = new ShapeQuarantine(terms)
    for (let hour = 0; hour < 24 * 90; hour++)
      assert.equal(quarantine.see(shape, 'mallory', start + hour * HOUR), 'waiting')
    assert.equal(quarantine.standing(shape), 'waiting')
  })

  it('many callers within an hour do not either', () => {
    const quarantine = new ShapeQuarantine(terms)
    for (let n = 0; n < 500; n++) assert.equal(quarantine.see(shape, `bot ${n}`, start + n * 1000), 'waiting')
  })

  it('enough callers over enough time do, and why is kept', () => {
    const quarantine = new ShapeQuarantine(terms)
    for (const [n, caller] of ['ada', 'bob', 'eve'].entries())
      assert.equal(quarantine.see(shape, caller, start + n * HOUR), 'waiting')
    assert.equal(quarantine.see(shape, 'ada', start + 24 * HOUR - 1), 'waiting')
    assert.equal(quarantine.see(shape, 'ada', start + 24 * HOUR), 'known')
    assert.deepEqual([quarantine.standing(shape), quarantine.waits(shape), quarantine.waiting()], ['known', false, []])
    assert.deepEqual([...quarantine.changes()], [[shape, '{"why":"3 callers over 24 h"}']])
  })

  it('a time that goes back makes nothing normal', () => {
    const quarantine = new ShapeQuarantine(terms)
    for (const caller of ['ada', 'bob', 'eve', 'joe'])
      assert.equal(quarantine.see(shape, caller, start - 90 * 24 * HOUR * caller.length), 'waiting')
  })

  it('a reviewer admits at once', () => {
    const quarantine = new ShapeQuarantine(terms)
    quarantine.see(shape, 'ada', start)
    assert.deepEqual(quarantine.waiting(), [{ shape, since: '2026-01-05T00:00:00.000Z', callers: ['ada'] }])
    quarantine.admit(shape, 'ada: release 2.4')
    assert.equal(quarantine.see(shape, 'mallory', start), 'known')
  })

  it('a document that declares the shape ends it, when it is loaded and not before', () => {
    const quarantine = new ShapeQuarantine(terms)
    let version = 1
    let asked = 0
    quarantine.declared = {
      version: () => version,
      why: one => (++asked > 0 && one === shape && version > 1 ? 'declared by shop.json' : null),
    }
    assert.equal(quarantine.see(shape, 'ada', start), 'waiting')
    assert.equal(quarantine.see(shape, 'ada', start), 'waiting')
    assert.equal(asked, 1, 'what no document declares is not asked again')
    version = 2
    assert.equal(quarantine.standing(shape), 'known')
    assert.deepEqual([quarantine.waits(shape), quarantine.reason(shape)], [false, 'declared by shop.json'])
    assert.equal(restored(quarantine.changes()).standing(shape), 'known')
    assert.equal(quarantine.standing('other'), 'waiting')
  })

  it('goes on over a restart: who was seen, since when, and what was admitted', () => {
    const quarantine = new ShapeQuarantine(terms)
    quarantine.see(shape, 'ada', start)
    quarantine.see(shape, 'bob', start)
    quarantine.see('other', 'ada', start)
    quarantine.admit('other', 'ada: known')
    const again = restored(quarantine.changes())
    assert.deepEqual(again.waiting(), [{ shape, since: '2026-01-05T00:00:00.000Z', callers: ['ada', 'bob'] }])
    assert.equal(again.standing('other'), 'known')
    assert.equal(again.see(shape, 'eve', start + 24 * HOUR), 'known')
    assert.deepEqual([...quarantine.changes()], [], 'what did not change is not written again')
  })

  it('room is bounded: made-up shapes push out the oldest that wait, never what is normal, and are counted', () => {
    const quarantine = new ShapeQuarantine(terms)
    quarantine.admit(shape, 'ada: known')
    for (let n = 0; n < 20_100; n++) quarantine.see(`chaff ${n}`, 'mallory', start + n)
    assert.deepEqual([quarantine.waiting().length, quarantine.forgotten], [20_000, 100])
    assert.deepEqual([quarantine.standing(shape), quarantine.waits('chaff 99')], ['known', false])
    const gone = [...quarantine.changes()].filter(([, value]) => value === null).map(([key]) => key)
    assert.equal(gone.length, 100)
    for (let n = 0; n < 200; n++) quarantine.see('crowd', `caller ${n}`, start)
    assert.equal(quarantine.waiting().at(-1)?.callers.length, terms.callers)
  })

  it('rows that are none throw, and leave nothing', () => {
    const quarantine = new ShapeQuarantine(terms)
    for (const text of ['{', '{}', '{"why":1}', '{"firstMs":"x","callers":[]}', '{"firstMs":1}', 'null'])
      assert.throws(() => quarantine.restoreRow(shape, text), Error, text)
    assert.deepEqual([quarantine.waiting(), quarantine.standing(shape)], [[], 'waiting'])
  })
})
