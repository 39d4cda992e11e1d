import { segmentShape } from '../../lib/segment-shape.ts'

/** A principal's calls in a while before this one, this one included; what has the same time counts. */
export interface Pace {
  /** Calls within a minute. */
  readonly calls: number
  /** Distinct targets within ten minutes among those that are alike but for their values. */
  readonly alike: number
  /** Answers 4xx and 5xx within ten minutes; null: what this one was answered is not known. */
  readonly failures: number | null
}

/** What a call's pace is told from. */
export interface PacedCall {
  /** Unix ms. */
  readonly timeMs: number
  readonly principal: string
  readonly method: string
  readonly path: string
  /** Names, and values where they are known, in one text. */
  readonly query: string
  readonly status: number | null
}

const minuteMs = 60_000
const whileMs = 600_000

/** The pace of each call, in the order given; null where the call is. The same whatever that order. O(n log n). */
export function pacesOf(calls: readonly (PacedCall | null)[]): (Pace | null)[] {
  const byPrincipal = new Map<string, number[]>()
  for (const [i, call] of calls.entries()) {
    if (call === null) continue
    const list = byPrincipal.get(call.principal)
    if (list === undefined) byPrincipal.set(call.principal, [i])
    else list.push(i)
  }
  const paces = calls.map((): Pace | null => null)
  const at = (i: number): PacedCall => calls[i] as PacedCall
  for (const list of byPrincipal.values()) {
    list.sort((a, b) => at(a).timeMs - at(b).timeMs)
    const time = (i: number): number => at(list[i] as number).timeMs
    const within = counts(list.length, time, minuteMs, () => true)
    const failed = counts(list.length, time, whileMs, i => (at(list[i] as number).status ?? 0) >= 400)
    const groups = new Map<string, number[]>()
    for (let i = 0; i < list.length; i++) {
      const key = likeness(at(list[i] as number))
      const group = groups.get(key)
      if (group === undefined) groups.set(key, [i])
      else group.push(i)
    }
    const alike = list.map(() => 1)
    for (const group of groups.values())
      distinct(group, time, i => `${at(list[i] as number).path}?${at(list[i] as number).query}`, alike)
    for (const [i, call] of list.entries())
      paces[call] = {
        calls: within[i] as number,
        alike: alike[i] as number,
        failures: at(call).status === null ? null : (failed[i] as number),
      }
  }
  return paces
}

/** How many of the calls of a span before each (all of its own time too) `counts`. */
function counts(
  length: number,
  time: (i: number) => number,
  spanMs: number,
  isCounted: (i: number) => boolean,
): number[] {
  const sums: number[] = []
  let sum = 0
  let from = 0
  let to = 0
  for (let i = 0; i < length; i++) {
    for (; to < length && time(to) <= time(i); to++) if (isCounted(to)) sum++
    for (; time(from) <= time(i) - spanMs; from++) if (isCounted(from)) sum--
    sums.push(sum)
  }
  return sums
}

/** How many different targets came within ten minutes before each of a group's calls. */
function distinct(
  group: readonly number[],
  time: (i: number) => number,
  target: (i: number) => string,
  into: number[],
): void {
  const held = new Map<string, number>()
  let from = 0
  let to = 0
  for (const i of group) {
    for (; to < group.length && time(group[to] as number) <= time(i); to++) {
      const key = target(group[to] as number)
      held.set(key, (held.get(key) ?? 0) + 1)
    }
    for (; time(group[from] as number) <= time(i) - whileMs; from++) {
      const key = target(group[from] as number)
      const left = (held.get(key) ?? 0) - 1
      if (left > 0) held.set(key, left)
      else held.delete(key)
    }
    into[i] = held.size
  }
}

/** What calls have in common that differ in values alone. */
function likeness({ method, path, query }: PacedCall): string {
  const parts = path.split('/', 32).map(part => (segmentShape(part) === null ? part : '{}'))
  return `${method} ${parts.join('/')}?${query.replaceAll(/=[^&]*/g, '=')}`
}
