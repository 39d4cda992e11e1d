// Hot path: once per event.
import { sketchHash } from '../../../lib/hyper-log-log.ts'
import type { Metric } from '../../baselines/baseline.ts'
import { ActorRates, type Exceeded, lengthOf, type Scale } from '../../detection/actor-rates.ts'
import type { Moment } from '../../detection/moment.ts'
import { latestOf } from '../../detection/trail.ts'
import { count, figure, named } from '../../detection/words.ts'
import { ObservedOperations } from '../../profiles/observed-operations.ts'
import { namesOfShape } from '../../profiles/observed-values.ts'
import type { Detector } from '../detector.ts'
import { type NoSettings, noSettings } from '../no-settings.ts'

const metric: Metric = { name: 'members', unit: 'bits of surprise at members of a body', floor: 4 }
/** Bodies of an operation before a new name in one says anything. */
const fewBodies = 20
const notKnown = { threshold: metric.floor, abnormal: false } as const
const refusals: readonly Scale[] = [
  {
    windowMs: 3_600_000,
    metric: {
      name: 'refused-members-1h',
      unit: 'different members that nobody sets and that were refused, in an hour',
      floor: 1,
    },
  },
]

/** Members of a body that nobody sends, and that the service takes: properties that are not the caller's to set (OWASP API3:2023). */
export const massAssignment: Detector<NoSettings> = {
  name: 'mass-assignment',
  schema: noSettings,
  defaults: {},
  findings: {
    'new-member': {
      title: 'a body sets members that nobody sets, and was taken',
      severity: 'high',
      references: ['API3:2023', 'T1565.001'],
    },
    'refused-members': {
      title: 'one caller tries members that nobody sets, and is refused',
      severity: 'medium',
      references: ['API3:2023', 'T1595'],
    },
  },
  create(_, host) {
    const operations = new ObservedOperations()
    const refused = new ActorRates(host, { scales: refusals, distinct: true })

    /** One is a slip of a program; who tries several looks for one that is taken. */
    function lookAtRefused({ record, operation, timeMs, actor }: Moment, unknown: readonly string[]): void {
      const { status, id } = record.event
      if (unknown.length === 0 || (status !== 400 && status !== 422)) {
        refused.touch(actor, timeMs)
        return
      }
      let much: Exceeded | null = null
      for (const name of unknown) much = refused.add(actor, timeMs, sketchHash(`${operation} ${name}`)) ?? much
      if (much === null) return
      const told = latestOf(actor, much.firstMs)
      host.report({
        code: 'refused-members',
        actor,
        addresses: told.addresses,
        operations: [operation as string],
        firstMs: much.firstMs,
        lastMs: timeMs,
        deviation: much.value,
        threshold: much.threshold,
        evidence: [
          `${count(much.count, 'different member')} within ${lengthOf(much.scale.windowMs)}`,
          `the latest: ${named(unknown)}`,
        ],
        normal: much.baseline.describe(),
        explanation: `${actor.name} tried ${count(much.count, 'member')} that nobody sets in bodies of ${operation} and others, within ${lengthOf(much.scale.windowMs)}, and was refused; the latest: ${named(unknown)}.`,
        events: [id],
      })
    }

    return {
      take(moment) {
        const { record, operation, timeMs, learnable, answered, actor, address } = moment
        const request = record.observation?.request ?? null
        if (operation === null || request === null || request.shape === null) return
        const names = namesOfShape(request.shape)
        if (names.length === 0) return
        const known = operations.get(operation)
        const judged = known?.names.body.judge(names, false) ?? { unknown: [], bits: 0 }
        // What a document declares, or the quarantine has let, is new to us and no surprise.
        const unknown = judged.unknown.filter(
          name => host.quarantine.standing(`mass-assignment ${operation} ${name}`) !== 'known',
        )
        const bits = unknown.length === 0 ? 0 : (judged.bits * unknown.length) / judged.unknown.length
        const knows = known !== undefined && known.names.body.count >= fewBodies
        lookAtRefused(moment, knows ? unknown : [])
        if (!answered) return
        const baseline = host.baseline(metric)
        const { threshold, abnormal } = knows ? baseline.judge(bits, timeMs) : notKnown
        if (abnormal && known !== undefined)
          host.report({
            code: 'new-member',
            actor,
            addresses: [address],
            operations: [operation],
            firstMs: timeMs,
            lastMs: timeMs,
            deviation: bits,
            threshold,
            evidence: [`new members: ${named(unknown)}`, `${figure(known.names.body.count)} calls without them`],
            normal: baseline.describe(),
            explanation: `${actor.name} set ${named(unknown)} in a body of ${operation}, which nobody did in ${figure(known.names.body.count)} calls, and it was answered ${record.event.status}.`,
            events: [record.event.id],
          })
        if (!learnable) return
        // What surprises while nothing is known would widen what is normal later.
        if (knows && !abnormal) baseline.learn(bits, timeMs)
        const fresh = new Set(judged.unknown)
        // New names wait until several callers have shown them for a while; before anything is known there is nothing to poison.
        const taken = !knows
          ? names
          : names.filter(
              name =>
                !fresh.has(name) ||
                host.quarantine.see(`mass-assignment ${operation} ${name}`, actor.name, timeMs) === 'known',
            )
        operations.toLearn(operation)?.names.body.learn(taken)
      },
      changes: () => operations.changes(),
      restore: rows => operations.restore(rows),
    }
  },
}
