// Hot path: once per event.

/** Further ahead than this, an event is not believed alone, ms. */
const aheadMs = 120_000
/** Further behind than this, an event counts as if it were now, ms. */
export const lateMs = 300_000
/** Events ahead, one after the other, until the nearest of them is believed: of several clients, or of one alone. */
const agreeing = 4
const agreeingAlone = 8
/** Events behind, one after the other and near one another, until the clock goes back to them: it had believed a wrong one. */
const agreeingBack = 8

/**
 * The time at which an event counts in windows. A node whose clock is wrong, or who says so, must not end everybody's windows, nor hide its calls in
 * windows that are long over: what is far ahead counts now until others agree, so that nobody moves the clock alone, and what is late counts now. After a quiet time everything is ahead: then the
 * nearest are believed, not whoever is furthest, and when all others stay behind, the clock goes back to them.
 */
export class EventClock {
  #nowMs = 0
  readonly #ahead = { timeMs: 0, count: 0, client: '', several: false }
  readonly #behind = { timeMs: 0, count: 0 }

  /** Unix ms; 0 before the first event. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** `client`: address that the event names. */
  at(timeMs: number, client: string): number {
    if (this.#nowMs === 0) return (this.#nowMs = timeMs)
    if (timeMs > this.#nowMs + aheadMs) {
      const ahead = this.#ahead
      const first = ahead.count === 0
      ahead.timeMs = first ? timeMs : Math.min(ahead.timeMs, timeMs)
      ahead.several = !first && (ahead.several || client !== ahead.client)
      ahead.client = client
      if (++ahead.count < (ahead.several ? agreeing : agreeingAlone)) return this.#nowMs
      return this.#set(timeMs <= ahead.timeMs + aheadMs ? timeMs : ahead.timeMs)
    }
    if (timeMs >= this.#nowMs - lateMs) {
      this.#ahead.count = 0
      this.#behind.count = 0
      if (timeMs > this.#nowMs) this.#nowMs = timeMs
      return timeMs
    }
    return agrees(this.#behind, timeMs) < agreeingBack ? this.#nowMs : this.#set(timeMs)
  }

  #set(timeMs: number): number {
    this.#ahead.count = 0
    this.#behind.count = 0
    return (this.#nowMs = timeMs)
  }
}

/** How many, one after the other, are near the one before; `timeMs` becomes the latest. */
function agrees(waiting: { timeMs: number; count: number }, timeMs: number): number {
  waiting.count = waiting.count > 0 && Math.abs(timeMs - waiting.timeMs) <= aheadMs ? waiting.count + 1 : 1
  waiting.timeMs = timeMs
  return waiting.count
}
