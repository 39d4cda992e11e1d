/** Where a sequence is strange, by the surprise of each of its steps in bits. */
export interface LocalSurprise {
  /** Bits by which the strangest stretch is better explained by steps drawn at random, each as often as it usually comes, than by what was learnt. */
  readonly misfit: number
  /** That stretch: first place, and the one after the last; equal when there is none. */
  readonly from: number
  readonly to: number
  /** Bits of a step, on average. */
  readonly mean: number
}

/**
 * `informed[1…]`: surprise of each step after those before it; `bare[1…]`: without knowing them. A stretch of any length is found (Kadane's largest
 * sum), so that a few foreign steps are as plain in a thousand as in ten, and places where anything may follow do not count. Linear.
 */
export function localSurprise(informed: Float64Array, bare: Float64Array): LocalSurprise {
  let [misfit, from, to] = [0, 0, 0]
  let [run, began, sum] = [0, 1, 0]
  for (let at = 1; at < informed.length; at++) {
    const bits = informed[at] as number
    sum += bits
    if (run <= 0) [run, began] = [0, at]
    run += bits - (bare[at] as number)
    if (run > misfit) [misfit, from, to] = [run, began, at + 1]
  }
  return { misfit, from, to, mean: informed.length < 2 ? 0 : sum / (informed.length - 1) }
}
