// Hot path: once per event.
import { byActor, byMany } from '../../detection/exceeded.ts'
import { ActorRates, lengthOf, type Scale } from '../../detection/actor-rates.ts'
import { GroupRates } from '../../detection/group-rates.ts'
import { count, figure, named } from '../../detection/words.ts'
import type { Detector } from '../detector.ts'
import { type NoSettings, noSettings } from '../no-settings.ts'

const ofActor: readonly Scale[] = [
  {
    windowMs: 600_000,
    metric: { name: 'actor-10m', unit: 'above its habit (√calls in 10 minutes)', floor: 4.5, elastic: true },
  },
  {
    windowMs: 3_600_000,
    metric: { name: 'actor-1h', unit: 'above its habit (√calls in an hour)', floor: 5, elastic: true },
  },
]
/** What a workload calls in a day is what its callers ask of it. */
const inDays: readonly Scale[] = [
  {
    windowMs: 86_400_000,
    metric: { name: 'actor-1d', unit: 'above its habit (√calls in a day)', floor: 8, elastic: true },
  },
]
const ofOperation: readonly Scale[] = [
  {
    windowMs: 600_000,
    metric: { name: 'operation-10m', unit: 'above its habit (√calls in 10 minutes)', floor: 5, elastic: true },
  },
  {
    windowMs: 3_600_000,
    metric: { name: 'operation-1h', unit: 'above its habit (√calls in an hour)', floor: 6, elastic: true },
  },
]

/** Too many calls of one caller, or for one operation, though nothing is wrong with a single one. */
export const volume: Detector<NoSettings> = {
  name: 'volume',
  schema: noSettings,
  defaults: {},
  findings: {
    'actor-volume': {
      title: 'far more calls than this caller makes',
      severity: 'medium',
      references: ['API4:2023', 'API6:2023', 'T1119'],
    },
    'operation-volume': {
      title: 'far more calls of this operation than usual',
      severity: 'medium',
      references: ['API4:2023', 'API6:2023', 'T1499.003'],
    },
  },
  create(_, host) {
    const actors = new ActorRates(host, { scales: ofActor, own: true })
    const days = new ActorRates(host, { scales: inDays, own: true })
    const operations = new GroupRates(host, { scales: ofOperation, own: true })
    return {
      take({ actor, timeMs, operation, refused, record }) {
        const soon = actors.add(actor, timeMs, 1)
        const daily = actor.method === 'mtls' ? null : days.add(actor, timeMs, 1)
        const much = soon ?? daily
        if (much !== null) {
          const usual = (soon === null ? days : actors).usual(actor, much.scale)
          host.report({
            code: 'actor-volume',
            ...byActor(actor, much, timeMs),
            evidence: [
              `${count(much.count, 'call')} within ${lengthOf(much.scale.windowMs)}`,
              `usually ${figure(usual)}`,
            ],
            normal: `${figure(usual)} calls within ${lengthOf(much.scale.windowMs)}, when it calls at all`,
            explanation: `${actor.name} made ${count(much.count, 'call')} within ${lengthOf(much.scale.windowMs)}; it usually makes about ${figure(usual)}.`,
          })
        }
        if (operation === null || refused) return
        const busy = operations.add(operation, actor, { timeMs, amount: 1 })
        if (busy === null) return
        host.report({
          code: 'operation-volume',
          ...byMany(busy, timeMs),
          operations: [operation],
          evidence: [
            `${count(busy.sum, 'call')} of ${operation} within ${lengthOf(busy.scale.windowMs)}`,
            `usually ${figure(busy.usual)}`,
            `from ${count(busy.by.length, 'caller')}`,
          ],
          normal: `${figure(busy.usual)} calls within ${lengthOf(busy.scale.windowMs)}`,
          explanation: `${operation} was called ${count(busy.sum, 'time')} within ${lengthOf(busy.scale.windowMs)}, most of it by ${named(busy.responsible.map(one => one.name))}; usually it is about ${figure(busy.usual)}.`,
          events: [record.event.id],
        })
      },
    }
  },
}
