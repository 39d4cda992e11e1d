import { Habits, type SessionToLearn } from '../../sequences/habits.ts'

export interface LearntSession extends SessionToLearn {
  readonly steps: readonly string[]
}

/** What callers of one kind are like at one service. */
export interface KnownHabits {
  readonly habits: Habits
  /** When the first was seen, Unix ms. */
  readonly firstMs: number
}

interface Held extends KnownHabits {
  /** Sessions that were learnt since the last snapshot: each is a row of its own. */
  rows: number
  /** Those of them of which the row was not taken yet: put together when somebody asks, since nobody may. */
  fresh: LearntSession[]
}

/** Kinds of callers at services. */
const scopesMax = 128
/** Sessions that stand as rows of their own before they are put into one; and where there are many habits, half of those. */
const rowsMin = 256
const rowsMax = 4_096

/** The habits of every scope (a kind of callers at a service), as rows: a snapshot, and the sessions learnt since. */
export class ServiceHabits {
  readonly #held = new Map<string, Held>()
  /** Snapshots by key, and rows that they took the place of (null). */
  readonly #changes = new Map<string, string | null>()

  /** null: there is no room for another scope. */
  of(scope: string, timeMs: number): KnownHabits | null {
    return this.#of(scope, timeMs)
  }

  learn(scope: string, session: LearntSession): void {
    const held = this.#held.get(scope)
    if (held === undefined) return
    held.habits.learn(session.steps, session)
    held.rows++
    held.fresh.push(session)
    if (held.rows < Math.min(rowsMax, Math.max(rowsMin, held.habits.total / 2))) return
    // Made now, though it may be written much later: how often rows are taken must change nothing of them.
    const taken = held.rows - held.fresh.length
    for (let row = 0; row < taken; row++) this.#changes.set(`session ${row} ${scope}`, null)
    held.rows = 0
    held.fresh = []
    this.#changes.set(`habits ${scope}`, JSON.stringify([held.firstMs, held.habits.dump()]))
  }

  *changes(): Iterable<readonly [key: string, value: string | null]> {
    for (const [scope, held] of this.#held) {
      let row = held.rows - held.fresh.length
      for (const { steps, whole, ordered } of held.fresh)
        this.#changes.set(`session ${row++} ${scope}`, JSON.stringify([(whole ? 1 : 0) + (ordered ? 2 : 0), ...steps]))
      held.fresh = []
    }
    yield* this.#changes
    this.#changes.clear()
  }

  restore(rows: Iterable<readonly [key: string, value: string]>): void {
    const sessions: Array<{ readonly scope: string; readonly row: number } & LearntSession> = []
    for (const [key, value] of rows) {
      const [kind, first = ''] = key.split(' ', 2)
      if (kind === 'habits') {
        const [firstMs, dump] = JSON.parse(value) as [number, ReturnType<Habits['dump']>]
        this.#held.set(key.slice('habits '.length), { habits: new Habits(dump), firstMs, rows: 0, fresh: [] })
      } else {
        const [as, ...steps] = JSON.parse(value) as [number, ...string[]]
        sessions.push({
          scope: key.slice(`session ${first} `.length),
          row: Number(first),
          whole: (as & 1) > 0,
          ordered: (as & 2) > 0,
          steps,
        })
      }
    }
    for (const { scope, row, steps, ...as } of sessions.sort((a, b) => a.row - b.row)) {
      const held = this.#of(scope, 0)
      if (held === null) continue
      held.habits.learn(steps, as)
      held.rows = row + 1
    }
  }

  #of(scope: string, timeMs: number): Held | null {
    let held = this.#held.get(scope)
    if (held !== undefined) return held
    if (this.#held.size >= scopesMax) return null
    held = { habits: new Habits(), firstMs: timeMs, rows: 0, fresh: [] }
    this.#held.set(scope, held)
    return held
  }
}
