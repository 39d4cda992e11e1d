import type { Config } from '../../config/types.ts'
import { principalOf } from '../inventory/caller-name.ts'
import type { CallerUse, Operation } from '../model/operation.ts'
import { anybody, type Guest, type Use } from './guests.ts'
import { configuredCertificates, configuredPrincipals } from './configured-principals.ts'

/** An operation with who used it. HEAD stands with GET: whoever may do one may do the other. */
export interface Known {
  readonly operation: Operation
  /** By guest id. */
  readonly uses: ReadonlyMap<string, Use>
  /** Calls let through of which nobody knows by whom: names that were cut, callers beyond the list. */
  readonly unnamed: number
}

export interface Census {
  readonly operations: readonly Known[]
  readonly guests: readonly Guest[]
  /** Principals whose calls are still too varied to say what they never need. */
  readonly unsettled: ReadonlySet<string>
  /** Principals by the guest that they are counted with. */
  readonly members: ReadonlyMap<string, string>
  /** Unix time, ms, of the first and the last call; 0 without any. */
  readonly fromMs: number
  readonly toMs: number
  /** Issuers beyond the cap, whose callers are counted as unnamed. */
  readonly dropped: number
}

export interface CensusOptions {
  /** Name each principal, also where who calls what is still changing. */
  readonly strict?: boolean
  /** What was seen for less says little of who else will come, days. */
  readonly youngDays: number
}

/** More callers of one issuer are people, who come and go: they are judged together. */
const namedMax = 64
const namedMaxStrict = 1_000
/** More than this share of a caller's calls went to operations that he called once: he will call others too (Good 1953). */
const singlesMax = 0.02
/** More than this share of an issuer's callers came in the second half of the time: others will come. */
const newcomersMax = 0.1
/** In less time the order in which callers came says nothing. */
const growthFromMs = 43_200_000
const dayMs = 86_400_000
const groupsMax = 500

/** Counts who used what. Operations that the operator ignores are in it: to ignore is not to forbid. */
export function takeCensus(operations: readonly Operation[], config: Config, options: CensusOptions): Census {
  const rows = withoutHead(operations)
  const habits = habitsOf(rows)
  for (const { method, issuer, subject } of configuredPrincipals(config)) {
    const group = groupOf(habits, method, issuer)
    if (group !== null && !group.has(subject)) group.set(subject, { passed: 0, singles: 0, firstMs: Number.NaN })
  }
  const authorities = [...habits.keys()].filter(key => (JSON.parse(key) as string[])[0] === 'mtls')
  // Of several CAs nobody knows whose it would be.
  const known = authorities.length === 1 ? habits.get(authorities[0] as string) : undefined
  for (const subject of known === undefined ? [] : configuredCertificates(config))
    if (known?.has(subject) === false) known.set(subject, { passed: 0, singles: 0, firstMs: Number.NaN })
  const times = rows.flatMap(({ callers }) =>
    callers.flatMap(use => [Date.parse(use.firstSeen), Date.parse(use.lastSeen)]),
  )
  const fromMs = times.reduce((least, ms) => Math.min(least, ms), Number.POSITIVE_INFINITY)
  const toMs = times.reduce((most, ms) => Math.max(most, ms), 0)

  const grows = toMs - fromMs >= growthFromMs

  const guests = new Map<string, Guest>([[anybody.id, anybody]])
  const members = new Map<string, string>()
  const unsettled = new Set<string>()
  for (const [key, group] of habits) {
    const [method = '', issuer = ''] = JSON.parse(key) as string[]
    const closed = method === 'api-key' || method === 'basic'
    const varied = [...group]
      .filter(([, habit]) => habit.singles > habit.passed * singlesMax)
      .map(([subject]) => subject)
    const called = [...group.values()].filter(habit => habit.passed > 0)
    const newcomers = called.filter(habit => habit.firstMs > (fromMs + toMs) / 2).length
    const people =
      group.size > (options.strict === true ? namedMaxStrict : namedMax) ||
      (options.strict !== true &&
        !closed &&
        ((method !== 'mtls' && toMs - fromMs < options.youngDays * dayMs) ||
          varied.length * 2 > called.length ||
          (grows && newcomers > Math.max(1, called.length * newcomersMax))))
    const guest = (kind: Guest['kind'], subject: string, callers: number): Guest => {
      const made: Guest = {
        id: JSON.stringify([kind, method, issuer, subject]),
        kind,
        method,
        issuer,
        subject,
        callers,
      }
      guests.set(made.id, made)
      return made
    }
    if (people) {
      const { id } = guest('group', '', called.length)
      for (const subject of group.keys()) members.set(memberKey(method, issuer, subject), id)
      continue
    }
    for (const subject of group.keys()) {
      const { id } = guest('principal', subject, 1)
      members.set(memberKey(method, issuer, subject), id)
      if (options.strict !== true && varied.includes(subject)) unsettled.add(id)
    }
    if (!closed) guest('others', '', 0)
  }
  return {
    operations: rows.map(row => knownOf(row, members)),
    guests: [...guests.values()],
    unsettled,
    members,
    fromMs: toMs === 0 ? 0 : fromMs,
    toMs,
    dropped: habits.dropped,
  }
}

/** The guest that a caller's name is counted with; null: nobody knows. */
export function guestOf(caller: string, members: ReadonlyMap<string, string>): string | null {
  if (caller.startsWith('address ')) return anybody.id
  const who = principalOf(caller)
  return who === null ? null : (members.get(memberKey(who.method, who.issuer, who.subject)) ?? null)
}

interface Row {
  readonly operation: Operation
  readonly callers: readonly CallerUse[]
  readonly others: number
}

interface Habit {
  /** Calls, and how many of them were the only one to their operation. */
  passed: number
  singles: number
  firstMs: number
}

class Habits extends Map<string, Map<string, Habit>> {
  dropped = 0
}

function withoutHead(operations: readonly Operation[]): Row[] {
  const place = ({ service, template }: Operation): string => `${service} ${template}`
  const heads = new Map(operations.filter(({ method }) => method === 'HEAD').map(one => [place(one), one]))
  const gets = new Set(operations.filter(({ method }) => method === 'GET').map(place))
  return operations
    .filter(operation => operation.method !== 'HEAD' || !gets.has(place(operation)))
    .map(operation => {
      const head = operation.method === 'GET' ? heads.get(place(operation)) : undefined
      const rest = ({ otherCallers }: Operation): number => otherCallers.calls - otherCallers.refused
      return head === undefined
        ? { operation, callers: operation.callers, others: rest(operation) }
        : { operation, callers: [...operation.callers, ...head.callers], others: rest(operation) + rest(head) }
    })
}

function habitsOf(rows: readonly Row[]): Habits {
  const habits = new Habits()
  for (const { callers } of rows)
    for (const use of callers) {
      const who = principalOf(use.caller)
      const passed = use.calls - use.refused - use.denied
      if (who === null) continue
      const group = groupOf(habits, who.method, who.issuer)
      if (group === null) {
        habits.dropped++
        continue
      }
      const habit = group.get(who.subject) ?? { passed: 0, singles: 0, firstMs: Number.POSITIVE_INFINITY }
      group.set(who.subject, habit)
      if (passed <= 0) continue
      habit.passed += passed
      if (passed === 1) habit.singles++
      habit.firstMs = Math.min(habit.firstMs, Date.parse(use.firstSeen))
    }
  return habits
}

/** null: there is no room for another one. */
function groupOf(habits: Habits, method: string, issuer: string): Map<string, Habit> | null {
  const key = JSON.stringify([method, issuer])
  let group = habits.get(key)
  if (group === undefined) {
    if (habits.size >= groupsMax) return null
    habits.set(key, (group = new Map()))
  }
  return group
}

function knownOf({ operation, callers, others }: Row, members: ReadonlyMap<string, string>): Known {
  const uses = new Map<string, Use>()
  let unnamed = others
  for (const { caller, calls, refused, denied, firstSeen, lastSeen } of callers) {
    const id = guestOf(caller, members)
    if (id === null) {
      unnamed += calls - refused
      continue
    }
    const use = uses.get(id)
    const [firstMs, lastMs] = [Date.parse(firstSeen), Date.parse(lastSeen)]
    if (use === undefined) uses.set(id, { passed: calls - refused, denied, refused, firstMs, lastMs })
    else {
      use.passed += calls - refused
      use.denied += denied
      use.refused += refused
      use.firstMs = Math.min(use.firstMs, firstMs)
      use.lastMs = Math.max(use.lastMs, lastMs)
    }
  }
  return { operation, uses, unnamed }
}

function memberKey(method: string, issuer: string, subject: string): string {
  return JSON.stringify([method, issuer, subject])
}
