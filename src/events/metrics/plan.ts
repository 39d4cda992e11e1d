import { listenerBlock, routeBlock, serviceBlock, workerBlock } from './layout.ts'

/** What is counted: names from the configuration and the code, never from a request. */
export interface MetricsSubjects {
  readonly routes: readonly string[]
  readonly services: readonly string[]
  readonly listeners: readonly string[]
  /** Each policy in use once, with all problem codes that it may give (core codes are always there) and its counters. */
  readonly policies: readonly {
    readonly name: string
    readonly codes: readonly string[]
    readonly counters: readonly string[]
  }[]
  /** Codes of the gateway itself. */
  readonly coreCodes: readonly string[]
}

/** Where every counter lies: plain data, made by main, sent to the workers. Offsets count cells from the start of a worker's own part. */
export interface MetricsPlan {
  readonly routes: Readonly<Record<string, number>>
  readonly services: Readonly<Record<string, number>>
  readonly listeners: Readonly<Record<string, number>>
  /** policy → code → cell of refusals; the next cell counts what `mode: observe` would have refused. `''` is the gateway, `'*'` any other code. */
  readonly refusals: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** policy → counter → cell. */
  readonly counters: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** Shared by all routes that found no room, and by exchanges without a route. */
  readonly noRoute: number
  readonly otherRoutes: number
  readonly used: number
  readonly capacity: number
}

/** The route label of exchanges that matched none, and of routes beyond the room. Parentheses are no part of a configured name. */
export const noRouteLabel = '(none)'
export const otherRoutesLabel = '(other)'

/**
 * Assigns cells by key. What the previous plan knows keeps its place for ever, so a route that a reload takes out and the next brings back
 * goes on counting. A route, service, listener or counter that finds no room (capacity in cells) is counted under a shared one or not at all: never an error on reload.
 */
export function planMetrics(subjects: MetricsSubjects, previous: MetricsPlan | null, capacity: number): MetricsPlan {
  let used = previous?.used ?? workerBlock.size

  function room(size: number): number | null {
    if (used + size > capacity) return null
    const at = used
    used += size
    return at
  }

  function grow(
    known: Readonly<Record<string, number>> | undefined,
    names: readonly string[],
    size: number,
  ): Record<string, number> {
    const cells: Record<string, number> = Object.assign(Object.create(null), known)
    for (const name of names) {
      if (cells[name] !== undefined) continue
      const at = room(size)
      if (at !== null) cells[name] = at
    }
    return cells
  }

  const noRoute = previous?.noRoute ?? room(routeBlock.size) ?? 0
  const otherRoutes = previous?.otherRoutes ?? room(routeBlock.size) ?? 0
  const refusals: Record<string, Record<string, number>> = Object.assign(Object.create(null), previous?.refusals)
  const counters: Record<string, Record<string, number>> = Object.assign(Object.create(null), previous?.counters)
  for (const { name, codes, counters: own } of [{ name: '', codes: [], counters: [] }, ...subjects.policies]) {
    refusals[name] = grow(refusals[name], [...subjects.coreCodes, ...codes, '*'], 2)
    if (own.length > 0) counters[name] = grow(counters[name], own, 1)
  }
  return {
    listeners: grow(previous?.listeners, subjects.listeners, listenerBlock.size),
    services: grow(previous?.services, subjects.services, serviceBlock.size),
    routes: grow(previous?.routes, subjects.routes, routeBlock.size),
    refusals,
    counters,
    noRoute,
    otherRoutes,
    used,
    capacity,
  }
}
