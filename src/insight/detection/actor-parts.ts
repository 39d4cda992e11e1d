// Hot path: once per event and detector that counts by operation.
import type { Actor } from './actors.ts'

/** Actors that are told apart; what others add is in the sum alone. */
const actorsMax = 512
/** So many are looked through one by one. */
const listMax = 12
const tableMin = 64

/** Who made up a sum. Two lists, and beyond a few a table of places in them: a Map for every window of every operation costs three times as much. */
export class ActorParts {
  #actors: Actor[] = []
  #parts: number[] = []
  /** Places plus 1, by hash of the actor; null: few. */
  #table: Uint16Array | null = null

  add(actor: Actor, part: number): void {
    const place = this.#placeOf(actor)
    if (place !== -1) this.#parts[place] = (this.#parts[place] as number) + part
    else if (this.#actors.length < actorsMax) this.#append(actor, part)
  }

  /** The heaviest first, of equal ones who came first. */
  heaviest(count: number): Array<readonly [actor: Actor, part: number]> {
    return this.#actors
      .map((actor, i) => [actor, this.#parts[i] as number] as const)
      .sort((a, b) => b[1] - a[1])
      .slice(0, count)
  }

  #placeOf(actor: Actor): number {
    const table = this.#table
    if (table === null) {
      for (let i = 0; i < this.#actors.length; i++) if (this.#actors[i] === actor) return i
      return -1
    }
    for (let at = actor.hash & (table.length - 1); ; at = (at + 1) & (table.length - 1)) {
      const place = (table[at] as number) - 1
      if (place === -1 || this.#actors[place] === actor) return place
    }
  }

  #append(actor: Actor, part: number): void {
    const place = this.#actors.length
    if (place === 0) {
      // Most windows of most operations have one: pushing it would make room for 17.
      this.#actors = [actor]
      this.#parts = [part]
      return
    }
    this.#actors.push(actor)
    this.#parts.push(part)
    if (place < listMax) return
    if (this.#table === null || (place + 1) * 2 > this.#table.length) {
      this.#table = new Uint16Array(this.#table === null ? tableMin : this.#table.length * 2)
      for (let i = 0; i < place; i++) enter(this.#table, this.#actors[i] as Actor, i)
    }
    enter(this.#table, actor, place)
  }
}

function enter(table: Uint16Array, actor: Actor, place: number): void {
  let at = actor.hash & (table.length - 1)
  while (table[at] !== 0) at = (at + 1) & (table.length - 1)
  table[at] = place + 1
}
