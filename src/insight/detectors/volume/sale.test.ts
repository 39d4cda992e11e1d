import assert from 'node:assert/strict'
import { it } from 'node:test'
import { seenExchange } from '../../../../test/support/seen-exchange.ts'
import { Detection } from '../../detection/detection.ts'
import { usualDetection } from '../../detection/settings.ts'
import { Learner } from '../../learner.ts'
import { createParts, partList } from '../../parts.ts'
import { volume } from './detector.ts'

const HOUR = 3600
const DAY = 24 * HOUR

/** Three ordinary days, then one on which six callers make so many calls an hour, and eve so many within one; who is told on that day. */
function toldOnSale(perHour: number, eve: number): string[] {
  const saleDay = new Date(Date.parse(seenExchange('GET', '/', 3 * DAY).event.time)).toISOString().slice(0, 10)
  const settings = {
    ...usualDetection,
    enabled: true,
    baselines: {
      ...usualDetection.baselines,
      scenarios: [{ name: 'sale', days: [saleDay], hours: null, factor: 3, begin: 'calendar' as const }],
    },
  }
  const parts = createParts({ ...settings, enabled: false })
  const detection = new Detection(parts, settings, [volume])
  const learner = new Learner({ parts: partList({ ...parts, detection }) })
  let id = 0
  const call = (subject: string, atS: number): void =>
    learner.take(
      seenExchange('GET', `/orders/${id % 40}`, atS, {
        event: { id: `v${id++}`, principal: { subject, method: 'jwt', issuer: 'idp' } },
      }),
    )
  for (let hour = 0; hour < 96; hour++) {
    const sale = hour >= 72
    const calls: Array<readonly [atS: number, subject: string]> = []
    for (let caller = 0; caller < 6; caller++)
      for (let n = sale ? perHour : 8 + ((hour + caller) % 5); n > 0; n--)
        calls.push([hour * HOUR + ((n * 389 + caller * 61) % HOUR), `ann${caller}`])
    if (hour === 84) for (let n = 0; n < eve; n++) calls.push([hour * HOUR + (n * HOUR) / eve, 'eve'])
    if (hour < 72) calls.push([hour * HOUR + 30, 'eve'])
    for (const [atS, subject] of calls.sort(([a], [b]) => a - b)) call(subject, atS)
  }
  learner.settle()
  return detection.anomalies
    .all()
    .flatMap(({ code, actor, reported }) => (reported >= saleDay ? [`${code} ${actor}`] : []))
}

it('a sale of factor 3 makes three times the usual calls usual', () => {
  assert.deepEqual(toldOnSale(30, 0), [])
})

it('who takes the sale for cover is told: the habit is scaled, not how far one may stray from it', () => {
  assert.deepEqual(toldOnSale(30, 330), ['actor-volume jwt idp eve'])
})
