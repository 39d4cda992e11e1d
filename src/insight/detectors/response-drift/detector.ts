// Hot path: once per event.
import type { Baseline, Judged, Metric } from '../../baselines/baseline.ts'
import type { Moment } from '../../detection/moment.ts'
import { count, figure, named } from '../../detection/words.ts'
import { createNameHints } from '../../observe/field-name.ts'
import type { Detector } from '../detector.ts'
import { type NoSettings, noSettings } from '../no-settings.ts'
import { createPartsReader, kindWords, type Part } from './answer-parts.ts'
import { AnswerStore } from './answer-store.ts'
import { type AnswerSeen, type Fresh, type OperationAnswers, signName } from './operation-answers.ts'

const membersMetric: Metric = { name: 'members', unit: 'bits of surprise at members of an answer', floor: 11 }
const sizeMetric: Metric = { name: 'size', unit: 'deviations above the usual size of an answer', floor: 5 }
const fewCalls = 20
/** A deviation of sizes that is nothing, as a logarithm. */
const leastSize = 0.3
/** What is told of an operation is told once: a release shows it to whoever calls, ms. */
const joinMs = 86_400_000

/** Answers that hold what they never held, lack what they always held, or are far larger: schema drift, leaks, exfiltration by size. */
export const responseDrift: Detector<NoSettings> = {
  name: 'response-drift',
  schema: noSettings,
  defaults: {},
  findings: {
    drift: {
      title: 'an answer has members, kinds of values or signs that it never had, or lacks what it always had',
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
    const partsOf = createPartsReader()
    const hintOf = createNameHints()
    const store = new AnswerStore(
      name => hintOf(name.slice(name.lastIndexOf('.') + 1).replaceAll('[]', '')).class !== null,
    )

    function noted(
      known: OperationAnswers,
      seen: AnswerSeen,
      { operation, actor, timeMs }: Pick<Moment, 'actor' | 'timeMs'> & { operation: string },
    ): ReturnType<OperationAnswers['note']> {
      const isNormal = (key: string): boolean => host.quarantine.standing(shapeOf(operation, key)) === 'known'
      return known.note(known.look(seen, isNormal), seen, { caller: actor.name, timeMs })
    }

    /** Gives whether it was abnormal. */
    function judgeMembers(
      { operation, actor, address, timeMs, learnable, record }: Moment & { operation: string },
      known: OperationAnswers,
      seen: AnswerSeen,
    ): boolean {
      const baseline = host.baseline(membersMetric)
      const { fresh, born } = known.isUsual(seen) ? nothingNew : noted(known, seen, { operation, actor, timeMs })
      if (fresh.length === 0) {
        if (learnable) {
          baseline.learn(0, timeMs)
          if (known.answers > 0) store.rates.answered(known.answers)
        }
        return false
      }
      let most = 0
      let judged: Judged | null = null
      const told: Fresh[] = []
      for (const one of fresh) {
        const value = store.rates.surprise(one)
        const now = baseline.judge(value, timeMs)
        if (!now.abnormal) continue
        told.push(one)
        if (value <= most) continue
        most = value
        judged = now
      }
      // Errors too: an operation that shows its stack to whoever makes it fail has a weakness, and nothing new happens.
      if (timeMs >= actor.suspectUntilMs) {
        if (learnable && baseline.judge(0, timeMs).warm) for (const kind of new Set(born)) store.rates.born(kind)
        for (const { key } of fresh) host.quarantine.see(shapeOf(operation, key), actor.name, timeMs)
      }
      const [first] = told
      if (judged === null || first === undefined) return false
      const secret = told.find(({ kind }) => kind === 'secret')
      const said = wordsOf(told, known)
      const callers = [...new Set(told.flatMap(one => one.callers))]
      const lone = callers.length === 1 && actor.kind === 'principal'
      host.report({
        code: 'drift',
        // It is a matter of the operation: one anomaly, whoever is answered. Who alone is shown something is under suspicion; of many nobody is.
        actor: null,
        about: secret === undefined ? operation : `${operation} ${secret.name}`,
        principals: lone ? callers : [],
        addresses: [address],
        operations: [operation],
        firstMs: timeMs,
        lastMs: timeMs,
        deviation: most,
        threshold: judged.threshold,
        evidence: [said, `shown to ${named(callers)}`, statusWords(record)],
        normal: baseline.describe(),
        explanation: `${operation} answered ${named(callers)} otherwise than ever: ${said}.`,
        joinMs,
        events: [record.event.id],
      })
      return true
    }

    function judgeSize(
      { operation, actor, address, timeMs, learnable, record }: Moment & { operation: string },
      known: OperationAnswers,
    ): boolean {
      const { size } = known
      if (size.count < fewCalls) return false
      const baseline: Baseline = (known.sizes ??= host.baseline(sizeMetric, operation))
      const length = Math.log1p(record.event.responseBytes)
      const above = length <= size.mean ? 0 : size.distance(length, null, leastSize)
      const { abnormal, threshold } = baseline.judge(above, timeMs)
      if (!abnormal) {
        if (learnable) baseline.learn(above, timeMs)
        return false
      }
      const said = `${figure(record.event.responseBytes)} bytes, usual are about ${figure(Math.expm1(size.mean))}`
      host.report({
        code: 'large-answer',
        actor,
        addresses: [address],
        operations: [operation],
        firstMs: timeMs,
        lastMs: timeMs,
        deviation: above,
        threshold,
        evidence: [said, statusWords(record)],
        normal: baseline.describe(),
        explanation: `${operation} answered ${actor.name} otherwise than ever: ${said}.`,
        events: [record.event.id],
      })
      return true
    }

    return {
      take(moment) {
        const { record, operation, learnable, answered, reached } = moment
        if (operation === null || !reached) return
        const response = record.observation?.response ?? null
        const seen: AnswerSeen = {
          parts: answered && response?.shape != null ? partsOf(response.shape) : noParts,
          whole: response?.partial === false,
          signs: response === null || response.marks.length === 0 ? noSigns : response.marks.map(signName),
        }
        const known = store.get(operation)
        const here = moment as Moment & { readonly operation: string }
        const isStrange = known !== undefined && judgeMembers(here, known, seen)
        const isLarge = answered && known !== undefined && judgeSize(here, known)
        if (known !== undefined) store.changed(operation, known)
        if (!learnable) return
        const profile = known ?? store.toLearn(operation)
        if (profile === undefined) return
        const isWarm = host.baseline(membersMetric).judge(0, moment.timeMs).warm
        profile.learn(seen, key => !isWarm || host.quarantine.standing(shapeOf(operation, key)) === 'known')
        if (!isStrange && !isLarge) profile.size.add(Math.log1p(record.event.responseBytes))
        store.changed(operation, profile)
      },
      lost: () => store.lost,
      changes: () => store.changes(),
      restore: rows => store.restore(rows),
    }
  },
}

const noParts: ReadonlyMap<string, Part> = new Map()
const noSigns: readonly string[] = []
const nothingNew: ReturnType<OperationAnswers['note']> = { fresh: [], born: [] }

function shapeOf(operation: string, key: string): string {
  return `response-drift ${operation} ${key}`
}

function statusWords({ event }: Moment['record']): string {
  return `status ${event.status}, ${figure(event.responseBytes)} bytes`
}

/** `a and b never came in 400 answers; c came as string, and as number in 300`. */
function wordsOf(told: readonly Fresh[], known: OperationAnswers): string {
  const clauses: string[] = []
  const members = told.filter(({ kind }) => kind === 'member' || kind === 'secret')
  const before = (one: Fresh): string => count(one.before, 'answer')
  if (members.length > 0)
    clauses.push(`${named(members.map(one => one.name))} never came in ${before(members[0] as Fresh)}`)
  const kinds = told.filter(({ kind }) => kind === 'kind')
  for (const one of kinds.slice(0, 2))
    clauses.push(
      `${one.name === '' ? 'the answer' : one.name} came as ${kindWords(one.kinds)}, and as ${kindWords(known.kindsOf(one.name))} in ${before(one)}`,
    )
  if (kinds.length > 2) clauses.push(`so did ${count(kinds.length - 2, 'other member')}`)
  const lacks = told.filter(({ kind }) => kind === 'lack')
  if (lacks.length > 0)
    clauses.push(`${named(lacks.map(one => one.name))} did not come, as it did in all of ${before(lacks[0] as Fresh)}`)
  return clauses.join('; ')
}
