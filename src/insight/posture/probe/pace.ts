/** Lets requests go one after the other, evenly, and no more than a number of them. */
export interface Pace {
  /** Waits for its turn; false: the number is used up, and nothing may be asked any more. */
  turn(): Promise<boolean>
  /** Turns given so far. */
  readonly used: number
  /** Turns that were refused. */
  readonly refused: number
}

export interface PaceTerms {
  readonly perSecond: number
  readonly countMax: number
  /** Monotonic, ms. */
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
}

/** No burst: a server that is asked must not notice. */
export function createPace({ perSecond, countMax, now, sleep }: PaceTerms): Pace {
  const betweenMs = 1000 / perSecond
  let next = Number.NEGATIVE_INFINITY
  let used = 0
  let refused = 0
  return {
    async turn() {
      if (used >= countMax) {
        refused++
        return false
      }
      used++
      const at = Math.max(now(), next)
      next = at + betweenMs
      const waitMs = at - now()
      if (waitMs > 0) await sleep(waitMs)
      return true
    },
    get used() {
      return used
    },
    get refused() {
      return refused
    },
  }
}
