/** Longest piece of work between two turns of the loop, ms: a fifth of the 10 ms that a reload may hold a request up, since a collection may come on top. */
const SLICE_MS = 2

/** Cuts long work into pieces, between which requests are served. */
export interface Slices {
  /** To be asked between two steps: null to go on, else what resolves in a later turn of the loop. */
  pause(): Promise<void> | null
}

/** `monotonic`: ms. The first slice begins now. */
export function createSlices(monotonic: () => number): Slices {
  let startedMs = monotonic()
  return {
    pause() {
      if (monotonic() - startedMs < SLICE_MS) return null
      return new Promise(resolve => {
        setImmediate(() => {
          startedMs = monotonic()
          resolve()
        })
      })
    },
  }
}
