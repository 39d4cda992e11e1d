// Hot path: once per event.
import type { Metric } from '../../baselines/baseline.ts'
import { figure, named } from '../../detection/words.ts'
import { ObservedOperations } from '../../profiles/observed-operations.ts'
import { namesOfShape } from '../../profiles/observed-values.ts'
import type { Detector } from '../detector.ts'
import { type NoSettings, noSettings } from '../no-settings.ts'

const metric: Metric = { name: 'members', unit: 'bits of surprise at members of a body', floor: 4 }

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
  },
  create(_, host) {
    const operations = new ObservedOperations()
    return {
      take({ record, operation, timeMs, learnable, answered, actor, address }) {
        const request = record.observation?.request ?? null
        if (operation === null || request === null || request.shape === null || !answered) return
        const names = namesOfShape(request.shape)
        if (names.length === 0) return
        const known = operations.get(operation)
        const { unknown, bits } = known?.names.body.judge(names, false) ?? { unknown: [], bits: 0 }
        const baseline = host.baseline(metric)
        const { threshold, abnormal } = baseline.judge(bits, timeMs)
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
        if (!abnormal) baseline.learn(bits, timeMs)
        const fresh = new Set(unknown)
        // New names wait until several callers have shown them for a while; before anything is known there is nothing to poison.
        const taken =
          known === undefined || known.names.body.count < 20
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
