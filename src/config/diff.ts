import { Secret } from '../core/secret.ts'
import { toPointer } from './pointer.ts'
import type { Config } from './types.ts'

/** One difference between two configurations. Values are never given: they may be secrets. */
export interface Change {
  readonly kind: 'added' | 'removed' | 'changed'
  /** Pointer with names instead of indexes where list items have one: `/routes/orders/match/path`. */
  readonly pointer: string
}

/** What changed from one checked configuration to the next. Places in files do not count. */
export function diff(before: Config, after: Config): readonly Change[] {
  const changes: Change[] = []
  compare(before, after, [], changes)
  return changes
}

function compare(before: unknown, after: unknown, path: (string | number)[], changes: Change[]): void {
  if (before === after) return
  const note = (kind: Change['kind']): void => void changes.push({ kind, pointer: toPointer(path) })
  if (before === undefined) note('added')
  else if (after === undefined) note('removed')
  else if (before instanceof Secret || after instanceof Secret) {
    const same = before instanceof Secret && after instanceof Secret && before.reveal() === after.reveal()
    if (!same) note('changed')
  } else if (Array.isArray(before) && Array.isArray(after)) {
    compareMembers(listMembers(before), listMembers(after), path, changes)
  } else if (isPlain(before) && isPlain(after)) {
    compareKeys(before, after, path, changes)
  } else if (!bytesEqual(before, after)) note('changed')
}

function compareKeys(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  path: (string | number)[],
  changes: Change[],
): void {
  for (const key of Object.keys(before)) compareAt(key, before[key], own(after, key), path, changes)
  for (const key of Object.keys(after))
    if (!Object.hasOwn(before, key)) compareAt(key, undefined, after[key], path, changes)
}

function own(value: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined
}

/** One path for the whole comparison: most of the members of a large configuration are equal, and a path for each was most of the work. */
function compareAt(key: string, before: unknown, after: unknown, path: (string | number)[], changes: Change[]): void {
  if (key === 'at' || before === after) return
  path.push(key)
  compare(before, after, path, changes)
  path.pop()
}

function compareMembers(
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
  path: (string | number)[],
  changes: Change[],
): void {
  for (const key of new Set([...before.keys(), ...after.keys()]))
    compareAt(key, before.get(key), after.get(key), path, changes)
}

/** Items by their name or id where all have different ones, else by index: moving a route is no change of it. */
function listMembers(list: readonly unknown[]): ReadonlyMap<string, unknown> {
  for (const label of ['name', 'id'] as const) {
    const labels = list.map(item => (isPlain(item) ? item[label] : undefined))
    if (list.length > 0 && labels.every(one => typeof one === 'string') && new Set(labels).size === list.length) {
      return new Map(list.map((item, i) => [labels[i] as string, item]))
    }
  }
  return new Map(list.map((item, i) => [String(i), item]))
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return (
    value !== null &&
    typeof value === 'object' &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    !(value instanceof Secret)
  )
}

function bytesEqual(a: unknown, b: unknown): boolean {
  return (
    ArrayBuffer.isView(a) &&
    ArrayBuffer.isView(b) &&
    Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength))
  )
}
