// Hot path: once per event.

/** Further ahead than this, an event is not believed alone, ms. */
const aheadMs = 120_000
/** Further behind than this, an event counts as if it were now, ms. */
const lateMs = 300_000
/** Events ahead, one after the other, that are believed together. */
const agreeing = 4

/**
 * The time at which an event counts in windows. A node whose clock is wrong, or who says so, must not end everybody's windows, nor hide its calls in
 * windows that are long over: what is far ahead counts now until others agree, and what is late counts now.
 */
export class EventClock {
  #nowMs = 0
  #ahead = 0

  at(timeMs: number): number {
    if (this.#nowMs === 0) return (this.#nowMs = timeMs)
    if (timeMs <= this.#nowMs + aheadMs) {
      if (timeMs > this.#nowMs - lateMs) this.#ahead = 0
      if (timeMs > this.#nowMs) this.#nowMs = timeMs
      return timeMs < this.#nowMs - lateMs ? this.#nowMs : timeMs
    }
    if (++this.#ahead < agreeing) return this.#nowMs
    this.#ahead = 0
    return (this.#nowMs = timeMs)
  }
}
