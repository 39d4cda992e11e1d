/** Something that wants to be looked at about once a second, to notice that it has waited too long. */
export interface Pulsed {
  pulse(tick: number): void
}

/**
 * One timer for all connections of a worker. A timer of its own for each socket costs about 0.2 µs per request;
 * comparing a number once a second costs nothing. Time-outs are therefore exact to a second, never early.
 */
export class Pulse {
  /** Seconds since start. */
  tick = 0
  readonly #members = new Set<Pulsed>()
  readonly #timer: NodeJS.Timeout

  constructor() {
    this.#timer = setInterval(() => this.beat(), 1000)
    this.#timer.unref()
  }

  add(member: Pulsed): void {
    this.#members.add(member)
  }

  delete(member: Pulsed): void {
    this.#members.delete(member)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** One second more; called by the timer, and by tests that do not want to wait for it. */
  beat(): void {
    this.tick++
    for (const member of this.#members) member.pulse(this.tick)
  }
}
