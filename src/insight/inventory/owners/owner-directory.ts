import type { Owner } from '../../model/operation.ts'
import { isOwnMachine, nobody, ownerSources, type OwnerFacts, type OwnerSource, type Placement } from './placement.ts'

const addressesMax = 20_000
const placementsMax = 64
const servicesMax = 2_000

/**
 * Who answers for what, by address and time and by service. Every source is kept as it spoke; what they say together is worked out when it is
 * asked, field by field, the most trusted source first.
 */
export class OwnerDirectory {
  readonly #addresses = new Map<string, Placement[]>()
  /** What is said of a service by its name. */
  readonly #services = new Map<string, Map<OwnerSource, OwnerFacts>>()
  /** Placements that had no room any more. */
  dropped = 0
  readonly #dirty = new Set<string>()
  /** Addresses of which a placement names, or named, a scenario. */
  readonly #labelled = new Set<string>()
  /** Nobody gave an address back since room was looked for in vain. */
  #crowded = false

  /** Says who had an address from then on; what the same source said of it before ends there. */
  place(placement: Placement): void {
    const list = this.#addresses.get(placement.address) ?? []
    if (list.length === 0) {
      // Looking for room takes a walk, which nobody beside the cluster may cause.
      if (this.#addresses.size >= addressesMax && !(placement.source === 'kubernetes' && this.#forgetOne())) {
        this.dropped++
        return
      }
      this.#addresses.set(placement.address, list)
    }
    const same = list.findIndex(
      known =>
        known.source === placement.source &&
        known.fromMs === placement.fromMs &&
        (sameOwner(known.owner, placement.owner) || isCorrection(known, placement)),
    )
    const before = list[same]
    // A cluster says everything again whenever anything of it changed.
    if (
      before !== undefined &&
      before.toMs === placement.toMs &&
      before.scenario === placement.scenario &&
      sameOwner(before.owner, placement.owner)
    )
      return
    if (placement.scenario !== undefined) this.#labelled.add(placement.address)
    if (placement.toMs !== null) this.#crowded = false
    if (isKept(placement)) this.#dirty.add(`address/${placement.address}`)
    if (same !== -1) list[same] = placement
    else list.push(placement)
    list.sort((a, b) => a.fromMs - b.fromMs)
    if (list.length > placementsMax) {
      list.shift()
      this.dropped++
    }
  }

  /** All that a source knows now: placements of it that are not among them, and were open, ended by then. */
  placeAll(source: OwnerSource, placements: readonly Placement[], nowMs: number): void {
    const standing = new Set(placements.map(({ address, fromMs }) => `${address} ${fromMs}`))
    for (const [address, list] of this.#addresses)
      for (const [i, known] of list.entries())
        if (known.source === source && known.toMs === null && !standing.has(`${address} ${known.fromMs}`)) {
          list[i] = { ...known, toMs: Math.max(known.fromMs, nowMs) }
          this.#crowded = false
          if (isKept(known)) this.#dirty.add(`address/${address}`)
        }
    for (const placement of placements) this.place(placement)
  }

  /** The identity that shows itself at an address now: begins a placement unless it is the one that stands. */
  seen(address: string, timeMs: number, owner: OwnerFacts, source: OwnerSource): void {
    if (isOwnMachine(address)) return
    const list = this.#addresses.get(address)
    const before = list?.findLast(known => known.source === source && known.fromMs <= timeMs)
    if (before !== undefined && sameOwner(before.owner, owner)) return
    const after = list?.find(known => known.source === source && known.fromMs > timeMs)
    if (after !== undefined && sameOwner(after.owner, owner)) {
      // Spans and events come late and out of order: the same one was there earlier than was known.
      list?.splice(list.indexOf(after), 1)
    }
    this.place({ address, fromMs: timeMs, toMs: null, owner, source })
  }

  ofService(service: string, owner: OwnerFacts, source: OwnerSource): void {
    let facts = this.#services.get(service)
    if (facts === undefined) {
      if (this.#services.size >= servicesMax) {
        this.dropped++
        return
      }
      this.#services.set(service, (facts = new Map()))
    }
    const before = facts.get(source)
    if (before !== undefined && sameOwner(before, owner)) return
    facts.set(source, owner)
    if (isKept({ source })) this.#dirty.add(`service/${service}`)
  }

  /**
   * What programs said of themselves and a cluster of its addresses, as far as it changed since the last call; an address without anything is forgotten.
   * The configuration speaks again at every start.
   */
  changes(): Array<readonly [key: string, value: OwnerRow]> {
    const rows = [...this.#dirty].map((key): readonly [string, OwnerRow] => {
      const slash = key.indexOf('/')
      const name = key.slice(slash + 1)
      return key.startsWith('address/')
        ? [key, (this.#addresses.get(name) ?? []).filter(isKept)]
        : [
            key,
            [...(this.#services.get(name) ?? [])].flatMap(([source, owner]) =>
              isKept({ source }) ? [{ source, owner }] : [],
            ),
          ]
    })
    this.#dirty.clear()
    return rows
  }

  /** Takes back a row; throws on what is none. */
  restore(key: string, row: OwnerRow): void {
    const name = key.slice(key.indexOf('/') + 1)
    for (const told of row) {
      if (!isKept(told) || Object.keys(nobody).some(field => !isFact(told.owner[field as keyof OwnerFacts])))
        throw new RangeError('not what was told of an owner')
      if ('scenario' in told && typeof told.scenario !== 'string') throw new RangeError('not the name of a scenario')
      if (key.startsWith('service/')) this.ofService(name, told.owner, told.source)
      else if ('fromMs' in told) this.place({ ...told, address: name })
    }
    this.#dirty.delete(key)
  }

  /** Forgets what a source said of all services, before it speaks again (a configuration that was loaded anew). */
  forget(source: OwnerSource): void {
    for (const facts of this.#services.values()) facts.delete(source)
  }

  /** Who had the address then; null when nobody is known. */
  ownerAt(address: string, timeMs: number): Owner | null {
    return combined(this.#standing(address, timeMs))
  }

  /** Who answered for a service when this target served it; target null: what is said of the service alone. */
  ownerOf(service: string, address: string | null, timeMs: number): Owner | null {
    const facts = [...(this.#services.get(service) ?? [])].map(([source, owner]) => ({ source, owner }))
    return combined([...facts, ...(address === null ? [] : this.#standing(address, timeMs))])
  }

  /** Scenarios that the cluster's labels name then. */
  scenariosAt(timeMs: number): ReadonlySet<string> {
    const names = new Set<string>()
    for (const address of this.#labelled)
      for (const { scenario, fromMs, toMs } of this.#addresses.get(address) ?? [])
        if (scenario !== undefined && fromMs <= timeMs && (toMs === null || timeMs < toMs)) names.add(scenario)
    return names
  }

  /** Times at which somebody else took the address over, between the two. */
  takeovers(address: string, fromMs: number, toMs: number): number[] {
    return (this.#addresses.get(address) ?? [])
      .map(placement => placement.fromMs)
      .filter(time => time > fromMs && time <= toMs)
  }

  /** Makes room: the address that was given back first, of those that nobody has. False when all are in use. */
  #forgetOne(): boolean {
    if (this.#crowded) return false
    let oldest: string | null = null
    let oldestMs = Number.POSITIVE_INFINITY
    for (const [address, list] of this.#addresses) {
      let endMs = 0
      for (const { toMs } of list) endMs = Math.max(endMs, toMs ?? Number.POSITIVE_INFINITY)
      if (endMs < oldestMs) [oldest, oldestMs] = [address, endMs]
    }
    if (oldest === null) {
      this.#crowded = true
      return false
    }
    this.#addresses.delete(oldest)
    this.#labelled.delete(oldest)
    this.#dirty.add(`address/${oldest}`)
    return true
  }

  /** The last placement of each source that had begun and not ended. */
  #standing(address: string, timeMs: number): Array<{ readonly source: OwnerSource; readonly owner: OwnerFacts }> {
    const standing = new Map<OwnerSource, Placement>()
    for (const placement of this.#addresses.get(address) ?? [])
      if (placement.fromMs <= timeMs) standing.set(placement.source, placement)
    return [...standing.values()].filter(({ toMs }) => toMs === null || timeMs < toMs)
  }
}

/** Who had one address, or who answers for one service. */
export type OwnerRow = ReadonlyArray<Placement | { readonly source: OwnerSource; readonly owner: OwnerFacts }>

function isKept({ source }: { readonly source: OwnerSource }): boolean {
  return source !== 'configuration'
}

/** Did the platform only come to know the same pod or service better? */
function isCorrection(before: Placement, now: Placement): boolean {
  return (
    now.source === 'kubernetes' && before.owner.pod === now.owner.pod && (now.owner.pod ?? now.owner.service) !== null
  )
}

function isFact(value: unknown): boolean {
  return value === null || typeof value === 'string'
}

/** Field by field, the most trusted source that says something. */
function combined(all: ReadonlyArray<{ readonly source: OwnerSource; readonly owner: OwnerFacts }>): Owner | null {
  const spoken = new Set<OwnerSource>()
  const out: Record<keyof OwnerFacts, string | null> = { ...nobody }
  for (const source of ownerSources)
    for (const { owner } of all.filter(known => known.source === source))
      for (const field of Object.keys(out) as Array<keyof OwnerFacts>) {
        const value = owner[field]
        if (out[field] !== null || value === null) continue
        out[field] = value
        spoken.add(source)
      }
  return spoken.size === 0 ? null : { ...out, source: [...spoken].join(', ') }
}

function sameOwner(a: OwnerFacts, b: OwnerFacts): boolean {
  return (Object.keys(nobody) as Array<keyof OwnerFacts>).every(field => a[field] === b[field])
}
