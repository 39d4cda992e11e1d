/** Where the calls of one save stand in the store. */
interface Segment {
  /** Of its rows. */
  readonly key: string
  /** A bit for each call whose trace is still open and alone. */
  readonly alive: Uint8Array
  left: number
}

/**
 * Rows of calls that are alone in an open trace: all of one save in a row that never changes (`calls KEY`), and which of them are still so in a small
 * one (`alive KEY`). A row for each was most of what a save wrote, to be taken back half a minute later.
 */
export class StoredCalls {
  readonly #segments = new Map<number, Segment>()
  readonly #keys = new Set<string>()
  readonly #changed = new Set<number>()
  #next = 0

  /** A segment for so many calls; the caller writes its row. `first` names the first of them: whoever saves the same calls gives them the same key. */
  add(first: string, calls: number): { readonly number: number; readonly key: string } {
    let key = first
    while (this.#keys.has(key)) key += '+'
    this.#keys.add(key)
    const alive = new Uint8Array(Math.ceil(calls / 8))
    for (let i = 0; i < calls; i++) alive[i >> 3] = (alive[i >> 3] as number) | (1 << (i & 7))
    this.#segments.set(this.#next, { key, alive, left: calls })
    return { number: this.#next++, key }
  }

  /** The call at `place` of a segment is no open trace of its own any more. */
  gone(number: number, place: number): void {
    const segment = this.#segments.get(number)
    if (segment === undefined) return
    segment.alive[place >> 3] = (segment.alive[place >> 3] as number) & ~(1 << (place & 7))
    segment.left--
    this.#changed.add(number)
  }

  /** Rows of segments that lost calls since the last time. */
  *changes(): Iterable<readonly [key: string, value: string | null]> {
    for (const number of this.#changed) {
      const { key, alive, left } = this.#segments.get(number) as Segment
      if (left > 0) {
        yield [`alive ${key}`, JSON.stringify(Buffer.from(alive).toString('base64'))]
        continue
      }
      this.#segments.delete(number)
      this.#keys.delete(key)
      yield [`calls ${key}`, null]
      yield [`alive ${key}`, null]
    }
    this.#changed.clear()
  }
}

/** Those of a written segment's calls that are alive. `written`: its row `alive KEY`, read; undefined: all are. */
export function aliveOf<T>(calls: readonly T[], written: unknown): T[] {
  if (typeof written !== 'string') return [...calls]
  const alive = Buffer.from(written, 'base64')
  return calls.filter((_, i) => (((alive[i >> 3] ?? 0) >> (i & 7)) & 1) === 1)
}
