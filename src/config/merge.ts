import type { ConfigIssue } from '../core/config-error.ts'
import type { Locator } from './locate.ts'
import type { DocumentPath } from './pointer.ts'
import { toPointer } from './pointer.ts'

/** A place in one of the files. */
export interface Origin {
  /** Index into the list of sources. */
  readonly source: number
  readonly path: DocumentPath
}

export interface Merged {
  readonly value: Readonly<Record<string, unknown>>
  /** Where a path of the merged document was written; null when nothing was. */
  origin(path: DocumentPath): Origin | null
  /** The same name or key in two files: where the second one stands, and both in words. */
  readonly clashes: readonly { readonly second: Origin; readonly first: Origin; readonly path: DocumentPath }[]
}

/** One document from several files: lists are concatenated, maps of named things united; anything else may be said only once. */
export function mergeSources(values: readonly Readonly<Record<string, unknown>>[]): Merged {
  const clashes: Array<{ second: Origin; first: Origin; path: DocumentPath }> = []
  if (values.length === 1) {
    return { value: values[0] as Record<string, unknown>, origin: path => ({ source: 0, path }), clashes }
  }
  const value: Record<string, unknown> = {}
  const whole = new Map<string, number>()
  const items = new Map<string, Origin[]>()
  const names = new Map<string, Map<string, number>>()
  for (const [source, one] of values.entries()) {
    for (const [key, inner] of Object.entries(one)) {
      const before = value[key]
      if (Array.isArray(inner) && (before === undefined || Array.isArray(before))) {
        value[key] = [...((before as unknown[] | undefined) ?? []), ...inner]
        const origins = items.get(key) ?? []
        items.set(key, origins)
        inner.forEach((_, i) => origins.push({ source, path: [key, i] }))
        if (!whole.has(key)) whole.set(key, source)
      } else if (namedMaps.has(key) && isMap(inner) && (before === undefined || isMap(before))) {
        const known = names.get(key) ?? new Map<string, number>()
        names.set(key, known)
        const united: Record<string, unknown> = { ...(before as Record<string, unknown> | undefined) }
        for (const [name, entry] of Object.entries(inner)) {
          const first = known.get(name)
          if (first !== undefined) {
            clashes.push({
              second: { source, path: [key, name] },
              first: { source: first, path: [key, name] },
              path: [key, name],
            })
          } else {
            known.set(name, source)
            united[name] = entry
          }
        }
        value[key] = united
        if (!whole.has(key)) whole.set(key, source)
      } else if (before === undefined) {
        value[key] = inner
        whole.set(key, source)
      } else if (key !== 'version' || before !== inner) {
        clashes.push({
          second: { source, path: [key] },
          first: { source: whole.get(key) ?? 0, path: [key] },
          path: [key],
        })
      }
    }
  }
  return { value, clashes, origin: path => originOf(path, whole, items, names) }
}

const namedMaps: ReadonlySet<string> = new Set(['services', 'stores'])

function originOf(
  path: DocumentPath,
  whole: ReadonlyMap<string, number>,
  items: ReadonlyMap<string, readonly Origin[]>,
  names: ReadonlyMap<string, ReadonlyMap<string, number>>,
): Origin | null {
  const [key, second, ...rest] = path
  if (key === undefined) return { source: 0, path: [] }
  const list = items.get(String(key))
  if (list !== undefined && second !== undefined) {
    const origin = list[Number(second)]
    return origin === undefined ? null : { source: origin.source, path: [...origin.path, ...rest] }
  }
  const named = second === undefined ? undefined : names.get(String(key))?.get(String(second))
  const source = named ?? whole.get(String(key))
  return source === undefined ? null : { source, path }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

/** The clashes of a merge as issues that name both places. */
export function clashIssues(merged: Merged, locator: Locator): ConfigIssue[] {
  return merged.clashes.map(({ second, first, path }) => {
    const place = locator.inSource(second, 'key')
    const other = locator.inSource(first, 'key')
    const where = other === undefined ? 'another file' : `${other.file}:${other.line}`
    return {
      pointer: toPointer(path),
      reason: `is already written in ${where}`,
      hint: 'lists are joined over the files of a folder; everything else is written once',
      ...(place === undefined ? {} : { place }),
    }
  })
}
