// Hot path: once per event.
import { byActor, byMany } from '../../detection/exceeded.ts'
import { ActorRates, type Exceeded, lengthOf, type Scale } from '../../detection/actor-rates.ts'
import { GroupRates } from '../../detection/group-rates.ts'
import { objectHash } from '../../detection/ids-of.ts'
import type { Actor } from '../../detection/actors.ts'
import { count, figure, named } from '../../detection/words.ts'
import type { Detector } from '../detector.ts'
import { type NoSettings, noSettings } from '../no-settings.ts'

const objects: readonly Scale[] = [
  {
    windowMs: 600_000,
    metric: {
      name: 'objects-10m',
      unit: 'above its habit (√different objects in 10 minutes)',
      floor: 4,
      elastic: true,
    },
  },
  {
    windowMs: 21_600_000,
    metric: { name: 'objects-6h', unit: 'above its habit (√different objects in 6 hours)', floor: 5, elastic: true },
  },
]
const misses: readonly Scale[] = [
  {
    windowMs: 600_000,
    metric: { name: 'absent-10m', unit: 'different objects that are not there, in 10 minutes', floor: 4 },
  },
  {
    windowMs: 21_600_000,
    metric: { name: 'absent-6h', unit: 'different objects that are not there, in 6 hours', floor: 8 },
  },
]
const together: readonly Scale[] = [
  {
    windowMs: 600_000,
    metric: {
      name: 'operation-absent-10m',
      unit: 'above the usual (√absent objects in 10 minutes)',
      floor: 2.5,
      elastic: true,
    },
  },
  {
    windowMs: 3_600_000,
    metric: {
      name: 'operation-absent-1h',
      unit: 'above the usual (√absent objects in an hour)',
      floor: 3,
      elastic: true,
    },
  },
]
const spreadMin = 4

/** One id after the other until one is somebody's: many different objects, or many that are not there. */
export const enumeration: Detector<NoSettings> = {
  name: 'enumeration',
  schema: noSettings,
  defaults: {},
  findings: {
    enumeration: {
      title: 'one caller goes through objects one by one',
      severity: 'high',
      references: ['API1:2023', 'API6:2023', 'T1119'],
    },
    'spread-enumeration': {
      title: 'many callers together go through objects',
      severity: 'high',
      references: ['API1:2023', 'API6:2023', 'T1119'],
    },
  },
  create(_, host) {
    const touched = new ActorRates(host, { scales: objects, distinct: true, own: true })
    const absent = new ActorRates(host, { scales: misses, distinct: true })
    const operations = new GroupRates(host, { scales: together, own: true })

    function report(actor: Actor, much: Exceeded, timeMs: number, what: string): void {
      const length = lengthOf(much.scale.windowMs)
      host.report({
        code: 'enumeration',
        ...byActor(actor, much, timeMs),
        evidence: [
          `${count(much.count, 'different object')}${what} within ${length}`,
          `allowed ${figure(much.threshold)} ${much.scale.metric.unit}`,
        ],
        normal: much.baseline.describe(),
        explanation: `${actor.name} asked for ${count(much.count, 'different object')}${what} within ${length}: ${much.baseline.describe()}.`,
      })
    }

    return {
      take({ actor, record, operation, timeMs, reached }) {
        if (operation === null) return
        const key = objectHash(record, operation)
        if (key === null) return
        const much = touched.add(actor, timeMs, key)
        if (much !== null) report(actor, much, timeMs, '')
        const status = record.event.upstreamStatus ?? record.event.status
        if (!reached || (status !== 404 && status !== 403 && status !== 410)) {
          absent.touch(actor, timeMs)
          operations.touch(operation, timeMs)
          return
        }
        const missed = absent.add(actor, timeMs, key)
        if (missed !== null) report(actor, missed, timeMs, ' that are not there or not its own')
        const spread = operations.add(operation, actor, { timeMs, amount: 1 })
        if (spread === null || spread.by.length < spreadMin || (spread.by[0]?.[1] ?? 0) > spread.sum / 2) return
        const length = lengthOf(spread.scale.windowMs)
        host.report({
          code: 'spread-enumeration',
          ...byMany(spread, timeMs),
          operations: [operation],
          evidence: [
            `${count(spread.sum, 'call')} of ${operation} for what is not there within ${length}`,
            `from ${count(spread.by.length, 'caller')}`,
            `usually ${figure(spread.usual)}`,
          ],
          normal: `${figure(spread.usual)} within ${length}`,
          explanation: `${count(spread.by.length, 'caller')} (${named(spread.by.map(([one]) => one.name))}) together asked ${operation} ${count(spread.sum, 'time')} for objects that are not there, within ${length}; usually it is about ${figure(spread.usual)}.`,
          events: [record.event.id],
        })
      },
    }
  },
}
