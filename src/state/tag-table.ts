// Hot path: `acquire` runs for every limited request; a key that is known costs two loads and now and then one compare-and-swap.

import type { CounterKey } from './counter-key.ts'

/*
 * A hash table in shared memory for several threads, without locks: a thread that is killed anywhere blocks nobody.
 *
 * A record is: lease | tag low | tag high | state words. The lease is a time (a double, ms of the monotonic clock): until then the record
 * belongs to its tag. Whoever changes the state first makes sure that the lease outlasts what he writes, so an expired lease means that
 * the state is of the past and inert, and a record can change hands without being cleared.
 *
 * Taking over an expired record: (1) the lease is swapped for a *claim* (sign bit, time, nonce, 32 bits of the tag); (2) the other places of
 * the key are searched again: a live record of the key wins, and of two claims the one at the lower place kills the other; (3) the tag is
 * written; (4) the claim is swapped for the lease, which publishes the record. Every claimer, and everyone who helps, searches after the
 * claim was made; of two claims one is the later, and its search sees the earlier: so a key never has two records, and 100/min never
 * becomes 200. Anyone who meets a claim for his own key finishes it himself, with the same values; a claim for another key is left
 * alone until it is old enough to belong to a dead thread.
 */

const TAG = 1
const STATE = 3
const WAYS = 8
const attemptsMax = 64
// A claim lives for nanoseconds; one of two seconds belongs to a thread that is gone.
const claimTickMs = 256
const staleTicks = 8
const leaseMinMs = 1_000

/** Records of shared state by 128-bit tag. */
export interface TagTable {
  /** The memory as 64-bit integers, for compare-and-swap on state words. */
  readonly words: BigInt64Array
  /** The same memory as doubles, for reads that a compare-and-swap verifies. */
  readonly doubles: Float64Array
  /** The same memory as 32-bit halves, low half first. */
  readonly halves: Int32Array
  /** One value outside of the shared memory, as a time and as its bits. Whoever uses it, does so without leaving the function in between. */
  readonly asTime: Float64Array
  readonly asBits: BigInt64Array
  /** How far before the first state word the lease lies, in words. */
  readonly leaseBack: number
  /** How many records fit. */
  readonly records: number
  /**
   * Index of the first state word of the key's record, made when there is none; it belongs to the key for at least `holdMs` more.
   * -1: all places of this key are taken by keys that still count. Write no state that matters beyond nowMs + holdMs.
   */
  acquire(key: CounterKey, nowMs: number, holdMs: number): number
}

/** Opens a table over part of a shared memory; all zero is an empty table. */
export function createTagTable(part: {
  readonly memory: SharedArrayBuffer
  readonly firstWord: number
  readonly words: number
  readonly stateWords: number
}): TagTable {
  const { firstWord, stateWords } = part
  const words = new BigInt64Array(part.memory)
  const doubles = new Float64Array(part.memory)
  const halves = new Int32Array(part.memory)
  const stride = STATE + stateWords
  const buckets = Math.floor(part.words / (stride * WAYS))
  if (buckets < 2) throw new RangeError('limiter memory is too small')
  // One 64-bit value, read as a time or as the halves of a claim.
  const asTime = new Float64Array(1)
  const asBits = new BigInt64Array(asTime.buffer)
  const asHalves = new Int32Array(asTime.buffer)

  /** The word index of place 0 to 15 of a key: eight in each of two buckets. */
  function placeOf(key: CounterKey, place: number): number {
    const first = (key.tag[1] >>> 0) % buckets
    const bucket = place < WAYS ? first : (first + 1 + ((key.tag[3] >>> 0) % (buckets - 1))) % buckets
    return firstWord + (bucket * WAYS + (place & (WAYS - 1))) * stride
  }

  function hasTag(at: number, key: CounterKey): boolean {
    const i = (at + TAG) * 2
    const tag = key.tag
    return halves[i] === tag[0] && halves[i + 1] === tag[1] && halves[i + 2] === tag[2] && halves[i + 3] === tag[3]
  }

  // The nonce tells a claim from an earlier one at the same place, which a slow helper may still hold in its hands.
  function claimOf(key: CounterKey, nowMs: number): bigint {
    asHalves[0] = key.tag[0]
    asHalves[1] = (1 << 31) | ((Math.floor(nowMs / claimTickMs) & 0x7fff) << 16) | Math.floor(Math.random() * 0x10000)
    return asBits[0] as bigint
  }

  function isClaimFor(bits: bigint, key: CounterKey): boolean {
    asBits[0] = bits
    return asHalves[0] === key.tag[0]
  }

  function isStale(claim: bigint, nowMs: number): boolean {
    asBits[0] = claim
    const age = (Math.floor(nowMs / claimTickMs) - ((asHalves[1] as number) >>> 16)) & 0x7fff
    // Ages near the end are claims of a clock that was read a moment after ours.
    return age > staleTicks && age < 0x7ff0
  }

  function timeOf(bits: bigint): number {
    asBits[0] = bits
    return asTime[0] as number
  }

  function bitsOf(time: number): bigint {
    asTime[0] = time
    return asBits[0] as bigint
  }

  /** Makes the lease of the key's own live record last; false when it is not (any more) the key's, or has expired. */
  function renew(at: number, key: CounterKey, nowMs: number, holdMs: number): boolean {
    for (;;) {
      // The lease is read before the tag: a record that changes hands in between fails the swap.
      const bits = Atomics.load(words, at)
      if (bits < 0n || !hasTag(at, key)) return false
      const lease = timeOf(bits)
      if (lease >= nowMs + holdMs) return true
      if (lease <= nowMs) return false
      // An eighth more than needed, so that most requests find a lease that is long enough.
      if (Atomics.compareExchange(words, at, bits, bitsOf(leaseFrom(nowMs, holdMs))) === bits) return true
    }
  }

  /** Takes a claim back. The value is some time of the past, never twice the same, so that nobody mistakes it for what was there before. */
  function abandon(at: number, claim: bigint, nowMs: number): void {
    Atomics.compareExchange(words, at, claim, bitsOf(nowMs * Math.random()))
  }

  /** Steps 2 to 4 for a claim of this key at one of its places. When it gave way to another, the next search finds that one. */
  function settle(mine: number, claim: bigint, key: CounterKey, nowMs: number, holdMs: number): void {
    const at = placeOf(key, mine)
    for (let place = 0; place < 2 * WAYS; place++) {
      if (place === mine) continue
      const other = placeOf(key, place)
      const bits = Atomics.load(words, other)
      if (bits >= 0n) {
        if (timeOf(bits) > nowMs && hasTag(other, key)) return abandon(at, claim, nowMs)
      } else if (isClaimFor(bits, key)) {
        if (place < mine) return abandon(at, claim, nowMs)
        abandon(other, bits, nowMs)
        place-- // Killed, or published just before: look at it again.
      }
    }
    if (!writeTag(at + TAG, key.low, at, claim) || !writeTag(at + TAG + 1, key.high, at, claim)) return
    Atomics.compareExchange(words, at, claim, bitsOf(leaseFrom(nowMs, holdMs)))
  }

  function writeTag(word: number, tag: bigint, at: number, claim: bigint): boolean {
    const before = Atomics.load(words, word)
    if (before === tag) return true
    // A thread that slept here while its claim was taken over fails the swap: the word is another by then.
    if (Atomics.load(words, at) !== claim) return false
    return Atomics.compareExchange(words, word, before, tag) === before || Atomics.load(words, word) === tag
  }

  function locate(key: CounterKey, nowMs: number, holdMs: number): number {
    search: for (let attempt = 0; attempt < attemptsMax; attempt++) {
      let chosen = -1
      let chosenBits = 0n
      let chosenFree = 0
      own: for (let bucket = 0; bucket < 2; bucket++) {
        let first = -1
        let firstBits = 0n
        let free = 0
        for (let place = bucket * WAYS; place < (bucket + 1) * WAYS; place++) {
          const at = placeOf(key, place)
          const bits = Atomics.load(words, at)
          if (bits < 0n) {
            if (isClaimFor(bits, key)) {
              settle(place, bits, key, nowMs, holdMs)
              continue search
            }
            if (!isStale(bits, nowMs)) continue
          } else if (hasTag(at, key)) {
            if (timeOf(bits) <= nowMs) {
              // Its own record of before: taken again like any other, since another thread may be making a new one.
              chosen = place
              chosenBits = bits
              break own
            }
            if (!renew(at, key, nowMs, holdMs)) continue search
            key.at = at
            return at + STATE
          } else if (timeOf(bits) > nowMs) continue
          free++
          if (first !== -1) continue
          first = place
          firstBits = bits
        }
        // The emptier bucket of two: the table fills to nine tenths before any key finds no place.
        if (free <= chosenFree) continue
        chosen = first
        chosenBits = firstBits
        chosenFree = free
      }
      if (chosen === -1) return -1
      const at = placeOf(key, chosen)
      const claim = claimOf(key, nowMs)
      if (Atomics.compareExchange(words, at, chosenBits, claim) === chosenBits)
        settle(chosen, claim, key, nowMs, holdMs)
    }
    return -1
  }

  return {
    words,
    doubles,
    halves,
    asTime,
    asBits,
    leaseBack: STATE,
    records: buckets * WAYS,
    acquire(key, nowMs, holdMs) {
      if (key.at !== -1 && renew(key.at, key, nowMs, holdMs)) return key.at + STATE
      return locate(key, nowMs, holdMs)
    },
  }
}

function leaseFrom(nowMs: number, holdMs: number): number {
  return nowMs + Math.max(leaseMinMs, holdMs * 1.125)
}
