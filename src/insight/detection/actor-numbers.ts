// Hot path: every count of every detector stands here.

/** Where an actor's numbers stand: `hot` from `hotAt`, `cold` from `coldAt`. */
export interface NumbersOfActor {
  hot: Float64Array
  hotAt: number
  cold: Float64Array
  coldAt: number
}

/** Actors of one block. */
const together = 128

/**
 * Numbers that detectors keep for every actor, all 0 at first, next to one another in blocks that many actors share. With ten thousand actors every
 * event waits for memory: an object for each detector and actor costs four or five places of it, this one for three or four counts. What each event
 * looks at (`hot`) stands apart from what few do (`cold`).
 */
export class ActorNumbers {
  #hotWidth = 0
  #coldWidth = 0
  #hot: Float64Array = new Float64Array(0)
  #cold: Float64Array = new Float64Array(0)
  /** Of the latest block. */
  #used = together
  #begun = false
  readonly #free: NumbersOfActor[] = []

  /** Room for so many numbers of each actor; gives their places from `hotAt` and `coldAt`. Only before the first actor. */
  reserve(hot: number, cold: number): { readonly hot: number; readonly cold: number } {
    if (this.#begun) throw new Error('numbers are reserved before there are actors')
    const places = { hot: this.#hotWidth, cold: this.#coldWidth }
    this.#hotWidth += hot
    this.#coldWidth += cold
    return places
  }

  take(): NumbersOfActor {
    this.#begun = true
    const free = this.#free.pop()
    if (free !== undefined) return free
    if (this.#used === together) {
      this.#hot = new Float64Array(together * this.#hotWidth)
      this.#cold = new Float64Array(together * this.#coldWidth)
      this.#used = 0
    }
    const place = this.#used++
    return { hot: this.#hot, hotAt: place * this.#hotWidth, cold: this.#cold, coldAt: place * this.#coldWidth }
  }

  /** For the next actor; whoever still holds this one gets numbers of its own. */
  giveBack(actor: NumbersOfActor): void {
    const { hot, hotAt, cold, coldAt } = actor
    actor.hot = hot.slice(hotAt, hotAt + this.#hotWidth)
    actor.cold = cold.slice(coldAt, coldAt + this.#coldWidth)
    actor.hotAt = actor.coldAt = 0
    hot.fill(0, hotAt, hotAt + this.#hotWidth)
    cold.fill(0, coldAt, coldAt + this.#coldWidth)
    this.#free.push({ hot, hotAt, cold, coldAt })
  }
}
