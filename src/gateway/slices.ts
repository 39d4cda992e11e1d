/** Longest piece of work between two turns of the loop, ms; with the collection behind it half of the 10 ms that a reload may hold a request up. */
const SLICE_MS = 3

/** Cuts long work into pieces, between which requests are served. */
export interface Slices {
  /** To be asked between two steps: null to go on, else what resolves in a later turn of the loop. */
  pause(): Promise<void> | null
}

/** `monotonic`: ms. `collect` runs at the end of each slice. The first slice begins now. */
export function createSlices(monotonic: () => number, collect: () => void = collectYoung): Slices {
  let startedMs = monotonic()
  return {
    pause() {
      if (monotonic() - startedMs < SLICE_MS) return null
      collect()
      return new Promise(resolve => {
        setImmediate(() => {
          startedMs = monotonic()
          resolve()
        })
      })
    },
  }
}

/**
 * Most of what a slice made stays, and the collector of young objects copies what stays: left alone it stops the loop when megabytes are
 * there (1,000 routes: four times 4 to 9 ms on top of a slice), after each slice it stops for 1 to 2 ms, and altogether for as long.
 * Without `--expose-gc`, which the launcher gives, it is left alone.
 */
function collectYoung(): void {
  globalThis.gc?.({ type: 'minor' })
}
