// Hot path: once per learnt or judged event.
import type { Json } from '../../../../lib/canonical-json.ts'
import { sketchHash } from '../../../../lib/hyper-log-log.ts'
import type { EventRecord } from '../../../model/event-record.ts'
import { KindsSeen } from '../../../profiles/kinds-seen.ts'
import type { OperationProfile } from '../../../profiles/operation-profile.ts'
import { type Found, Operations } from '../../../profiles/operations.ts'
import type { Pace } from '../../../profiles/pace.ts'
import { judgePace, PaceProfile } from '../../../profiles/pace-profile.ts'
import { novelty, rareness, settled } from '../../../profiles/rarity.ts'
import type { ItemId } from '../../item-id.ts'
import type { Axis, Judgement, Model } from '../../model.ts'

/** An event with what its principal did before. */
export interface EventItem {
  /** As it stands in the line. */
  readonly id: ItemId
  readonly event: EventRecord
  /** Milliseconds, and bytes of the bodies; null: not known. */
  readonly figures: Readonly<Record<'duration' | 'asked' | 'answered', number | null>>
  /** Unix ms. */
  readonly timeMs: number
  /** The verified principal, else the address; null: neither is known. */
  readonly principal: string | null
  readonly before: Pace | null
}

/** What an event can differ in: bits of surprise, standard deviations for sizes, durations and paces. */
export const axes = [
  { name: 'path', scale: 4 },
  { name: 'method', scale: 4 },
  { name: 'names', scale: 4 },
  { name: 'order', scale: 4 },
  { name: 'values', scale: 4 },
  { name: 'caller', scale: 4 },
  { name: 'status', scale: 4 },
  { name: 'size', scale: 3 },
  { name: 'duration', scale: 3 },
  { name: 'hour', scale: 4 },
  { name: 'volume', scale: 3 },
  { name: 'enumeration', scale: 3 },
  { name: 'failures', scale: 3 },
] as const satisfies readonly Axis[]

type Deviation = Partial<Record<(typeof axes)[number]['name'], number>>
type Notes = { axis: string; text: string }[] | null

const principalsMax = 16_384
const noted = 6
const notedDistance = 4
const hourMs = 3_600_000

/** What a model of events has learnt. */
interface Learnt {
  readonly operations: Operations
  readonly principals: KindsSeen
  readonly pace: PaceProfile
  /** Calls by hour of the day (UTC). */
  readonly hours: number[]
}

/** A model that has learnt nothing, or what `dump` says. Throws a RangeError on what is no dump. */
export function createEventModel(dump?: unknown): Model<EventItem> {
  const learnt: Learnt =
    dump === undefined
      ? {
          operations: new Operations(),
          principals: new KindsSeen(principalsMax),
          pace: new PaceProfile(),
          hours: Array.from({ length: 24 }, () => 0),
        }
      : restored(dump)
  return {
    learn({ event, figures, principal, before, timeMs }) {
      const profile = learnt.operations.learn(event.method, event.path, event.status)
      if (principal !== null) learnt.principals.add(sketchHash(principal))
      if (principal !== null && before !== null) learnt.pace.learn(principal, timeMs, before)
      const hour = hourOf(timeMs)
      learnt.hours[hour] = (learnt.hours[hour] as number) + 1
      if (profile === null) return
      profile.count++
      profile.names.query.learn(event.query.map(({ name }) => name))
      for (const { name, type } of event.query) profile.countWord(`query ${name}`, type)
      if (principal !== null) profile.callers.add(sketchHash(principal))
      profile.countWord('status', String(event.status))
      profile.countWord('hour', String(hour))
      for (const [name, value] of logarithmsOf(figures)) profile.figure(name).add(value)
    },
    judge(item) {
      return {
        ...judge(learnt, item, null),
        explain() {
          const notes: { axis: string; text: string }[] = []
          judge(learnt, item, notes)
          return notes
        },
      }
    },
    dump() {
      const { operations, principals, pace, hours } = learnt
      return JSON.parse(
        JSON.stringify({
          operations: operations.dump(),
          principals: principals.dump(),
          pace: pace.dump(),
          hours,
        }),
      ) as Json
    },
  }
}

function judge(learnt: Learnt, item: EventItem, notes: Notes): Omit<Judgement, 'explain'> {
  const { event, principal, before } = item
  const { operations } = learnt
  const found = operations.find(event.path)
  const method = operations.methodOf(event.method)
  const profile = found.profile?.methods.get(method) ?? null
  const deviation: Deviation = { path: 0 }
  if (found.profile === null) {
    const { count, once } = operations.templates
    deviation.path = novelty(once, operations.count)
    notes?.push({ axis: 'path', text: `nothing was seen at this path; ${count} others are known` })
  } else {
    const seen = profile?.count ?? 0
    deviation.method = Math.max(0, rareness(seen, found.profile.count, 0.002) - 2)
    if (deviation.method >= noted)
      notes?.push({
        axis: 'method',
        text: `${method} came in ${seen} of ${found.profile.count} calls of ${found.template}`,
      })
  }
  if (profile !== null) judgeOperation(learnt, item, profile, deviation, notes)
  if (principal !== null && before !== null) judgePace(learnt.pace, { principal, pace: before }, deviation, notes)
  const strange = settled(deviation)
  const comparable = found.profile !== null || found.known > 0
  const likeness = found.profile === null ? found.known / (found.known + 2) : profile === null ? 0.7 : 1
  return {
    signature: comparable ? `${method} ${nameOf(found)}` : null,
    similarity: comparable ? likeness / (1 + strange / 40) : 0,
    deviation: deviation as Readonly<Record<string, number>>,
  }
}

function nameOf({ profile, template, beginning }: Found): string {
  return profile === null ? `${beginning}/*` : template
}

function judgeOperation(
  learnt: Learnt,
  { event, figures, principal, timeMs }: EventItem,
  profile: OperationProfile,
  deviation: Deviation,
  notes: Notes,
): void {
  const names = profile.names.query.judge(
    event.query.map(({ name }) => name),
    true,
  )
  deviation.names = names.bits
  deviation.order = names.order
  let values = 0
  for (const { name, type } of event.query) values = Math.max(values, profile.wordSurprise(`query ${name}`, type))
  deviation.values = values
  const hash = principal === null ? null : sketchHash(principal)
  const calls = hash === null ? 0 : learnt.principals.times(hash)
  if (hash !== null && profile.callers.count > 0) deviation.caller = profile.callerSurprise(hash, calls)
  deviation.status = profile.wordSurprise('status', String(event.status))
  for (const [name, value] of logarithmsOf(figures)) {
    const figure = profile.figure(name)
    // What was never told of a call here is no baseline.
    if (figure.count === 0) continue
    const distance = figure.distance(value, null, 0.1)
    if (name === 'duration') deviation.duration = distance
    else deviation.size = Math.max(deviation.size ?? 0, distance)
  }
  deviation.hour = hourSurprise(learnt, profile, hourOf(timeMs))
  if (notes === null) return
  const say = (axis: keyof Deviation, least: number, text: string): void => {
    if ((deviation[axis] ?? 0) >= least) notes.push({ axis, text })
  }
  say(
    'names',
    noted,
    `${[...names.unknown, ...names.missing].map(one => `\`${one}\``).join(', ') || 'these names together'}: never so in ${profile.count} calls (query)`,
  )
  say('order', noted, 'parameters come in an order never seen here')
  say('values', noted, 'a parameter is of another type than ever')
  say(
    'caller',
    noted,
    calls > 0
      ? `the principal never called this in ${calls} calls`
      : `a principal that was never seen, where only ${profile.callers.distinct} others call`,
  )
  say('status', noted, `status ${event.status} is rare here, usual is ${profile.usualWord('status')}`)
  say(
    'size',
    notedDistance,
    `${figures.asked ?? 'unknown'} bytes were sent and ${figures.answered ?? 'unknown'} answered, which is far from usual`,
  )
  say(
    'duration',
    notedDistance,
    `it took ${Math.round(figures.duration ?? 0)} ms, usual are about ${Math.round(Math.expm1(profile.figure('duration').mean))} ms`,
  )
  say('hour', noted, `hardly any call comes at ${hourOf(timeMs)} o'clock (UTC)`)
}

/** Bits: how rare calls are at this hour, the neighbours counting half; of few calls the hours of all are believed. */
function hourSurprise({ hours }: Learnt, profile: OperationProfile, hour: number): number {
  const all = hours.reduce((sum, one) => sum + one, 0)
  if (all === 0) return 0
  const at = (of: (hour: number) => number): number => (of(hour) * 2 + of((hour + 1) % 24) + of((hour + 23) % 24)) / 4
  const share = at(one => hours[one] as number) / all
  const own = profile.words.get('hour')
  const weight = 50
  const seen = own === undefined ? 0 : at(one => own.get(String(one)) ?? 0)
  const even = 1 / 24
  return Math.max(0, -Math.log2((seen + weight * share + 0.05) / (profile.count + weight + 0.05) / even))
}

/** Of those that are known. */
function logarithmsOf(figures: EventItem['figures']): Array<readonly [name: string, value: number]> {
  return Object.entries(figures).flatMap(([name, value]) =>
    value === null ? [] : [[name, Math.log1p(value)] as const],
  )
}

function hourOf(timeMs: number): number {
  return Math.floor(timeMs / hourMs) % 24
}

function restored(dump: unknown): Learnt {
  const { operations, principals, pace, hours } = (dump ?? {}) as Readonly<Record<string, unknown>>
  if (!Array.isArray(hours) || hours.length !== 24 || !hours.every(one => Number.isSafeInteger(one) && one >= 0))
    throw new RangeError('not the dump of a model of events')
  return {
    operations: Operations.restore(operations),
    principals: KindsSeen.restore(principals, principalsMax),
    pace: PaceProfile.restore(pace),
    hours: [...(hours as number[])],
  }
}
