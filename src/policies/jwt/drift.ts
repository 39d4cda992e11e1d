/** How the clocks of an issuer and of this machine differ, judged from the tokens of that issuer. */
export interface Drift {
  /** A verified token that was seen for the first time: when it says it was issued, and when it came; ms. */
  saw(iatMs: number, nowMs: number): void
  /** For the private reason: '' unless the recent tokens are consistently early or late. */
  words(): string
}

const kept = 32
const enough = 8
const earlyMs = 2_000
const lateMs = 60_000

/** Watches the last 32 tokens. Only verified ones are shown to it, so a stranger cannot make a clock look wrong. */
export function createDrift(): Drift {
  const ages = new Float64Array(kept)
  let seen = 0
  return {
    saw(iatMs, nowMs) {
      ages[seen++ % kept] = nowMs - iatMs
    },
    words() {
      if (seen < enough) return ''
      const sorted = ages.slice(0, Math.min(seen, kept)).sort()
      const youngest = sorted[0] ?? 0
      // Clients keep tokens, so a high age proves nothing; that nearly none ever is young does, and a negative one is impossible.
      const fourFifths = sorted[Math.floor(sorted.length * 0.8)] ?? 0
      if (fourFifths < -earlyMs) return `; clock drift: ${early(sorted)}`
      if (seen >= 2 * enough && youngest > lateMs) {
        return `; clock drift: even the youngest of the last ${sorted.length} tokens of this issuer was ${seconds(youngest)} s old, so its clock is slow or ours is fast`
      }
      return ''
    },
  }
}

function early(sorted: Float64Array): string {
  const median = sorted[sorted.length >> 1] ?? 0
  return `the tokens of this issuer come about ${seconds(-median)} s before they are issued, so its clock is fast or ours is slow`
}

function seconds(ms: number): number {
  return Math.round(ms / 1_000)
}
