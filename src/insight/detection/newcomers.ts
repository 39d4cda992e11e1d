// Hot path: once per event and detector.
import { HashSet, hashesIn } from '../../lib/hash-set.ts'
import type { DetectorHost } from '../detectors/detector.ts'
import { ChangedRows } from '../traces/changed-rows.ts'
import type { Actor } from './actors.ts'

interface OperationUse {
  /** Calls, and callers that were new, both fading by the day. */
  calls: number
  newcomers: number
  /** Hashes of the callers that it has. */
  readonly callers: HashSet
  /** New callers with when they were first seen, Unix ms. */
  readonly waiting: Map<number, number>
  /** It waits to be written. */
  changed: boolean
}

/** `callers` stand in a row of their own, since they change seldom and are many; older rows have them here. */
interface OperationDump {
  readonly calls: number
  readonly newcomers: number
  readonly callers?: readonly number[]
  readonly waiting: ReadonlyArray<readonly [number, number]>
}

const operationsMax = 4096
const callersMax = 16_384
/** Of all operations together: 1,000 of them with 10,000 callers each, and some 70 MB. */
const allCallersMax = 12_000_000
/** Before the name in the key of the row of its callers: no name has it. */
const callersOf = '\n'
const waitingMax = 1024
const DAY_MS = 86_400_000
const fading = 0.75
/** With fewer callers than these an operation counts as new: one of them may have found what nobody should. */
const few = 3
/** An operation of which little is known is like all others. */
const trust = 20
/** A new caller is one of its kind only after so long, ms. */
const waitMs = DAY_MS

/**
 * Who calls which operation, and how surprising a new caller is: -ln of the chance (Good-Turing) that a call of this operation comes from somebody who never
 * called it. Operations that gain callers every day surprise nobody; those of a closed circle do.
 */
export class Newcomers {
  /** Operations for which there was no room. */
  overflow = 0
  readonly #host: DetectorHost
  readonly #uses = new Map<string, OperationUse>()
  readonly #rows = new ChangedRows()
  #calls = 0
  #callers = 0
  #newcomers = 0
  /** Operations that were new. */
  #fresh = 0
  #day = -1
  #firstMs = 0

  constructor(host: DetectorHost) {
    this.#host = host
  }

  /** 0: it is one of its callers, or too little is known. `learn`: the call was answered and nobody objects. */
  surprise(
    actor: Actor,
    operation: string,
    { timeMs, learn }: { readonly timeMs: number; readonly learn: boolean },
  ): number {
    if (this.#firstMs === 0) this.#firstMs = timeMs
    this.#turn(timeMs)
    let use = this.#uses.get(operation)
    const caller = actor.hash
    if (use?.callers.has(caller) === true) {
      if (learn) {
        use.calls++
        this.#calls++
        this.#changed(operation, use)
      }
      return 0
    }
    const warm = this.#host.isWarm(this.#calls, this.#firstMs)
    const rate = (this.#newcomers + 0.5) / (this.#calls + 1)
    // Of an operation that nobody ever called the question is how often such a one turns up.
    const chance =
      use === undefined || use.callers.size + use.waiting.size < few
        ? (this.#fresh + 0.5) / (this.#calls + 1)
        : (use.newcomers + trust * rate) / (use.calls + trust)
    const surprise = warm ? Math.max(0, -Math.log(Math.min(1, chance))) : 0
    if (!learn) return surprise
    if (use === undefined) {
      if (this.#uses.size >= operationsMax) {
        this.overflow++
        return surprise
      }
      this.#fresh++
      this.#uses.set(operation, (use = emptyUse()))
    }
    use.calls++
    this.#calls++
    this.#changed(operation, use)
    const since = use.waiting.get(caller)
    if (since === undefined) {
      use.newcomers++
      this.#newcomers++
      if (!warm) this.#admit(operation, use, caller)
      else if (use.waiting.size < waitingMax) use.waiting.set(caller, timeMs)
    } else if (timeMs - since >= waitMs) this.#admit(operation, use, caller)
    return surprise
  }

  /** In how many calls of the operation, for sentences. */
  calls(operation: string): { readonly calls: number; readonly callers: number } {
    const use = this.#uses.get(operation)
    return { calls: Math.round(use?.calls ?? 0), callers: use?.callers.size ?? 0 }
  }

  changes(): Iterable<readonly [key: string, value: string | null]> {
    this.#rows.changed('')
    return this.#rows.take(operation => {
      if (operation === '')
        return JSON.stringify({
          calls: this.#calls,
          newcomers: this.#newcomers,
          fresh: this.#fresh,
          day: this.#day,
          first: this.#firstMs,
        })
      if (operation.startsWith(callersOf)) {
        const callers = this.#uses.get(operation.slice(callersOf.length))?.callers
        return callers === undefined ? null : callers.toBase64()
      }
      const use = this.#uses.get(operation)
      if (use === undefined) return null
      use.changed = false
      const dump: OperationDump = { calls: use.calls, newcomers: use.newcomers, waiting: [...use.waiting] }
      return JSON.stringify(dump)
    })
  }

  restore(rows: Iterable<readonly [key: string, value: string]>): void {
    for (const [operation, text] of rows) {
      this.#rows.stored(operation)
      if (operation === '') {
        const { calls, newcomers, fresh, day, first } = JSON.parse(text) as Record<string, number>
        this.#calls = calls ?? 0
        this.#newcomers = newcomers ?? 0
        this.#fresh = fresh ?? 0
        this.#day = day ?? -1
        this.#firstMs = first ?? 0
      } else if (operation.startsWith(callersOf)) {
        const use = this.#restored(operation.slice(callersOf.length))
        // Older rows are JSON.
        const callers = text.startsWith('[') ? (JSON.parse(text) as number[]) : hashesIn(text)
        for (const caller of callers) this.#take(use, caller)
      } else {
        const { calls, newcomers, callers = [], waiting } = JSON.parse(text) as OperationDump
        const use = this.#restored(operation)
        use.calls = calls
        use.newcomers = newcomers
        for (const caller of callers) this.#take(use, caller)
        for (const [caller, since] of waiting) use.waiting.set(caller, since)
      }
    }
  }

  #restored(operation: string): OperationUse {
    const use = this.#uses.get(operation) ?? emptyUse()
    this.#uses.set(operation, use)
    return use
  }

  #changed(operation: string, use: OperationUse): void {
    if (use.changed) return
    use.changed = true
    this.#rows.changed(operation)
  }

  #admit(operation: string, use: OperationUse, caller: number): void {
    use.waiting.delete(caller)
    if (this.#take(use, caller)) this.#rows.changed(`${callersOf}${operation}`)
  }

  /** false: there is no room, or it is one of them. */
  #take({ callers }: OperationUse, caller: number): boolean {
    if (callers.size >= callersMax || this.#callers >= allCallersMax || !callers.add(caller)) return false
    this.#callers++
    return true
  }

  #turn(timeMs: number): void {
    const day = Math.floor(timeMs / DAY_MS)
    if (day <= this.#day) return
    if (this.#day >= 0) {
      const fade = fading ** Math.min(60, day - this.#day)
      this.#calls *= fade
      this.#newcomers *= fade
      this.#fresh *= fade
      for (const [operation, use] of this.#uses) {
        use.calls *= fade
        use.newcomers *= fade
        // Who waited and never came again must not hold a place.
        for (const [caller, since] of use.waiting) if (timeMs - since > 30 * DAY_MS) use.waiting.delete(caller)
        this.#changed(operation, use)
      }
    }
    this.#day = day
  }
}

function emptyUse(): OperationUse {
  return { calls: 0, newcomers: 0, callers: new HashSet(), waiting: new Map(), changed: false }
}
