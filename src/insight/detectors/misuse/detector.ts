// Hot path: once per event.
import { byActor } from '../../detection/exceeded.ts'
import { sketchHash } from '../../../lib/hyper-log-log.ts'
import { ActorRates, type Exceeded, lengthOf, type Scale } from '../../detection/actor-rates.ts'
import { createEscalation } from '../../detection/escalation.ts'
import { isMachine } from '../../detection/machines.ts'
import type { Moment } from '../../detection/moment.ts'
import { count, figure } from '../../detection/words.ts'
import type { Detector } from '../detector.ts'
import { type NoSettings, noSettings } from '../no-settings.ts'

const pages: readonly Scale[] = [
  {
    windowMs: 600_000,
    metric: { name: 'pages-10m', unit: 'above its habit (√different pages in 10 minutes)', floor: 4, elastic: true },
  },
  {
    windowMs: 21_600_000,
    metric: { name: 'pages-6h', unit: 'above its habit (√different pages in 6 hours)', floor: 5, elastic: true },
  },
]
const bytes: readonly Scale[] = [
  {
    windowMs: 3_600_000,
    metric: { name: 'kilobytes-1h', unit: 'above its habit (√kB received in an hour)', floor: 15, elastic: true },
  },
]
const places: readonly Scale[] = [
  { windowMs: 3_600_000, metric: { name: 'addresses-1h', unit: 'above its habit (√addresses in an hour)', floor: 1 } },
  { windowMs: 86_400_000, metric: { name: 'addresses-1d', unit: 'above its habit (√addresses in a day)', floor: 1.2 } },
]
const plan: readonly Scale[] = [
  { windowMs: 3_600_000, metric: { name: 'surprise-1h', unit: 'nats of surprise in an hour', floor: 5 } },
  { windowMs: 86_400_000, metric: { name: 'surprise-1d', unit: 'nats of surprise in a day', floor: 8 } },
]

/** Everything is allowed, and nothing is what it was allowed for. */
export const misuse: Detector<NoSettings> = {
  name: 'misuse',
  schema: noSettings,
  defaults: {},
  findings: {
    'bulk-export': {
      title: 'a caller takes page after page',
      severity: 'high',
      references: ['API6:2023', 'API4:2023', 'T1530'],
    },
    'shared-credential': {
      title: 'one credential is used from many places',
      severity: 'high',
      references: ['API2:2023', 'T1078'],
    },
    'outside-plan': {
      title: 'a program uses what it was not made for',
      severity: 'medium',
      references: ['API6:2023', 'API5:2023', 'T1078'],
    },
  },
  create(_, host) {
    const turned = new ActorRates(host, { scales: pages, distinct: true, own: true })
    const received = new ActorRates(host, { scales: bytes, own: true })
    const seenAt = new ActorRates(host, { scales: places, distinct: true, own: true })
    const outside = createEscalation(host, {
      code: 'outside-plan',
      scales: plan,
      concerns: ({ actor }) => actor.method !== 'mtls' && isMachine(actor.method),
      ease: 1,
      explain: (who, operations) => `${who} called ${operations}, which it never did before.`,
    })

    function report(code: string, { actor, timeMs }: Moment, much: Exceeded, what: string): void {
      const length = lengthOf(much.scale.windowMs)
      host.report({
        code,
        ...byActor(actor, much, timeMs),
        evidence: [`${what} within ${length}`, `allowed ${figure(much.threshold)} ${much.scale.metric.unit}`],
        normal: much.baseline.describe(),
        explanation: `${actor.name}: ${what} within ${length}; ${much.baseline.describe()}.`,
      })
    }

    return {
      ...outside,
      take(moment) {
        outside.take?.(moment)
        const { actor, operation, timeMs, record, answered, addressHash, refused } = moment
        if (actor.kind !== 'address' && !refused) {
          const many = seenAt.add(actor, timeMs, addressHash)
          if (many !== null)
            report('shared-credential', moment, many, `called from ${count(many.count, 'address', 'addresses')}`)
        }
        if (!answered || operation === null) return
        const { event, observation } = record
        if (observation !== null && observation.query.length > 0 && event.method === 'GET') {
          let text = operation
          for (const { name, shape } of observation.query) text += ` ${name}=${shape.value ?? shape.hash ?? ''}`
          const much = turned.add(actor, timeMs, sketchHash(text))
          if (much !== null) report('bulk-export', moment, much, `read ${count(much.count, 'different page')}`)
        }
        const much = received.add(actor, timeMs, event.responseBytes / 1000)
        if (much !== null) report('bulk-export', moment, much, `received ${figure(much.count)} kB`)
      },
    }
  },
}
