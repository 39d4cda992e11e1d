import type { KeptSlot } from '../detectors/detector.ts'
import { ChangedRows } from '../traces/changed-rows.ts'
import type { ActorKind, Actors, KnownActor } from './actors.ts'

/** Actors that are written at once, about once a second: a flood of callers must not become a flood of writes. */
export const writtenMax = 2000

interface Row {
  readonly kind: ActorKind
  readonly method: string
  readonly first: number
  readonly last: number
  readonly calls: number
  readonly suspicion: number
  readonly suspect: number
  readonly slots: Readonly<Record<string, unknown>>
}

/** What survives the process of actors and of the state that detectors keep for them: a row for each, by name. */
export class ActorRows {
  readonly #actors: Actors
  readonly #slots: Array<readonly [at: number, name: string, kept: KeptSlot<unknown>]> = []
  readonly #rows = new ChangedRows()
  #waiting = new Set<KnownActor>()

  constructor(actors: Actors) {
    this.#actors = actors
  }

  slot(at: number, name: string, kept: KeptSlot<unknown>): void {
    this.#slots.push([at, name, kept])
  }

  changed(actor: KnownActor): void {
    if (actor.changed) return
    actor.changed = true
    this.#waiting.add(actor)
  }

  forget(actor: KnownActor): void {
    this.#waiting.delete(actor)
    this.#rows.gone(actor.name)
  }

  /** The state that was kept, once; undefined: none was, or it does not read. */
  revive<S>(actor: KnownActor, name: string, kept: KeptSlot<S>): S | undefined {
    const dump = actor.saved?.[name]
    if (dump === undefined) return undefined
    delete (actor.saved as Record<string, unknown>)[name]
    try {
      return kept.restore(dump, actor)
    } catch {
      return undefined
    }
  }

  changes(): Iterable<readonly [key: string, value: string | null]> {
    let left = writtenMax
    for (const actor of this.#waiting) {
      if (left-- === 0) break
      this.#waiting.delete(actor)
      actor.changed = false
      this.#rows.changed(actor.name)
    }
    return this.#rows.take(name => {
      const actor = this.#actors.find(name)
      return actor === undefined ? null : JSON.stringify(this.#row(actor))
    })
  }

  /** How many rows did not read. */
  restore(rows: Iterable<readonly [key: string, value: string]>): number {
    let unreadable = 0
    for (const [name, text] of rows) {
      try {
        const { kind, method, first, last, calls, suspicion, suspect, slots } = JSON.parse(text) as Row
        if (!['principal', 'session', 'address'].includes(kind) || typeof slots !== 'object')
          throw new RangeError('no row of an actor')
        const actor = this.#actors.of(kind, name, { method, timeMs: first })
        Object.assign(actor, { lastMs: last, calls, suspicion, suspectUntilMs: suspect, saved: { ...slots } })
        this.#rows.stored(name)
      } catch {
        unreadable++
      }
    }
    return unreadable
  }

  #row(actor: KnownActor): Row {
    const slots: Record<string, unknown> = { ...actor.saved }
    for (const [at, name, kept] of this.#slots) {
      const state = actor.state[at]
      if (state !== undefined) slots[name] = kept.dump(state, actor)
    }
    const { kind, method, firstMs, lastMs, calls, suspicion, suspectUntilMs } = actor
    return { kind, method, first: firstMs, last: lastMs, calls, suspicion, suspect: suspectUntilMs, slots }
  }
}
