// Hot path: once per event.
import type { Metric } from '../../baselines/baseline.ts'
import type { Moment } from '../../detection/moment.ts'
import { figure } from '../../detection/words.ts'
import { FieldProfile, type FieldValue, fieldJudgement } from '../../profiles/field-profile.ts'
import { ObservedOperations } from '../../profiles/observed-operations.ts'
import { fieldValueOf, type ObservedValue, valuesOfShape } from '../../profiles/observed-values.ts'
import type { OperationProfile } from '../../profiles/operation-profile.ts'
import type { Detector } from '../detector.ts'
import { type NoSettings, noSettings } from '../no-settings.ts'

const formMetric: Metric = { name: 'form', unit: 'bits of surprise at a value', floor: 14 }
const rangeMetric: Metric = { name: 'range', unit: 'deviations from the usual length or number', floor: 8 }
const axes = [
  ['odd-value', 'form', formMetric],
  ['odd-size', 'range', rangeMetric],
] as const
/** Calls before what an operation itself has seen says anything. */
const fewCalls = 20

const noValues: readonly ObservedValue[] = []

type Place = 'query' | 'body'

/** The strangest value of a call; put in words only when it is told. */
interface Strangest {
  bits: number
  value: ObservedValue | null
  place: Place
  /** What its parameter usually holds; null: it is new. */
  own: FieldProfile | null
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

    const form: Strangest = { bits: 0, value: null, place: 'query', own: null }
    const range: Strangest = { bits: 0, value: null, place: 'query', own: null }

    function judge(profile: OperationProfile, place: Place, observed: ObservedValue): FieldValue | null {
      const { shape } = observed
      // What was left empty carries nothing: people forget a field, and what else is missing is the schema's business.
      if (shape.kind === 'string' && shape.length === 0) return null
      const value = fieldValueOf(shape, place === 'query')
      const own = profile.field(place, observed.name) ?? null
      ;(own ?? none).judge(value, all, all, judged)
      const bits = judged.text.bits + (own === null ? 0 : Math.max(judged.kind, judged.member))
      if (bits > form.bits) note(form, bits, observed, { place, own })
      if (own !== null && judged.range > range.bits) note(range, judged.range, observed, { place, own })
      return value
    }

    function note(one: Strangest, bits: number, value: ObservedValue, at: Pick<Strangest, 'place' | 'own'>): void {
      one.bits = bits
      one.value = value
      one.place = at.place
      one.own = at.own
    }

    function learn(profile: OperationProfile, place: Place, name: string, value: FieldValue): void {
      profile.fieldToLearn(place, name, operations.room)?.learn(value)
      all.learn(value)
    }

    function wordsOf(one: Strangest): { readonly name: string; readonly what: string } {
      const { kind = '', form: built, length } = one.value?.shape ?? {}
      const usual = one.own === null ? 'it is new' : `usual is ${one.own.usual}`
      const what =
        one === form
          ? `${kind}${built === undefined ? '' : ` of the form “${built}”`}`
          : `${kind} of ${length ?? 'another'} size`
      return { name: `${one.value?.name} (${one.place})`, what: `${what}, ${usual}` }
    }

    function report(code: string, moment: Moment, one: Strangest, metric: Metric, threshold: number): void {
      const { actor, timeMs, operation, record, address } = moment
      const { bits } = one
      const { name, what } = wordsOf(one)
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
        const { query } = observation
        const sent = observation.request?.shape ?? null
        const body = sent === null ? noValues : valuesOfShape(sent)
        const count = query.length + body.length
        if (count === 0) return
        const known = operations.get(operation)
        let abnormal = false
        // The one value of a call is not read twice.
        let only: FieldValue | null = null
        if (known !== undefined && known.count >= fewCalls) {
          form.bits = range.bits = 0
          for (const one of query) only = judge(known, 'query', one)
          for (const one of body) only = judge(known, 'body', one)
          for (const [code, one, metric] of axes) {
            const strangest = one === 'form' ? form : range
            const baseline = host.baseline(metric)
            const { threshold, abnormal: odd } = baseline.judge(strangest.bits, timeMs)
            if (odd) {
              abnormal = true
              report(code, moment, strangest, metric, threshold)
            } else if (learnable) baseline.learn(strangest.bits, timeMs)
          }
          form.value = form.own = range.value = range.own = null
        }
        if (abnormal || !learnable) return
        const profile = operations.toLearn(operation)
        if (profile === undefined) return
        profile.count++
        if (count > 1) only = null
        for (const one of query) learn(profile, 'query', one.name, only ?? fieldValueOf(one.shape, true))
        for (const one of body) learn(profile, 'body', one.name, only ?? fieldValueOf(one.shape, false))
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
