import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { timeMs, utcMs } from './time-ms.ts'

describe('times as milliseconds', () => {
  it('reads whatever a date writes, as the calendar does', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
        date => {
          assert.equal(utcMs(date.toISOString()), date.getTime())
          assert.equal(timeMs(date.toISOString()), date.getTime())
        },
      ),
    )
  })

  it('takes nothing for a time of its form that is none', () => {
    for (const text of [
      '',
      '2026-02-30T00:00:00.000Z',
      '2026-11-22T24:00:00.000Z',
      '2026-11-22T10:60:00.000Z',
      '2026-11-22T10:00:60.000Z',
      '2026-00-22T10:00:00.000Z',
      '2026-11-22T10:00:00.00xZ',
      '2026-11-22T10:00:00.x00Z',
      '2026-11-22T10:00:00.0 0Z',
      '2026-11-22T1/:00:00.000Z',
      '20 6-11-22T10:00:00.000Z',
      '2026-11-22t10:00:00.000Z',
      '2026-11-22T10:00:00.000z',
      '2026-11-22T10:00:00,000Z',
      '2026-11-22T10:00:00.0000',
      '2026-11-22T10:00:00Z',
    ])
      assert.ok(Number.isNaN(utcMs(text)), text)
  })

  it('leaves every other text to the calendar, also after one of its form', () => {
    assert.equal(timeMs('2026-11-22T10:00:00.000Z'), Date.UTC(2026, 10, 22, 10))
    for (const text of ['2026-11-22T10:00:00+02:00', '2026-11-22T24:00:00.000Z', '2026-02-30T00:00:00.000Z', 'now', ''])
      assert.equal(timeMs(text), Date.parse(text), text)
  })

  it('changes nothing about one digit that is another sign', () => {
    const good = '2026-11-22T10:11:12.345Z'
    for (let at = 0; at < good.length; at++)
      for (const sign of ['x', '/', ':', ' ', '\u0663', '-', 'Z'])
        if (good[at] !== sign)
          assert.ok(Number.isNaN(utcMs(good.slice(0, at) + sign + good.slice(at + 1))), `${at} ${sign}`)
  })
})
