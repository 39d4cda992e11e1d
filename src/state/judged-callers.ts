// Hot path: with nobody judged, one atomic load per request.
import { callerNameMax } from '../lib/caller-name.ts'
import { createKeyMaker } from './counter-key.ts'

/** What insight found of a caller, as the gateway acts on it. */
export interface JudgedCaller {
  /** `method issuer subject` of a principal (lib/caller-name.ts), or `address ADDRESS` (IPv6: its /64). */
  readonly name: string
  /** Unix ms; afterwards it is as if nothing had been found. */
  readonly untilMs: number
  /** 1 info … 5 critical. */
  readonly severity: number
  /** Number of the incident, for the log. */
  readonly incident: number
}

/** A caller found in the table. One object per reader, overwritten by the next look-up. */
export interface Judged {
  severity: number
  incident: number
}

export interface JudgedReader {
  /** Nobody is judged: nothing has to be looked up. */
  readonly empty: boolean
  /** null: nothing is known of the caller, or no longer. Constant time. */
  find(name: string, nowMs: number): Judged | null
}

const slots = 16_384
/** Beyond it look-ups would grow long; the gravest and longest come first. */
export const judgedMax = slots / 2
const slotWords = 8
const headWords = 8
const halfWords = slots * slotWords
/** A name is looked for in so many slots behind its own. */
const probesMax = 64
const rememberedMax = 8_192

/** Memory for the judged callers of one process, all zero: pages that were never written cost nothing. */
export function createJudgedMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer((headWords + 2 * halfWords) * 4)
}

/**
 * The one writer, in main. It fills the half that nobody reads and then points to it, so a reader sees all of a table or none of it. Returns how many
 * callers found room.
 */
export function createJudgedWriter(
  memory: SharedArrayBuffer,
  hashKey: Uint8Array,
): (callers: readonly JudgedCaller[]) => number {
  const words = new Int32Array(memory)
  const keyOf = createKeyMaker(hashKey)
  return callers => {
    const version = Atomics.load(words, 0) + 1
    const base = headWords + (version & 1) * halfWords
    words.fill(0, base, base + halfWords)
    let placed = 0
    const ranked = callers.toSorted((a, b) => b.severity - a.severity || b.untilMs - a.untilMs).slice(0, judgedMax)
    for (const { name, untilMs, severity, incident } of ranked) {
      const { tag } = keyOf(name.slice(0, callerNameMax))
      const at = freeSlot(words, base, tag)
      if (at === -1) continue
      words.set([...tag, Math.ceil(untilMs / 1000) | 0, severity, incident], at)
      placed++
    }
    Atomics.store(words, 1 + (version & 1), placed)
    Atomics.store(words, 0, version)
    return placed
  }
}

export function openJudgedReader(memory: SharedArrayBuffer, hashKey: Uint8Array): JudgedReader {
  const words = new Int32Array(memory)
  const makeKey = createKeyMaker(hashKey)
  const keys = new Map<string, readonly [number, number, number, number]>()
  const found: Judged = { severity: 0, incident: 0 }

  function tagOf(name: string): readonly [number, number, number, number] {
    const known = keys.get(name)
    if (known !== undefined) return known
    const { tag } = makeKey(name)
    if (keys.size >= rememberedMax) keys.clear()
    keys.set(name, tag)
    return tag
  }

  /** In one half; true when it is there and holds. */
  function look(base: number, tag: readonly [number, number, number, number], nowMs: number): boolean {
    for (let probe = 0; probe < probesMax; probe++) {
      const at = base + (((tag[0] >>> 1) + probe) % slots) * slotWords
      if (words[at] === 0) return false
      if (words[at] !== tag[0] || words[at + 1] !== tag[1] || words[at + 2] !== tag[2] || words[at + 3] !== tag[3])
        continue
      found.severity = words[at + 5] as number
      found.incident = words[at + 6] as number
      return (words[at + 4] as number) * 1000 > nowMs
    }
    return false
  }

  return {
    get empty() {
      return Atomics.load(words, 1 + (Atomics.load(words, 0) & 1)) === 0
    },
    find(name, nowMs) {
      const tag = tagOf(name)
      for (;;) {
        const version = Atomics.load(words, 0)
        const holds = look(headWords + (version & 1) * halfWords, tag, nowMs)
        // After a new table ours may be written over at any moment. Tables come once a second, so the second look is the last.
        if (Atomics.load(words, 0) === version) return holds ? found : null
      }
    },
  }
}

function freeSlot(words: Int32Array, base: number, tag: readonly [number, number, number, number]): number {
  for (let probe = 0; probe < probesMax; probe++) {
    const at = base + (((tag[0] >>> 1) + probe) % slots) * slotWords
    if (words[at] === 0) return at
    // Named twice: the graver one is here already.
    if (words[at] === tag[0] && words[at + 1] === tag[1] && words[at + 2] === tag[2] && words[at + 3] === tag[3])
      return -1
  }
  return -1
}
