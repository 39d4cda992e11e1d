// Hot path: once per event.
import { byActor, byMany } from '../../detection/exceeded.ts'
import { ActorRates, type Exceeded, lengthOf, type Scale } from '../../detection/actor-rates.ts'
import { GroupRates } from '../../detection/group-rates.ts'
import type { Moment } from '../../detection/moment.ts'
import { count, figure, named } from '../../detection/words.ts'
import type { Detector } from '../detector.ts'
import { type NoSettings, noSettings } from '../no-settings.ts'

const calls: readonly Scale[] = [
  {
    windowMs: 10_000,
    metric: { name: 'actor-10s', unit: 'above its habit (√calls in 10 seconds)', floor: 4, elastic: true },
  },
]
const work: readonly Scale[] = [
  {
    windowMs: 60_000,
    metric: {
      name: 'actor-work-1m',
      unit: 'above its habit (√seconds of service time in a minute)',
      floor: 3.5,
      elastic: true,
    },
  },
  {
    windowMs: 600_000,
    metric: {
      name: 'actor-work-10m',
      unit: 'above its habit (√seconds of service time in 10 minutes)',
      floor: 5,
      elastic: true,
    },
  },
]
const waits: readonly Scale[] = [
  {
    windowMs: 60_000,
    metric: {
      name: 'actor-wait-1m',
      unit: 'above its habit (√seconds of open connections in a minute)',
      floor: 5,
      elastic: true,
    },
  },
  {
    windowMs: 600_000,
    metric: {
      name: 'actor-wait-10m',
      unit: 'above its habit (√seconds of open connections in 10 minutes)',
      floor: 8,
      elastic: true,
    },
  },
]
const ofOperation: readonly Scale[] = [
  {
    windowMs: 10_000,
    metric: { name: 'operation-10s', unit: 'above its habit (√calls in 10 seconds)', floor: 5, elastic: true },
  },
]

/** So many, so dear or so slow calls that a service has no time for others. */
export const denialOfService: Detector<NoSettings> = {
  name: 'denial-of-service',
  schema: noSettings,
  defaults: {},
  findings: {
    flood: {
      title: 'a flood of calls',
      severity: 'high',
      references: ['API4:2023', 'T1499.002'],
    },
    'expensive-calls': {
      title: 'calls that keep a service busy',
      severity: 'high',
      references: ['API4:2023', 'T1499.003'],
    },
    'slow-calls': {
      title: 'calls that keep connections open',
      severity: 'high',
      references: ['API4:2023', 'T1499.001'],
    },
  },
  create(_, host) {
    const counted = new ActorRates(host, { scales: calls, own: true })
    const worked = new ActorRates(host, { scales: work, own: true })
    const waited = new ActorRates(host, { scales: waits, own: true })
    const operations = new GroupRates(host, { scales: ofOperation, own: true })

    function ofActor(code: string, moment: Moment, much: Exceeded, what: string): void {
      const { actor, timeMs } = moment
      const length = lengthOf(much.scale.windowMs)
      host.report({
        code,
        ...byActor(actor, much, timeMs),
        evidence: [`${what} within ${length}`, `allowed ${figure(much.threshold)} ${much.scale.metric.unit}`],
        normal: much.baseline.describe(),
        explanation: `${actor.name} caused ${what} within ${length}: ${much.baseline.describe()}.`,
      })
    }

    return {
      take(moment) {
        const { actor, record, timeMs, operation, reached } = moment
        const { event } = record
        const many = counted.add(actor, timeMs, 1)
        if (many !== null) ofActor('flood', moment, many, count(many.count, 'call'))
        if (operation !== null) {
          const busy = operations.add(operation, actor, { timeMs, amount: 1 })
          if (busy !== null)
            host.report({
              code: 'flood',
              ...byMany(busy, timeMs),
              operations: [operation],
              evidence: [
                `${count(busy.sum, 'call')} of ${operation} within 10 seconds`,
                `from ${count(busy.by.length, 'caller')}`,
              ],
              normal: busy.baseline.describe(),
              explanation: `${operation} was called ${count(busy.sum, 'time')} within 10 seconds, most of it by ${named(busy.responsible.map(one => one.name))}; usually it is about ${figure(busy.usual)}.`,
              events: [event.id],
            })
        }
        if (!reached || event.upstreamMs === null) return
        const dear = worked.add(actor, timeMs, event.upstreamMs / 1000)
        if (dear !== null)
          ofActor(
            'expensive-calls',
            moment,
            dear,
            `${figure(dear.count)} seconds of work in ${event.service ?? event.host}`,
          )
        const slow = waited.add(actor, timeMs, Math.max(0, event.durationMs - event.upstreamMs) / 1000)
        if (slow !== null)
          ofActor('slow-calls', moment, slow, `${figure(slow.count)} seconds of waiting for the client`)
      },
    }
  },
}
