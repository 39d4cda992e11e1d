// Hot path: `add` once per event.
import { fnv, HyperLogLog, mixed, sketchHash } from '../../lib/hyper-log-log.ts'
import type { EventRecord } from '../model/event-record.ts'
import type { CallerUse } from '../model/operation.ts'
import { callerName, provenBy } from './caller-name.ts'

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
  /**
   * Who called lately, by a hash of the subject or address: the number and one, in two places each. Most calls come from somebody whose name need not
   * be put together again. What stood for a number then is in the two lists.
   */
  readonly #lately = new Uint32Array(latelyMax)
  readonly #principals: Array<EventRecord['principal']> = []
  readonly #texts: string[] = []

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

  /** Number of who made a call (`callerName`). */
  numberOfCaller(event: EventRecord): CallerNumber {
    const principal = provenBy(event)
    const text = principal === null ? event.client : principal.subject
    const slot = mixed(fnv(text)) & (latelyMax - 1)
    const lately = this.#lately
    const first = (lately[slot] as number) - 1
    if (first >= 0 && this.#isCaller(first, principal, text)) return first
    const second = (lately[slot ^ 1] as number) - 1
    if (second >= 0 && this.#isCaller(second, principal, text)) return second
    const number = this.numberOf(callerName(event))
    // Without a number it may get one later, when names are restored.
    if (number < 0) return number
    lately[first >= 0 && second < 0 ? slot ^ 1 : slot] = number + 1
    this.#stand(number, principal, text)
    return number
  }

  /** Are they those who stood for this number last? */
  #isCaller(number: CallerNumber, principal: EventRecord['principal'], text: string): boolean {
    const known = this.#principals[number] as EventRecord['principal']
    // Lines that came before share one object for one principal (event-line).
    if (principal === known) return principal !== null || this.#texts[number] === text
    return principal !== null && known !== null && isSame(known, principal)
  }

  #stand(number: CallerNumber, principal: EventRecord['principal'], text: string): void {
    while (this.#principals.length <= number) {
      this.#principals.push(null)
      this.#texts.push('')
    }
    this.#principals[number] = principal
    // A slice of the line would keep all of it.
    this.#texts[number] = principal === null ? Buffer.from(text).toString() : ''
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

/** 256 kB. Twice as many callers as this and every other one is put together again. */
const latelyMax = 65_536

type Principal = NonNullable<EventRecord['principal']>

function isSame(a: Principal, b: Principal): boolean {
  return a.method === b.method && a.issuer === b.issuer && a.subject === b.subject
}

/** `refused`: by the gateway. `denied`: the service itself answered 401 or 403. */
export type Outcome = 'passed' | 'refused' | 'denied'

/** What all tables have in common. */
export interface CallerShare {
  readonly names: CallerNames
  /** Entries that all tables together may still take, beyond the few that each has. */
  entriesLeft: number
}

/** About 40 MB of entries. */
export const callerEntriesMax = 1_000_000

const entriesMax = 1024
const entriesFree = 8

/**
 * Words of one entry: caller, calls (low and high word, since one caller may call for months), refused, calls inherited from whom it replaced, first
 * and last call (Unix time, s; up to 2106), denied by the service. Half a line of a cache.
 */
const words = 8
const wordMax = 0xffff_ffff
/** Up to so many entries are looked through; more have an index. */
const lookedThrough = 8

/**
 * Callers of one operation's leaf, at most 1,024: then a new one takes the place of the lightest (Space-Saving, Metwally 2005), so whoever
 * calls much is in it, whatever flood of others comes. What it replaced is counted among the others.
 */
export class CallerTable {
  readonly #share: CallerShare
  /** Distinct callers, once some of them have no entry. */
  #distinct: HyperLogLog | null = null
  /** Calls and refusals of callers that have no entry (any more). */
  otherCalls = 0
  otherRefused = 0
  #size = 0
  #cells = new Uint32Array(words * 2)
  /** Places by caller, open addressing, twice as long as there are places: 0 is none, else the place and one. A Map took as much as the entries. */
  #index: Uint16Array | null = null
  #hand = 0
  /** No entry has less. */
  #least = 1
  /** Chunks with changed entries, a bit each. */
  #dirty = 0

  constructor(share: CallerShare) {
    this.#share = share
  }

  get size(): number {
    return this.#size
  }

  add(name: string, outcome: Outcome, timeMs: number): void {
    const caller = this.#share.names.numberOf(name)
    if (caller >= 0) {
      this.count(caller, outcome, timeMs)
      return
    }
    this.#overflow().add(sketchHash(name))
    this.otherCalls++
    if (outcome === 'refused') this.otherRefused++
  }

  /** As `add`, of a caller that has a number. */
  count(caller: CallerNumber, outcome: Outcome, timeMs: number): void {
    if (this.#distinct !== null) this.#distinct.add(this.#share.names.hashOf(caller))
    const second = Math.min(wordMax, Math.floor(timeMs / 1000))
    const found = this.#placeOf(caller)
    const place = found < 0 ? this.#newPlace(caller, second) : found
    const at = place * words
    const cells = this.#cells
    const calls = ((cells[at + 1] as number) + 1) >>> 0
    cells[at + 1] = calls
    if (calls === 0) cells[at + 2] = (cells[at + 2] as number) + 1
    if (outcome === 'refused') cells[at + 3] = Math.min(wordMax, (cells[at + 3] as number) + 1)
    if (outcome === 'denied') cells[at + 7] = Math.min(wordMax, (cells[at + 7] as number) + 1)
    if (second < (cells[at + 5] as number)) cells[at + 5] = second
    if (second > (cells[at + 6] as number)) cells[at + 6] = second
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
    return Array.from({ length: this.#size }, (_, place) => this.#entry(place))
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
        const to = Math.min(this.#size, from + (1 << chunkBits))
        return [chunk, Array.from({ length: to - from }, (_, i) => this.#entry(from + i))]
      })
  }

  restoreDistinct(dump: unknown): void {
    this.#distinct = HyperLogLog.restore(dump)
  }

  /** Takes back entries that were written. */
  restore(entries: readonly CallerEntry[]): void {
    for (const entry of entries) {
      if (this.#placeOf(entry.caller) >= 0 || !this.#mayGrow()) {
        this.otherCalls += entry.calls - entry.inherited
        this.otherRefused += entry.refused
        continue
      }
      this.#put(this.#size, entry)
    }
  }

  #entry(place: number): CallerEntry {
    const at = place * words
    const cells = this.#cells
    return {
      caller: cells[at] as number,
      calls: this.#calls(place),
      refused: cells[at + 3] as number,
      inherited: cells[at + 4] as number,
      first: cells[at + 5] as number,
      last: cells[at + 6] as number,
      denied: cells[at + 7] as number,
    }
  }

  #calls(place: number): number {
    const at = place * words
    return (this.#cells[at + 2] as number) * 2 ** 32 + (this.#cells[at + 1] as number)
  }

  /** Writes an entry down, behind the last place or over one whose caller is out of the index. */
  #put(place: number, { caller, calls, refused, inherited, first, last, denied }: CallerEntry): void {
    if (place === this.#size) this.#grow()
    const at = place * words
    const cells = this.#cells
    cells[at] = caller
    cells[at + 1] = calls % 2 ** 32
    cells[at + 2] = Math.floor(calls / 2 ** 32)
    cells[at + 3] = Math.min(wordMax, refused)
    cells[at + 4] = Math.min(wordMax, inherited)
    cells[at + 5] = Math.min(wordMax, first)
    cells[at + 6] = Math.min(wordMax, last)
    cells[at + 7] = Math.min(wordMax, denied)
    if (this.#index !== null) this.#enter(this.#index, place)
  }

  /** Place of a caller; -1: it has none. */
  #placeOf(caller: CallerNumber): number {
    const cells = this.#cells
    const index = this.#index
    if (index === null) {
      for (let at = this.#size * words - words; at >= 0; at -= words) if (cells[at] === caller) return at / words
      return -1
    }
    const mask = index.length - 1
    for (let slot = slotOf(caller, mask); ; slot = (slot + 1) & mask) {
      const place = (index[slot] as number) - 1
      if (place < 0 || cells[place * words] === caller) return place
    }
  }

  #mayGrow(): boolean {
    if (this.#size < entriesFree) return true
    if (this.#size >= entriesMax || this.#share.entriesLeft <= 0) return false
    this.#share.entriesLeft--
    return true
  }

  #overflow(): HyperLogLog {
    if (this.#distinct === null) {
      this.#distinct = new HyperLogLog()
      for (let place = 0; place < this.#size; place++)
        this.#distinct.add(this.#share.names.hashOf(this.#cells[place * words] as number))
    }
    return this.#distinct
  }

  /** Makes room for one place more. */
  #grow(): void {
    const size = ++this.#size
    const capacity = this.#cells.length / words
    if (size > capacity) {
      const cells = new Uint32Array(capacity * 2 * words)
      cells.set(this.#cells)
      this.#cells = cells
    }
    if (size <= lookedThrough || (this.#index !== null && size * 2 <= this.#index.length)) return
    const index = new Uint16Array((this.#cells.length / words) * 2)
    for (let place = 0; place < size - 1; place++) this.#enter(index, place)
    this.#index = index
  }

  #enter(index: Uint16Array, place: number): void {
    const mask = index.length - 1
    let slot = slotOf(this.#cells[place * words] as number, mask)
    while (index[slot] !== 0) slot = (slot + 1) & mask
    index[slot] = place + 1
  }

  /** Takes a caller out of the index; whoever was put behind it for want of its slot moves up (Knuth, vol. 3, 6.4 R). */
  #leave(index: Uint16Array, place: number): void {
    const mask = index.length - 1
    let free = slotOf(this.#cells[place * words] as number, mask)
    while (index[free] !== place + 1) free = (free + 1) & mask
    for (let slot = (free + 1) & mask; index[slot] !== 0; slot = (slot + 1) & mask) {
      const home = slotOf(this.#cells[((index[slot] as number) - 1) * words] as number, mask)
      if (((slot - home) & mask) < ((slot - free) & mask)) continue
      index[free] = index[slot] as number
      free = slot
    }
    index[free] = 0
  }

  #newPlace(caller: CallerNumber, second: number): number {
    let place = this.#size
    let calls = 0
    if (!this.#mayGrow()) {
      this.#overflow().add(this.#share.names.hashOf(caller))
      place = this.#lightest()
      const old = this.#entry(place)
      if (this.#index !== null) this.#leave(this.#index, place)
      this.otherCalls += old.calls - old.inherited
      this.otherRefused += old.refused
      calls = old.calls
    }
    this.#put(place, { caller, calls, refused: 0, inherited: calls, first: second, last: second, denied: 0 })
    return place
  }

  /** Goes round like a clock: entries only get heavier, so the least weight is found again only after a whole round without one. */
  #lightest(): number {
    const size = this.#size
    let next = Number.POSITIVE_INFINITY
    for (let looked = 0; looked < size; looked++) {
      const place = this.#hand
      this.#hand = (this.#hand + 1) % size
      const calls = this.#calls(place)
      if (calls <= this.#least) return place
      if (calls < next) next = calls
    }
    this.#least = next
    for (;;) {
      const place = this.#hand
      this.#hand = (this.#hand + 1) % size
      if (this.#calls(place) <= next) return place
    }
  }
}

function slotOf(caller: CallerNumber, mask: number): number {
  const mixed = Math.imul(caller, 0x9e3779b1)
  return (mixed ^ (mixed >>> 15)) & mask
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
