import { createTagTable } from './tag-table.ts'
import type { TagTable } from './tag-table.ts'

/** Cells of one sliding window: limits up to this many per window are exact to the request. */
export const windowCells = 128

// State words of a bucket and of a window: one time; one hint and the cells.
const bucketWords = 1
const windowWords = 1 + windowCells
const smallest = 1 << 15

/** The two tables in the shared memory, as one thread sees them. */
export interface CounterTables {
  readonly buckets: TagTable
  readonly windows: TagTable
}

/**
 * Memory for the limiter counters of one process: `entries` token or leaky buckets, and an eighth as many sliding windows. It is all
 * zero: pages that no key ever touched cost nothing (the default is 80 MB of addresses, and some hundred kB for some hundred clients).
 */
export function createCounterMemory(size: { readonly entries?: number } = {}): SharedArrayBuffer {
  const { entries = 1 << 19 } = size
  return new SharedArrayBuffer(Math.max(smallest, Math.ceil((entries * 32 * 5) / 4096) * 4096))
}

/**
 * Opens the memory in a thread. The layout follows from its size alone: a fifth for buckets, the rest for windows.
 * Throws a RangeError when it is too small to hold anything.
 */
export function openCounterMemory(memory: SharedArrayBuffer): CounterTables {
  if (memory.byteLength < smallest) throw new RangeError(`limiter memory needs at least ${smallest} bytes`)
  const words = Math.floor(memory.byteLength / 8)
  const forBuckets = Math.floor(words / 5)
  return {
    buckets: createTagTable({ memory, firstWord: 0, words: forBuckets, stateWords: bucketWords }),
    windows: createTagTable({ memory, firstWord: forBuckets, words: words - forBuckets, stateWords: windowWords }),
  }
}
