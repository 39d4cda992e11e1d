/** Random numbers that are the same for the same seed: every figure of the quality table can be made again. */
export interface Seeded {
  /** 0 ≤ x < 1. */
  next(): number
  /** An integer, 0 ≤ x < `below`. */
  below(below: number): number
  pick<T>(list: readonly T[]): T
}

/** mulberry32 over an FNV-1a hash of the seed's text. */
export function seeded(seed: string): Seeded {
  let state = hashOf(seed)
  function next(): number {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    next,
    below: below => Math.floor(next() * below),
    pick: list => list[Math.floor(next() * list.length)] as (typeof list)[number],
  }
}

/** FNV-1a, 32 bits. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  // The last bits of FNV-1a hardly mix: without this, even and odd texts make even and odd hashes.
  hash ^= hash >>> 16
  return Math.imul(hash, 0x45d9f3b) >>> 0
}
