// Hot path: once per event.
import type { Baseline, Metric } from '../../baselines/baseline.ts'
import type { Moment } from '../../detection/moment.ts'
import { figure, named } from '../../detection/words.ts'
import { createNameHints } from '../../observe/field-name.ts'
import { ObservedOperations } from '../../profiles/observed-operations.ts'
import { namesOfShape } from '../../profiles/observed-values.ts'
import type { Detector } from '../detector.ts'
import { type NoSettings, noSettings } from '../no-settings.ts'
import { FreshMembers } from './fresh-members.ts'

const membersMetric: Metric = { name: 'members', unit: 'bits of surprise at members and signs of an answer', floor: 4 }
const sizeMetric: Metric = { name: 'size', unit: 'deviations above the usual size of an answer', floor: 8 }
const fewCalls = 20
const signsOf = 'signs of '

/** Answers that hold what they never held, or far more of it: schema drift, leaks, exfiltration by size. */
export const responseDrift: Detector<NoSettings> = {
  name: 'response-drift',
  schema: noSettings,
  defaults: {},
  findings: {
    drift: {
      title: 'an answer has members or signs that it never had',
      severity: 'medium',
      references: ['API3:2023', 'API8:2023', 'T1530'],
    },
    'large-answer': {
      title: 'an answer is far larger than ever',
      severity: 'high',
      references: ['API4:2023', 'API6:2023', 'T1048'],
    },
  },
  create(_, host) {
    const operations = new ObservedOperations()
    const freshMembers = new FreshMembers()
    const hintOf = createNameHints()

    /** Signs, secrets and personal data are told when they come once; other members only when they come to one caller. */
    function dangerous(name: string): boolean {
      if (name.startsWith(signsOf)) return true
      return hintOf(name.slice(name.lastIndexOf('.') + 1).replaceAll('[]', '')).class !== null
    }

    function report(
      code: string,
      { actor, address, timeMs, operation, record }: Moment,
      {
        bits,
        threshold,
        baseline,
        said,
        member,
      }: { bits: number; threshold: number; baseline: Baseline; said: string; member?: string },
    ): void {
      host.report({
        code,
        // New members are a matter of the operation: one anomaly, whoever is answered.
        ...(member === undefined
          ? { actor }
          : {
              actor: null,
              about: `${operation} ${member}`,
              principals: actor.kind === 'principal' ? [actor.name] : [],
            }),
        addresses: [address],
        operations: [operation ?? ''],
        firstMs: timeMs,
        lastMs: timeMs,
        deviation: bits,
        threshold,
        evidence: [said, `status ${record.event.status}, ${figure(record.event.responseBytes)} bytes`],
        normal: baseline.describe(),
        explanation: `${operation} answered ${actor.name} otherwise than ever: ${said}.`,
        events: [record.event.id],
      })
    }

    return {
      take(moment) {
        const { record, operation, timeMs, learnable, answered, reached, actor } = moment
        if (operation === null || !reached) return
        const response = record.observation?.response ?? null
        const known = operations.get(operation)
        const names = [
          ...(answered ? namesOfShape(response?.shape ?? null) : []),
          ...(response?.marks ?? []).map(mark => `${signsOf}${mark.replaceAll('-', ' ')}`),
        ]
        let abnormal = false
        const { unknown, bits } = known?.names.response.judge(names, false) ?? { unknown: [], bits: 0 }
        const members = host.baseline(membersMetric)
        if (known !== undefined && known.names.response.count >= fewCalls) {
          const judged = members.judge(bits, timeMs)
          abnormal = judged.abnormal
          const lone =
            answered && names.length > 0
              ? freshMembers.note(operation, { names, unknown, caller: actor.name, timeMs })
              : []
          const told = abnormal ? unknown.filter(name => dangerous(name) || lone.includes(name)) : []
          const [member] = told
          if (member !== undefined)
            report('drift', moment, {
              bits,
              threshold: judged.threshold,
              baseline: members,
              member,
              said: `${named(told)} never came in ${figure(known.names.response.count)} answers`,
            })
          else if (learnable && !abnormal) members.learn(bits, timeMs)
        }
        const size = known?.figures.get('size')
        const length = Math.log1p(record.event.responseBytes)
        if (answered && size !== undefined && size.count >= fewCalls) {
          const sizes = host.baseline(sizeMetric)
          const above = length <= size.mean ? 0 : size.distance(length, null, 0.2)
          const judged = sizes.judge(above, timeMs)
          if (judged.abnormal) {
            abnormal = true
            report('large-answer', moment, {
              bits: above,
              threshold: judged.threshold,
              baseline: sizes,
              said: `${figure(record.event.responseBytes)} bytes, usual are about ${figure(Math.expm1(size.mean))}`,
            })
          } else if (learnable) sizes.learn(above, timeMs)
        }
        if (!learnable) return
        const fresh = new Set(unknown)
        const settled = known !== undefined && known.names.response.count >= fewCalls
        const taken = names.filter(
          name =>
            !settled ||
            !fresh.has(name) ||
            host.quarantine.see(`response-drift ${operation} ${name}`, actor.name, timeMs) === 'known',
        )
        const profile = operations.toLearn(operation)
        if (profile === undefined) return
        profile.names.response.learn(taken)
        if (answered && !abnormal) profile.figure('size').add(length)
      },
      changes: () => operations.changes(),
      restore: rows => operations.restore(rows),
    }
  },
}
