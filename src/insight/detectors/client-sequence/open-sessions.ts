// Hot path: once per event.
import { Habits, type Session } from '../../sequences/habits.ts'

/** What one actor does at one service without a long pause. */
export interface OpenSession {
  readonly service: string
  readonly session: Session
  readonly steps: string[]
  readonly firstMs: number
  lastMs: number
  /** Every step may be learnt. */
  learnable: boolean
  /** Enough was known when it began. One that is seen from its middle on looks strange. */
  readonly judged: boolean
  /** Something was said of it. */
  abnormal: boolean
}

/** A pause that ends a session, ms. */
export const pauseMs = 30 * 60_000
/** A session is learnt in parts of this length: what never pauses must end too. */
export const stepsMax = 200
/** Services of one actor at the same time, and services with habits. */
const openMax = 4
const servicesMax = 64
/** Sessions of a service that stand as rows of their own before they are put into one. */
const rowsMax = 256

/** The habits of every service, as rows: a snapshot, and the sessions learnt since. */
export class ServiceHabits {
  readonly #habits = new Map<string, { habits: Habits; firstMs: number; rows: number }>()
  readonly #changes = new Map<string, string | null>()

  /** null: there is no room for another service. */
  of(service: string, timeMs: number): { readonly habits: Habits; readonly firstMs: number } | null {
    const known = this.#habits.get(service)
    if (known !== undefined) return known
    if (this.#habits.size >= servicesMax) return null
    const made = { habits: new Habits(), firstMs: timeMs, rows: 0 }
    this.#habits.set(service, made)
    return made
  }

  learn(service: string, steps: readonly string[]): void {
    const known = this.#habits.get(service)
    if (known === undefined) return
    known.habits.learn(steps)
    this.#changes.set(`session ${known.rows++} ${service}`, JSON.stringify(steps))
    if (known.rows < rowsMax) return
    for (let row = 0; row < known.rows; row++) this.#changes.set(`session ${row} ${service}`, null)
    this.#changes.set(`habits ${service}`, JSON.stringify([known.firstMs, known.habits.dump()]))
    known.rows = 0
  }

  *changes(): Iterable<readonly [key: string, value: string | null]> {
    yield* this.#changes
    this.#changes.clear()
  }

  restore(rows: Iterable<readonly [key: string, value: string]>): void {
    const sessions: { readonly service: string; readonly row: number; readonly steps: string[] }[] = []
    for (const [key, value] of rows) {
      const [kind, first = ''] = key.split(' ', 2)
      if (kind === 'habits') {
        const service = key.slice('habits '.length)
        const [firstMs, dump] = JSON.parse(value) as [number, ReturnType<Habits['dump']>]
        this.#habits.set(service, { habits: new Habits(dump), firstMs, rows: 0 })
      } else {
        const service = key.slice(`session ${first} `.length)
        sessions.push({ service, row: Number(first), steps: JSON.parse(value) as string[] })
      }
    }
    for (const { service, row, steps } of sessions.sort((a, b) => a.row - b.row)) {
      const known = this.of(service, 0) as { habits: Habits; rows: number } | null
      if (known === null) continue
      known.habits.learn(steps)
      known.rows = row + 1
    }
  }
}

export interface SessionStart {
  readonly service: string
  readonly timeMs: number
  readonly habits: Habits
  readonly judged: boolean
}

/** The actor's session at a service that a step belongs to; one that cannot go on is given to `end`. */
export function sessionFor(
  open: OpenSession[],
  { service, timeMs, habits, judged }: SessionStart,
  end: (session: OpenSession) => void,
): OpenSession {
  const at = open.findIndex(session => session.service === service)
  const known = open[at]
  if (known !== undefined && timeMs - known.lastMs < pauseMs && known.steps.length < stepsMax) return known
  if (known !== undefined) open.splice(at, 1)
  const ended = known ?? (open.length >= openMax ? open.shift() : undefined)
  if (ended !== undefined) end(ended)
  const made: OpenSession = {
    service,
    session: habits.begin(),
    steps: [],
    firstMs: timeMs,
    lastMs: timeMs,
    learnable: true,
    judged,
    abnormal: false,
  }
  open.push(made)
  return made
}
