// Hot path: for every identifier of every exchange.

/**
 * How an id came to who uses it. `unknown`: nobody had it before; `another`: so was the one before, which the same caller sent in the same place
 * on that day; `foreign`: it was somebody else's, and was never given to this one.
 */
export type Flow = 'had' | 'unknown' | 'another' | 'foreign'

interface Place {
  uses: number
  unknown: number
  another: number
  foreign: number
  /** It waits to be written. */
  changed: boolean
}

/** In the names of places in answers. */
const received = ' > '
const placesMax = 16_384
const trust = 2
const fading = 0.93

/** How often ids in each place of each operation came otherwise than by being given: Good-Turing, fading by the day. */
export class FlowRates {
  /** Uses in places for which there was no room. */
  lost = 0
  readonly #places = new Map<string, Place>()
  readonly #sent = emptyPlace()
  readonly #received = emptyPlace()
  #changed: string[] = []

  get uses(): number {
    return this.#sent.uses + this.#received.uses
  }

  /** -ln of the chance that an id in this place comes so; 0 for what was had. */
  surprise(place: string, flow: Flow): number {
    if (flow === 'had') return 0
    const known = this.#places.get(place)
    const all = this.#allOf(place)
    const rate = (all[flow] + 0.5) / (triesOf(all, flow) + 1)
    const chance = ((known?.[flow] ?? 0) + trust * rate) / ((known === undefined ? 0 : triesOf(known, flow)) + trust)
    return Math.max(0, -Math.log(chance))
  }

  learn(place: string, flow: Flow): void {
    let known = this.#places.get(place)
    if (known === undefined) {
      if (this.#places.size >= placesMax) {
        this.lost++
        return
      }
      this.#places.set(place, (known = emptyPlace()))
    }
    const all = this.#allOf(place)
    known.uses++
    all.uses++
    if (flow !== 'had') {
      known[flow]++
      all[flow]++
    }
    if (known.changed) return
    known.changed = true
    this.#changed.push(place)
  }

  /** Another day. */
  fade(days: number): void {
    const factor = fading ** Math.min(60, days)
    for (const place of [this.#sent, this.#received, ...this.#places.values()]) {
      place.uses *= factor
      place.unknown *= factor
      place.another *= factor
      place.foreign *= factor
    }
  }

  seen(place: string): Readonly<Place> {
    return this.#places.get(place) ?? emptyPlace()
  }

  *changes(): Iterable<readonly [key: string, value: string | null]> {
    const changed = this.#changed
    this.#changed = []
    for (const place of changed) {
      const known = this.#places.get(place) as Place
      known.changed = false
      yield [place, JSON.stringify([known.uses, known.unknown, known.another, known.foreign])]
    }
  }

  restoreRow(place: string, text: string): void {
    const [uses = 0, unknown = 0, another = 0, foreign = 0] = JSON.parse(text) as number[]
    this.#places.set(place, { uses, unknown, another, foreign, changed: false })
    const all = this.#allOf(place)
    all.uses += uses
    all.unknown += unknown
    all.another += another
    all.foreign += foreign
  }

  /** Ids in answers are others' far more often than those that callers send. */
  #allOf(place: string): Place {
    return place.includes(received) ? this.#received : this.#sent
  }
}

/** Where one new id was sent there may be another; everything else may be any use. */
function triesOf({ uses, unknown, another }: Place, flow: Flow): number {
  return flow === 'another' ? unknown + another : uses
}

function emptyPlace(): Place {
  return { uses: 0, unknown: 0, another: 0, foreign: 0, changed: false }
}
