import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import type { AnyDetector } from '../detectors/detector.ts'
import { createParts } from '../parts.ts'
import { seenExchange } from '../../../test/support/seen-exchange.ts'
import type { Actor } from './actors.ts'
import { Detection } from './detection.ts'
import { GroupRates } from './group-rates.ts'
import { usualDetection } from './settings.ts'

const minuteMs = 60_000

/** Sums over ten minutes, each allowed 5. */
function rates() {
  let made: GroupRates | null = null
  let somebody: Actor | null = null
  const definition: AnyDetector = {
    name: 'counting',
    schema: async () => z.object({}),
    defaults: {},
    findings: {},
    create: (_: never, host) => {
      const metric = { name: 'sum-10m', unit: 'calls in 10 minutes', floor: 3 }
      made = new GroupRates(host, { scales: [{ windowMs: 10 * minuteMs, metric }] })
      return { take: ({ actor }) => void (somebody = actor) }
    },
  }
  const expert = [{ detector: 'counting', metric: 'sum-10m', scope: '', threshold: 5 }]
  const settings = { ...usualDetection, baselines: { ...usualDetection.baselines, expert } }
  const detection = new Detection(createParts({ ...settings, enabled: false }), settings, [definition])
  detection.take(seenExchange('GET', '/'))
  return { groups: made as unknown as GroupRates, actor: somebody as unknown as Actor }
}

test('a window that began ahead does not fill up when the clock went back, nor keeps who was in it', () => {
  const { groups, actor } = rates()
  const add = (minute: number, name = 'orders'): boolean =>
    groups.add(name, actor, { timeMs: minute * minuteMs, amount: 1 }) !== null
  // A wrong clock was believed, four hours ahead, and is no longer.
  assert.deepEqual(
    [840, 840, 840, 840].map(minute => add(minute)),
    [false, false, false, false],
  )
  assert.equal(add(840, 'carts'), false)
  assert.deepEqual(
    [601, 602, 603, 604].map(minute => add(minute)),
    [false, false, false, false],
  )
  assert.deepEqual(
    [605, 606].map(minute => add(minute)),
    [false, true],
  )
  const next = [611, 612, 613, 614, 615].map(minute => add(minute))
  assert.deepEqual(next, [false, false, false, false, false], 'the next window begins when its time comes')
  assert.equal(groups.add('orders', actor, { timeMs: 616 * minuteMs, amount: 1 })?.sum, 6)
})
