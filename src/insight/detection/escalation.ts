// Hot path: once per event and detector.
import type { Anomaly, DetectorAtWork, DetectorHost } from '../detectors/detector.ts'
import { ActorRates, type Exceeded, lengthOf, type Scale } from './actor-rates.ts'
import type { Moment } from './moment.ts'
import { Newcomers } from './newcomers.ts'
import { latestOf } from './trail.ts'
import { count, named } from './words.ts'

const HOUR_MS = 3_600_000

interface Lately {
  /** When each operation was counted last, by operation. */
  readonly counted: Map<string, number>
}

/** What may be a word of a path rather than a value in it. */
const word = /^[A-Za-z][A-Za-z_.-]{0,39}$/
/** Operations that are remembered per actor, so that one counts once an hour. */
const countedMax = 64

export interface EscalationOptions {
  readonly code: string
  readonly scales: readonly Scale[]
  /** Whose calls are looked at. */
  readonly concerns: (moment: Moment) => boolean
  /** Surprise that is no surprise, nats per operation. Nothing is taken off for a call that was forbidden: that it is not his is then no guess. */
  readonly ease: number
  /** `explain(who, operations)`: the sentence. */
  readonly explain: (who: string, operations: string, much: Exceeded) => string
}

/** Callers that use what they never used and their like do not use: the surprises of different operations add up over a window. */
export function createEscalation(host: DetectorHost, options: EscalationOptions): DetectorAtWork {
  const newcomers = new Newcomers(host)
  const rates = new ActorRates(host, { scales: options.scales })
  const slot = host.slot<Lately>(() => ({ counted: new Map() }))

  return {
    take(moment) {
      if (!options.concerns(moment)) return
      const { actor, timeMs, operation, learnable, record } = moment
      const { event } = record
      const used = operation ?? unnamed(moment)
      if (used === null) return
      const ease = event.status === 403 ? 0 : options.ease
      const surprise = newcomers.surprise(actor, used, { timeMs, learn: learnable }) - ease
      if (surprise <= 0) {
        rates.touch(actor, timeMs)
        return
      }
      const { counted } = slot.of(actor)
      const before = counted.get(used)
      // Once in an hour of the clock it counts, as windows go; while it is too much it is told again, since it may come from elsewhere now.
      const again = before !== undefined && Math.floor(before / HOUR_MS) === Math.floor(timeMs / HOUR_MS)
      if (!again) {
        if (counted.size >= countedMax) counted.delete(counted.keys().next().value as string)
        counted.set(used, timeMs)
      }
      const much = rates.add(actor, timeMs, again ? 0 : surprise)
      if (much === null) return
      const operations = [...counted].filter(([, at]) => at >= much.firstMs).map(([name]) => name)
      const told = latestOf(actor, much.firstMs)
      const { calls, callers } = newcomers.calls(used)
      const anomaly: Anomaly = {
        code: options.code,
        actor,
        addresses: told.addresses,
        events: told.events,
        operations: operations.toReversed(),
        firstMs: much.firstMs,
        lastMs: timeMs,
        deviation: much.value,
        threshold: much.threshold,
        evidence: [
          `${count(operations.length, 'operation')} that it never used, within ${lengthOf(much.scale.windowMs)}`,
          `${used}: ${count(calls, 'call')} lately, by ${count(callers, 'other caller')}`,
          `answered ${event.status}`,
        ],
        normal: much.baseline.describe(),
        explanation: options.explain(actor.name, named(operations.toReversed()), much),
      }
      host.report(anomaly)
    },
    changes: () => newcomers.changes(),
    restore: rows => newcomers.restore(rows),
  }
}

/** An operation without a name yet: one that answered, or a method that is not there on a path that is. Values in the path are left out. */
function unnamed({ record, service, answered, reached }: Moment): string | null {
  const { event } = record
  if (!answered && (!reached || event.method === 'GET' || event.method === 'HEAD')) return null
  const parts = event.path.split('/').slice(1, 12)
  const shown = parts.map(part => (word.test(part) ? part : '{}'))
  return `${service} ${event.method} /${shown.join('/')}`
}
