import type { PathSignature, PathSignatures } from './path-signatures.ts'
import type { PathSet } from './vector-item.ts'

/** One path in which a trace differs from the signature that it is most like. */
export interface PathDifference {
  readonly name: string
  readonly kind: 'extra' | 'missing'
  /** −log10 of how usual that is in traces that are alike so far. */
  readonly cost: number
  /** Of so many traces that are alike, so many are the same in this path. */
  readonly alike: number
  readonly same: number
}

export interface Nearest {
  readonly signature: PathSignature
  /** 0–1: weight of the common paths in that of all; a path weighs the more the rarer it is. */
  readonly similarity: number
  /** The least usual first. */
  readonly differences: readonly PathDifference[]
  /** Sum of their costs. */
  readonly cost: number
}

/** A signature that has nearly as much of the trace as the best has is of the same kind. */
const kinShare = 0.9
const kinMax = 256

/**
 * The signature that a set of paths is most like; null when no path is known. Looks at all of them: sets that were never learnt are rare. What a
 * difference costs is asked of all signatures of the same kind: a branch that half of them take is nothing, one that all take is much; and of
 * several that always go together the first pays. `except`: is not looked at.
 */
export function nearestPaths(store: PathSignatures, paths: PathSet, except?: PathSignature): Nearest | null {
  const total = store.total
  const weigh = (name: string): number => 1 + Math.log2((total + 1) / (store.taken(name) + 0.5))
  const weights = new Map(paths.names.map(name => [name, weigh(name)]))
  const known = new Map<string, number>()
  const whole = [...weights.values()].reduce((sum, weight) => sum + weight, 0)
  const seen: { readonly signature: PathSignature; readonly common: number }[] = []
  let best: { readonly signature: PathSignature; readonly similarity: number } | null = null
  let most = 0
  for (const signature of store.signatures) {
    if (signature === except) continue
    let common = 0
    let other = 0
    for (const name of signature.paths.names) {
      const weight = weights.get(name)
      if (weight !== undefined) common += weight
      else {
        let one = known.get(name)
        if (one === undefined) known.set(name, (one = weigh(name)))
        other += one
      }
    }
    if (common === 0) continue
    most = Math.max(most, common)
    seen.push({ signature, common })
    const similarity = common / (whole + other)
    if (
      best === null ||
      similarity > best.similarity ||
      (similarity === best.similarity && isBefore(signature, best.signature))
    )
      best = { signature, similarity }
  }
  if (best === null) return null
  const kin = seen
    .filter(({ common }) => common >= kinShare * most)
    .map(({ signature }) => signature)
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
    .slice(0, kinMax)
  const differences = differencesOf(store, paths, best.signature, kin)
  return { ...best, differences, cost: differences.reduce((sum, { cost }) => sum + cost, 0) }
}

function isBefore(a: PathSignature, b: PathSignature): boolean {
  return a.count > b.count || (a.count === b.count && a.name < b.name)
}

function differencesOf(
  store: PathSignatures,
  paths: PathSet,
  nearest: PathSignature,
  kin: readonly PathSignature[],
): PathDifference[] {
  const here = new Set(paths.names)
  const there = new Set(nearest.paths.names)
  const open = [
    ...paths.names.filter(name => !there.has(name)).map(name => ({ name, extra: true })),
    ...nearest.paths.names.filter(name => !here.has(name)).map(name => ({ name, extra: false })),
  ]
  const wanted = new Set(open.map(({ name }) => name))
  let alike = kin.map(({ paths: { names }, count }) => ({
    has: new Set(names.filter(name => wanted.has(name))),
    count,
  }))
  const ask = (
    name: string,
    extra: boolean,
  ): { readonly same: number; readonly all: number; readonly cost: number } => {
    // A path that nobody ever took is stranger than one that is not taken here.
    if (extra && store.taken(name) === 0) return { same: 0, all: store.total, cost: 1 + costOf(0, store.total) }
    let same = 0
    let all = 0
    for (const { has, count } of alike) {
      all += count
      if (has.has(name) === extra) same += count
    }
    return { same, all, cost: costOf(same, all) }
  }
  const ordered = open
    .map(one => ({ ...one, first: ask(one.name, one.extra).cost }))
    .sort((a, b) => b.first - a.first || (a.name < b.name ? -1 : 1))
  const differences = ordered.map(({ name, extra }): PathDifference => {
    const { same, all, cost } = ask(name, extra)
    if (same > 0 && same < all) alike = alike.filter(({ has }) => has.has(name) === extra)
    return { name, kind: extra ? 'extra' : 'missing', cost, alike: all, same }
  })
  return differences.sort((a, b) => b.cost - a.cost)
}

function costOf(same: number, all: number): number {
  return -Math.log10((same + 0.5) / (all + 1))
}
