// Hot path: once per event of a principal.

/** Calls that are remembered per caller, and the numbers of each. */
const remembered = 24
const stride = 4
const [callAt, timeAt, networkAt, runAt] = [0, 1, 2, 3]

/** Shorter pauses are a program's own: every page asks for the same things at once. */
const pauseMinMs = 1_000
/** Two pauses are the same within so many ms, and this share of them: what the way through the network adds. */
const jitterMs = 100
const jitterShare = 0.005

/** Latest calls of one caller, oldest first once it is full; `next`: where the next one goes. */
export interface Pace {
  numbers: number[]
  next: number
}

export function emptyPace(): Pace {
  return { numbers: [], next: 0 }
}

/**
 * Takes a call (hash of what it asks for, hash of the network it came from) and tells how many different pauses before it, of a second or more, are those of
 * earlier calls from elsewhere for the same things in the same order. People never pause twice alike, a program with one timer always pauses alike: only what
 * was recorded and is played again repeats one pause after the other.
 */
export function repeatedPauses(
  pace: Pace,
  { call, timeMs, network }: { readonly call: number; readonly timeMs: number; readonly network: number },
): number {
  const { numbers } = pace
  const count = numbers.length / stride
  const last = count === 0 ? -1 : (pace.next + remembered - 1) % remembered
  const pauseMs = last === -1 ? 0 : timeMs - (numbers[last * stride + timeAt] as number)
  let most = 0
  // Runs of the call before stand at the calls that it repeated; each moves on by one call, so the newest goes first.
  for (let back = 0; back < count; back++) {
    const place = (pace.next + remembered - 1 - back) % remembered
    const at = place * stride
    let run = -1
    if (numbers[at + callAt] === call && numbers[at + networkAt] !== network) {
      run = 0
      const before = back + 1 < count ? ((place + remembered - 1) % remembered) * stride : -1
      const ran = before === -1 ? -1 : (numbers[before + runAt] as number)
      if (ran >= 0) {
        const usualMs = (numbers[at + timeAt] as number) - (numbers[before + timeAt] as number)
        if (Math.abs(usualMs - pauseMs) <= jitterMs + jitterShare * usualMs)
          run = usualMs >= pauseMinMs && isAnother(numbers, place, usualMs) ? ran + 1 : ran
      }
    }
    numbers[at + runAt] = run
    if (run > most) most = run
  }
  const at = pace.next * stride
  numbers[at + callAt] = call
  numbers[at + timeAt] = timeMs
  numbers[at + networkAt] = network
  numbers[at + runAt] = -1
  pace.next = (pace.next + 1) % remembered
  // It grows no more, and a copy has no room to spare.
  if (count === remembered - 1) pace.numbers = numbers.slice()
  return most

  /** The pause before the call there is not that before its predecessor: one timer tells nothing. */
  function isAnother(all: readonly number[], place: number, usualMs: number): boolean {
    const before = (place + remembered - 1) % remembered
    const first = (place + remembered - 2) % remembered
    const from = all[first * stride + timeAt]
    if (from === undefined || count < 3) return true
    return Math.abs((all[before * stride + timeAt] as number) - from - usualMs) > jitterMs
  }
}
