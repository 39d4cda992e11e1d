// Hot path: once per event.
import { sketchHash } from '../../lib/hyper-log-log.ts'
import { withOne } from '../../lib/short-list.ts'
import { ActorNumbers, type NumbersOfActor } from './actor-numbers.ts'

/** Who is held responsible for calls. Interned: the same object while it is known. */
export interface Actor {
  readonly kind: ActorKind
  /** `method issuer subject`, `session HASH` or `address 192.0.2.7`. */
  readonly name: string
  /** `sketchHash` of the name. */
  readonly hash: number
  /** How it proved itself: `jwt`, `mtls` …; `session` or `address` otherwise. What is normal is normal within one of these. */
  readonly method: string
  /** Event times, Unix ms. */
  readonly firstMs: number
  readonly lastMs: number
  readonly calls: number
  /** Sum of what was reported of it and of its calls that were turned away, fading with time; decides who is forgotten last. */
  readonly suspicion: number
  /** Until then (event time, Unix ms) nothing is learnt from it. */
  readonly suspectUntilMs: number
  /** Its latest calls, at most `trailMax`, in no order. */
  readonly trail: readonly Passed[]
}

/** One call of an actor, as far as findings tell of it. */
export interface Passed {
  readonly timeMs: number
  readonly event: string
  readonly address: string
  /** Id of the operation; `METHOD /path` when it is none that is known. */
  readonly operation: string
}

export type ActorKind = 'principal' | 'session' | 'address'

/** An actor as the table sees it. */
export interface KnownActor extends Actor, NumbersOfActor {
  lastMs: number
  calls: number
  suspicion: number
  suspectUntilMs: number
  trail: Passed[]
  /** State of detectors, by slot. */
  readonly state: unknown[]
  /** What was kept of it over a restart, by slot; null: nothing, or it was all taken. */
  saved: Record<string, unknown> | null
  /** It waits to be written. */
  changed: boolean
  /** In the list of its kind; -1: it was forgotten. */
  place: number
}

/** Each kind has room of its own: whoever has many addresses, or makes up sessions, must not crowd out principals. */
const actorsMax: Readonly<Record<ActorKind, number>> = { principal: 24_576, session: 12_288, address: 12_288 }
/** Actors that are compared when one must go. */
const compared = 24
export const trailMax = 8
/** Half of a suspicion is gone after so long, ms. */
const halfLifeMs = 6 * 3_600_000

/** Everybody who called lately, bounded; the least suspicious of the idle go first, so that chaff cannot push out an offender. */
export class Actors {
  /** Actors that were forgotten for want of room. */
  evicted = 0
  /** Of detectors that count. */
  readonly numbers = new ActorNumbers()
  readonly #byName = new Map<string, KnownActor>()
  readonly #lists: Readonly<Record<ActorKind, KnownActor[]>> = { principal: [], session: [], address: [] }
  readonly #max: Readonly<Record<ActorKind, number>>
  readonly #onEvict: (actor: KnownActor) => void
  #hand = 0

  constructor(onEvict: (actor: KnownActor) => void = () => {}, max: Readonly<Record<ActorKind, number>> = actorsMax) {
    this.#onEvict = onEvict
    this.#max = max
  }

  get size(): number {
    return this.#byName.size
  }

  find(name: string): KnownActor | undefined {
    return this.#byName.get(name)
  }

  /** The actor, made when it is not known. */
  of(
    kind: ActorKind,
    name: string,
    { method, timeMs }: { readonly method: string; readonly timeMs: number },
  ): KnownActor {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const list = this.#lists[kind]
    if (list.length >= this.#max[kind]) this.#evict(list)
    const { hot, hotAt, cold, coldAt } = this.numbers.take()
    const made: KnownActor = {
      hot,
      hotAt,
      cold,
      coldAt,
      kind,
      name,
      hash: sketchHash(name),
      method,
      firstMs: timeMs,
      lastMs: timeMs,
      calls: 0,
      suspicion: 0,
      suspectUntilMs: 0,
      trail: [],
      state: [],
      saved: null,
      changed: false,
      place: list.length,
    }
    list.push(made)
    this.#byName.set(name, made)
    return made
  }

  /** Counts a call; `turnedAway`: it was refused, or answered 4xx. */
  called(actor: KnownActor, passed: Passed, turnedAway: boolean): void {
    const { timeMs } = passed
    if (actor.trail.length < trailMax) actor.trail = withOne(actor.trail, passed)
    else actor.trail[actor.calls % trailMax] = passed
    actor.calls++
    if (turnedAway) this.suspect(actor, timeMs, 0.05)
    if (timeMs > actor.lastMs) actor.lastMs = timeMs
  }

  suspect(actor: KnownActor, timeMs: number, amount: number): void {
    actor.suspicion = faded(actor, timeMs) + amount
    if (timeMs > actor.lastMs) actor.lastMs = timeMs
  }

  *all(): Iterable<KnownActor> {
    for (const list of Object.values(this.#lists)) yield* list
  }

  #evict(list: KnownActor[]): void {
    let victim: KnownActor | null = null
    let least = Number.POSITIVE_INFINITY
    for (let n = 0; n < Math.min(compared, list.length); n++) {
      const one = list[this.#hand++ % list.length] as KnownActor
      // A call turned away weighs as much as an hour of silence.
      const worth = one.suspicion * 20 + one.lastMs / 3_600_000
      if (worth < least) {
        least = worth
        victim = one
      }
    }
    if (victim === null) return
    const last = list.pop() as KnownActor
    if (last !== victim) {
      list[victim.place] = last
      last.place = victim.place
    }
    victim.place = -1
    // Whoever still holds it needs its name and its trail.
    victim.state.length = 0
    this.#byName.delete(victim.name)
    this.evicted++
    this.#onEvict(victim)
    this.numbers.giveBack(victim)
  }
}

function faded({ suspicion, lastMs }: KnownActor, timeMs: number): number {
  return suspicion === 0 || timeMs <= lastMs ? suspicion : suspicion * 0.5 ** ((timeMs - lastMs) / halfLifeMs)
}
