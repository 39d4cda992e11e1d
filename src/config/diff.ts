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
  const pointer = toPointer(path)
  if (before === undefined) changes.push({ kind: 'added', pointer })
  else if (after === undefined) changes.push({ kind: 'removed', pointer })
  else if (before instanceof Secret || after instanceof Secret) {
    const same = before instanceof Secret && after instanceof Secret && before.reveal() === after.reveal()
    if (!same) changes.push({ kind: 'changed', pointer })
  } else if (Array.isArray(before) && Array.isArray(after)) {
    compareMembers(listMembers(before), listMembers(after), path, changes)
  } else if (isPlain(before) && isPlain(after)) {
    compareMembers(new Map(Object.entries(before)), new Map(Object.entries(after)), path, changes)
  } else if (!bytesEqual(before, after)) changes.push({ kind: 'changed', pointer })
}

function compareMembers(
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
  path: (string | number)[],
  changes: Change[],
): void {
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    if (key === 'at') continue
    compare(before.get(key), after.get(key), [...path, key], changes)
  }
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
