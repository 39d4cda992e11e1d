import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import type { AnyDetector } from '../detectors/detector.ts'
import { createParts } from '../parts.ts'
import { seenExchange } from '../../../test/support/seen-exchange.ts'
import { ActorRates, type Scale } from './actor-rates.ts'
import type { Actor } from './actors.ts'
import { Detection } from './detection.ts'
import { usualDetection } from './settings.ts'

const minuteMs = 60_000
const scales = (name: string): Scale[] =>
  [1, 10].map(minutes => ({
    windowMs: minutes * minuteMs,
    metric: { name: `${name}-${minutes}m`, unit: `calls in ${minutes} minutes`, floor: 3 },
  }))

/** Rates of three kinds beside one another, each allowed 5 in a window, and somebody to count. */
function rates() {
  const made: ActorRates[] = []
  const ownScales = scales('own')
  let somebody: Actor | null = null
  const definition: AnyDetector = {
    name: 'counting',
    schema: async () => z.object({}),
    defaults: {},
    findings: {},
    create: (_: never, host) => {
      made.push(new ActorRates(host, { scales: scales('plain') }))
      made.push(new ActorRates(host, { scales: ownScales, own: true }))
      made.push(new ActorRates(host, { scales: scales('different'), distinct: true }))
      return { take: ({ actor }) => void (somebody = actor) }
    },
  }
  const expert = ['plain', 'own', 'different'].flatMap(name =>
    [1, 10].map(minutes => ({ detector: 'counting', metric: `${name}-${minutes}m`, scope: 'address', threshold: 5 })),
  )
  const settings = { ...usualDetection, baselines: { ...usualDetection.baselines, expert } }
  const detection = new Detection(createParts({ ...settings, enabled: false }), settings, [definition])
  detection.take(seenExchange('GET', '/'))
  const [plain, own, different] = made as [ActorRates, ActorRates, ActorRates]
  return { plain, own, ownScales, different, actor: somebody as unknown as Actor }
}

test('a window that is too full is told once, and no longer when the next one begins', () => {
  const { plain, actor } = rates()
  const told = Array.from({ length: 8 }, (_, n) => plain.add(actor, 600 * minuteMs + n, 1) !== null)
  assert.deepEqual(told, [false, false, false, false, false, true, false, true], 'again when it has grown by a fifth')
  assert.equal(plain.isTold(actor), true)
  plain.touch(actor, 601 * minuteMs)
  assert.equal(plain.isTold(actor), true, 'the ten minutes run on')
  plain.touch(actor, 610 * minuteMs)
  assert.equal(plain.isTold(actor), false)
  for (let n = 0; n < 5; n++) assert.equal(plain.add(actor, 611 * minuteMs, 1), null)
})

test('a window that must not be learnt is not, whatever happens in those beside it', () => {
  const { plain, own, ownScales, different, actor } = rates()
  const [scale] = ownScales
  for (let n = 0; n < 9; n++) own.add(actor, 600 * minuteMs, 1, true)
  for (const one of [plain, different])
    for (const minute of [600, 601, 611, 621]) one.add(actor, minute * minuteMs, minute)
  own.touch(actor, 700 * minuteMs)
  assert.equal(own.usual(actor, scale as Scale), 0)
  for (let n = 0; n < 2; n++) own.add(actor, 701 * minuteMs, 1)
  own.touch(actor, 720 * minuteMs)
  assert.ok(own.usual(actor, scale as Scale) > 0)
})

test('what comes late counts to the window that runs; when the clock went back, another begins', () => {
  const { plain, actor } = rates()
  const add = (minute: number): boolean => plain.add(actor, minute * minuteMs, 1) !== null
  assert.deepEqual([620, 620, 620, 619.5, 617, 616].map(add), [false, false, false, false, false, true])
  // A wrong clock was believed, four hours ahead, and is no longer.
  assert.deepEqual([840, 840, 840, 601, 601, 840.5, 602, 603, 604].map(add), Array(9).fill(false))
  assert.deepEqual([605, 605, 605, 605].map(add), [false, false, true, false], 'ten minutes, from 602 on')
})
