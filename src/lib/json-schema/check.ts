// Hot path: these types are what every compiled schema runs on.

/** One validation: the work that is left, and at a failure the rule and the way to it (innermost first). */
export interface Run {
  /** Schema evaluations that may still happen; below 0 everything fails. */
  fuel: number
  rule: string
  readonly path: Array<string | number>
}

/** What has been evaluated at one place of the instance, for `unevaluated*`. Null where nobody asks. */
export interface Seen {
  readonly keys: Set<string>
  allKeys: boolean
  /** Items before this index are evaluated. */
  items: number
  readonly indexes: Set<number>
}

/** Does the value fit? At a failure `run.rule` and `run.path` say where. */
export type Check = (value: unknown, run: Run, seen: Seen | null) => boolean

export const pass: Check = () => true

/** The schema `false`. */
export const never: Check = (_value, run) => fail(run, 'false')

export function createSeen(): Seen {
  return { keys: new Set(), allKeys: false, items: 0, indexes: new Set() }
}

export function mergeSeen(into: Seen, from: Seen): void {
  for (const key of from.keys) into.keys.add(key)
  for (const index of from.indexes) into.indexes.add(index)
  into.allKeys ||= from.allKeys
  into.items = Math.max(into.items, from.items)
}

export function fail(run: Run, rule: string): false {
  run.rule = rule
  return false
}

/** A failure inside a branch that may fail (anyOf, not, contains): its way is not the way to the fault. */
export function forget(run: Run): void {
  run.path.length = 0
}
