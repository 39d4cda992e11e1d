// Hot path: once per event.
import type { Metric } from '../../baselines/baseline.ts'
import type { Moment } from '../../detection/moment.ts'
import { figure } from '../../detection/words.ts'
import { FieldProfile, fieldJudgement } from '../../profiles/field-profile.ts'
import { ObservedOperations } from '../../profiles/observed-operations.ts'
import { fieldValueOf, type ObservedValue, valuesOfShape } from '../../profiles/observed-values.ts'
import type { OperationProfile } from '../../profiles/operation-profile.ts'
import type { Detector } from '../detector.ts'
import { type NoSettings, noSettings } from '../no-settings.ts'

const formMetric: Metric = { name: 'form', unit: 'bits of surprise at a value', floor: 14 }
const rangeMetric: Metric = { name: 'range', unit: 'deviations from the usual length or number', floor: 8 }
/** Calls before what an operation itself has seen says anything. */
const fewCalls = 20

type Place = 'query' | 'body'

interface Strangest {
  readonly name: string
  readonly bits: number
  readonly what: string
}

/** Values that are built, typed or sized otherwise than ever: injection, tampering, overlong input. */
export const parameters: Detector<NoSettings> = {
  name: 'parameters',
  schema: noSettings,
  defaults: {},
  findings: {
    'odd-value': {
      title: 'a parameter is built or typed otherwise than ever',
      severity: 'medium',
      references: ['API8:2023', 'API10:2023', 'T1190'],
    },
    'odd-size': {
      title: 'a parameter is far longer or larger than ever',
      severity: 'low',
      references: ['API4:2023', 'T1190'],
    },
  },
  create(_, host) {
    const operations = new ObservedOperations()
    /** All values of all operations: what stands behind a parameter of few calls. */
    const all = new FieldProfile()
    const none = new FieldProfile()
    const judged = fieldJudgement()

    function strangest(profile: OperationProfile, places: ReadonlyArray<readonly [Place, readonly ObservedValue[]]>) {
      let form: Strangest = { name: '', bits: 0, what: '' }
      let range: Strangest = { name: '', bits: 0, what: '' }
      for (const [place, values] of places) {
        for (const { name, shape } of values) {
          // What was left empty carries nothing: people forget a field, and what else is missing is the schema's business.
          if (shape.kind === 'string' && shape.length === 0) continue
          const own = profile.field(place, name)
          ;(own ?? none).judge(fieldValueOf(shape, place === 'query'), all, all, judged)
          const bits = judged.text.bits + (own === undefined ? 0 : Math.max(judged.kind, judged.member))
          const usual = own === undefined ? 'it is new' : `usual is ${own.usual}`
          if (bits > form.bits)
            form = {
              name: `${name} (${place})`,
              bits,
              what: `${shape.kind}${shape.form === undefined ? '' : ` of the form “${shape.form}”`}, ${usual}`,
            }
          if (own !== undefined && judged.range > range.bits)
            range = {
              name: `${name} (${place})`,
              bits: judged.range,
              what: `${shape.kind} of ${shape.length ?? 'another'} size, ${usual}`,
            }
        }
      }
      return { form, range }
    }

    function report(
      code: string,
      moment: Moment,
      { name, bits, what }: Strangest,
      metric: Metric,
      threshold: number,
    ): void {
      const { actor, timeMs, operation, record, address } = moment
      host.report({
        code,
        actor,
        addresses: [address],
        operations: [operation ?? ''],
        firstMs: timeMs,
        lastMs: timeMs,
        deviation: bits,
        threshold,
        evidence: [`\`${name}\`: ${what}`, `${figure(bits)} ${metric.unit}`],
        normal: host.baseline(metric).describe(),
        explanation: `${actor.name} sent \`${name}\` to ${operation} as never before: ${what}.`,
        events: [record.event.id],
      })
    }

    return {
      take(moment) {
        const { record, operation, timeMs, learnable } = moment
        const { observation } = record
        if (operation === null || observation === null) return
        const places = [
          ['query', observation.query],
          ['body', valuesOfShape(observation.request?.shape ?? null)],
        ] as const
        if (places.every(([, values]) => values.length === 0)) return
        const known = operations.get(operation)
        let abnormal = false
        if (known !== undefined && known.count >= fewCalls) {
          const { form, range } = strangest(known, places)
          for (const [code, one, metric] of [
            ['odd-value', form, formMetric],
            ['odd-size', range, rangeMetric],
          ] as const) {
            const baseline = host.baseline(metric)
            const { threshold, abnormal: odd } = baseline.judge(one.bits, timeMs)
            if (odd) {
              abnormal = true
              report(code, moment, one, metric, threshold)
            } else if (learnable) baseline.learn(one.bits, timeMs)
          }
        }
        if (abnormal || !learnable) return
        const profile = operations.toLearn(operation)
        if (profile === undefined) return
        profile.count++
        for (const [place, values] of places) {
          for (const { name, shape } of values) {
            const value = fieldValueOf(shape, place === 'query')
            profile.fieldToLearn(place, name, operations.room)?.learn(value)
            all.learn(value)
          }
        }
      },
      *changes() {
        yield* operations.changes()
        yield ['', JSON.stringify(all.dump())]
      },
      restore(rows) {
        const own: (readonly [string, string])[] = []
        for (const row of rows) {
          if (row[0] !== '') own.push(row)
          else
            try {
              all.merge(FieldProfile.restore(JSON.parse(row[1])))
            } catch {
              // Learnt anew.
            }
        }
        operations.restore(own)
      },
    }
  },
}
