import { HyperLogLog, sketchHash } from '../../lib/hyper-log-log.ts'
import type { CallerUse } from '../model/operation.ts'

/** A name by its number, so that a name is kept once however many operations its caller uses. */
export type CallerNumber = number

const principalsMax = 65_536
const networksMax = 16_384

/**
 * Numbers of callers. Networks have a quota of their own: whoever can send from many addresses must not crowd out the principals that are
 * known. Beyond the quota a caller has number -1 and is counted nowhere by name.
 */
export class CallerNames {
  readonly #numbers = new Map<string, CallerNumber>()
  readonly #names: string[] = []
  /** Of each name, for the sketches. */
  readonly #hashes: number[] = []
  #networks = 0

  get size(): number {
    return this.#names.length
  }

  numberOf(name: string): CallerNumber {
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    const network = name.startsWith('address ')
    if (network ? this.#networks >= networksMax : this.#names.length - this.#networks >= principalsMax) return -1
    if (network) this.#networks++
    this.#numbers.set(name, this.#names.length)
    this.#hashes.push(sketchHash(name))
    return this.#names.push(name) - 1
  }

  /** Puts a written name back under its number; in ascending order. False when the number is not the next one. */
  restore(number: CallerNumber, name: string): boolean {
    if (number !== this.#names.length || this.#numbers.has(name)) return false
    if (name.startsWith('address ')) this.#networks++
    this.#numbers.set(name, number)
    this.#hashes.push(sketchHash(name))
    this.#names.push(name)
    return true
  }

  /** `sketchHash` of the name. */
  hashOf(number: CallerNumber): number {
    return this.#hashes[number] as number
  }

  nameOf(number: CallerNumber): string {
    return this.#names[number] ?? ''
  }

  /** Number by number, from 0. */
  all(): readonly string[] {
    return this.#names
  }
}

/** `refused`: by the gateway. `denied`: the service itself answered 401 or 403. */
export type Outcome = 'passed' | 'refused' | 'denied'

/** What all tables have in common. */
export interface CallerShare {
  readonly names: CallerNames
  /** Entries that all tables together may still take, beyond the few that each has. */
  entriesLeft: number
}

/** About 80 MB of entries. */
export const callerEntriesMax = 1_000_000

const entriesMax = 1024
const entriesFree = 8

/** One entry: number, calls, refused, calls inherited from whom it replaced, first and last call (s), denied by the service. */
const columns = 7

/**
 * Callers of one operation's leaf, at most 1,024: then a new one takes the place of the lightest (Space-Saving, Metwally 2005), so whoever
 * calls much is in it, whatever flood of others comes. What it replaced is counted among the others.
 */
export class CallerTable {
  readonly #places = new Map<CallerNumber, number>()
  readonly #share: CallerShare
  /** Distinct callers, once some of them have no entry. */
  #distinct: HyperLogLog | null = null
  /** Calls and refusals of callers that have no entry (any more). */
  otherCalls = 0
  otherRefused = 0
  #cells = new Float64Array(columns * 4)
  #hand = 0
  /** No entry has less. */
  #least = 1
  /** Chunks with changed entries, a bit each. */
  #dirty = 0

  constructor(share: CallerShare) {
    this.#share = share
  }

  get size(): number {
    return this.#places.size
  }

  add(name: string, outcome: Outcome, timeMs: number): void {
    const caller = this.#share.names.numberOf(name)
    if (this.#distinct !== null && caller >= 0) this.#distinct.add(this.#share.names.hashOf(caller))
    if (caller < 0) {
      this.#overflow().add(sketchHash(name))
      this.otherCalls++
      if (outcome === 'refused') this.otherRefused++
      return
    }
    const second = Math.floor(timeMs / 1000)
    const place = this.#places.get(caller) ?? this.#newPlace(caller, second)
    const at = place * columns
    const cells = this.#cells
    cells[at + 1] = (cells[at + 1] as number) + 1
    if (outcome === 'refused') cells[at + 2] = (cells[at + 2] as number) + 1
    if (outcome === 'denied') cells[at + 6] = (cells[at + 6] as number) + 1
    if (second < (cells[at + 4] as number)) cells[at + 4] = second
    if (second > (cells[at + 5] as number)) cells[at + 5] = second
    this.#dirty |= 1 << (place >> chunkBits)
  }

  /** null: all callers have an entry. */
  get distinct(): HyperLogLog | null {
    return this.#distinct
  }

  nameOf(caller: CallerNumber): string {
    return this.#share.names.nameOf(caller)
  }

  /** Entries as kept; `inherited` of `calls` may belong to others. */
  entries(): CallerEntry[] {
    return Array.from({ length: this.#places.size }, (_, place) => this.#entry(place))
  }

  /** Chunks with changed entries since the last call, by number. */
  changed(): Array<readonly [chunk: number, entries: readonly CallerEntry[]]> {
    const dirty = this.#dirty
    this.#dirty = 0
    const chunks = Array.from({ length: entriesMax >> chunkBits }, (_, chunk) => chunk)
    return chunks
      .filter(chunk => (dirty & (1 << chunk)) !== 0)
      .map(chunk => {
        const from = chunk << chunkBits
        const to = Math.min(this.#places.size, from + (1 << chunkBits))
        return [chunk, Array.from({ length: to - from }, (_, i) => this.#entry(from + i))]
      })
  }

  restoreDistinct(dump: unknown): void {
    this.#distinct = HyperLogLog.restore(dump)
  }

  /** Takes back entries that were written. */
  restore(entries: readonly CallerEntry[]): void {
    for (const { caller, calls, refused, inherited, first, last, denied } of entries) {
      if (this.#places.has(caller) || !this.#mayGrow()) {
        this.otherCalls += calls - inherited
        this.otherRefused += refused
        continue
      }
      const place = this.#places.size
      this.#grow(place)
      this.#places.set(caller, place)
      this.#cells.set([caller, calls, refused, inherited, first, last, denied], place * columns)
    }
  }

  #entry(place: number): CallerEntry {
    const at = place * columns
    const cells = this.#cells
    return {
      caller: cells[at] as number,
      calls: cells[at + 1] as number,
      refused: cells[at + 2] as number,
      inherited: cells[at + 3] as number,
      first: cells[at + 4] as number,
      last: cells[at + 5] as number,
      denied: cells[at + 6] as number,
    }
  }

  #mayGrow(): boolean {
    const size = this.#places.size
    if (size < entriesFree) return true
    if (size >= entriesMax || this.#share.entriesLeft <= 0) return false
    this.#share.entriesLeft--
    return true
  }

  #overflow(): HyperLogLog {
    if (this.#distinct === null) {
      this.#distinct = new HyperLogLog()
      for (const caller of this.#places.keys()) this.#distinct.add(this.#share.names.hashOf(caller))
    }
    return this.#distinct
  }

  #grow(place: number): void {
    if ((place + 1) * columns <= this.#cells.length) return
    const cells = new Float64Array(this.#cells.length * 2)
    cells.set(this.#cells)
    this.#cells = cells
  }

  #newPlace(caller: CallerNumber, second: number): number {
    let place = this.#places.size
    let calls = 0
    if (this.#mayGrow()) this.#grow(place)
    else {
      this.#overflow().add(this.#share.names.hashOf(caller))
      place = this.#lightest()
      const old = this.#entry(place)
      this.#places.delete(old.caller)
      this.otherCalls += old.calls - old.inherited
      this.otherRefused += old.refused
      calls = old.calls
    }
    this.#places.set(caller, place)
    this.#cells.set([caller, calls, 0, calls, second, second, 0], place * columns)
    return place
  }

  /** Goes round like a clock: entries only get heavier, so the least weight is found again only after a whole round without one. */
  #lightest(): number {
    const size = this.#places.size
    let next = Number.POSITIVE_INFINITY
    for (let looked = 0; looked < size; looked++) {
      const place = this.#hand
      this.#hand = (this.#hand + 1) % size
      const calls = this.#cells[place * columns + 1] as number
      if (calls <= this.#least) return place
      if (calls < next) next = calls
    }
    this.#least = next
    for (;;) {
      const place = this.#hand
      this.#hand = (this.#hand + 1) % size
      if ((this.#cells[place * columns + 1] as number) <= next) return place
    }
  }
}

const chunkBits = 7

export interface CallerEntry {
  readonly caller: CallerNumber
  readonly calls: number
  readonly refused: number
  /** Upper bound of those calls that were of others. */
  readonly inherited: number
  /** Unix time, s. */
  readonly first: number
  readonly last: number
  readonly denied: number
}

/** Several tables as one list, the most calls first; `others`: what has no name; `distinct`: how many in all. */
export function joinCallers(tables: readonly CallerTable[], names: CallerNames) {
  const joined = new Map<CallerNumber, CallerEntry>()
  const others = { calls: 0, refused: 0 }
  for (const table of tables) {
    others.calls += table.otherCalls
    others.refused += table.otherRefused
    for (const entry of table.entries()) {
      const known = tables.length === 1 ? undefined : joined.get(entry.caller)
      joined.set(entry.caller, known === undefined ? entry : added(known, entry))
    }
  }
  const callers: CallerUse[] = []
  for (const { caller, calls, refused, inherited, first, last, denied } of joined.values())
    callers.push({
      caller: names.nameOf(caller),
      calls: calls - inherited,
      refused,
      denied,
      firstSeen: new Date(first * 1000).toISOString(),
      lastSeen: new Date(last * 1000).toISOString(),
    })
  callers.sort((a, b) => b.calls - a.calls || (a.caller < b.caller ? -1 : 1))
  return { callers, others, distinct: Math.max(callers.length, distinctCallers(tables, callers)) }
}

function added(a: CallerEntry, b: CallerEntry): CallerEntry {
  return {
    caller: a.caller,
    calls: a.calls + b.calls,
    refused: a.refused + b.refused,
    inherited: a.inherited + b.inherited,
    first: Math.min(a.first, b.first),
    last: Math.max(a.last, b.last),
    denied: a.denied + b.denied,
  }
}

/** Sketches hold all callers of their table, also those that have an entry. */
function distinctCallers(tables: readonly CallerTable[], callers: readonly CallerUse[]): number {
  if (tables.every(table => table.distinct === null)) return callers.length
  const all = new HyperLogLog()
  for (const { distinct } of tables) if (distinct !== null) all.merge(distinct)
  for (const table of tables)
    if (table.distinct === null) for (const { caller } of table.entries()) all.add(sketchHash(table.nameOf(caller)))
  return all.count()
}
