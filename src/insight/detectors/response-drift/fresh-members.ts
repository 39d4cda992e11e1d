// Hot path: once per answer of an operation that has members which wait.
interface Fresh {
  /** Whoever was shown it first; null: several were. */
  caller: string | null
  /** Answers with it, and answers without it that had room for it, since the first one. */
  shown: number
  lacking: number
  lastMs: number
}

const operationsMax = 2000
const membersMax = 64
/** What was not seen for a day starts anew, ms. */
const forgetMs = 86_400_000
/** One caller with so many answers is told though nobody else called. */
const manyAnswers = 5

/**
 * Members of answers that are not yet part of what is normal, by operation: is one shown to a single caller, while others lack it (a hole, or somebody
 * who made one), or to whoever calls (a release)? Bounded; lives as long as the process.
 */
export class FreshMembers {
  readonly #operations = new Map<string, Map<string, Fresh>>()

  /** Notes an answer: all its names, and those of them that are new. Says which of the new ones only this caller is shown. */
  note(
    operation: string,
    {
      names,
      unknown,
      caller,
      timeMs,
    }: { names: readonly string[]; unknown: readonly string[]; caller: string; timeMs: number },
  ): string[] {
    let members = this.#operations.get(operation)
    if (members === undefined) {
      if (unknown.length === 0 || this.#operations.size >= operationsMax) return []
      this.#operations.set(operation, (members = new Map()))
    }
    const has = new Set(names)
    for (const [name, fresh] of members) {
      if (timeMs - fresh.lastMs > forgetMs) members.delete(name)
      else if (!has.has(name) && (parentOf(name) === '' || has.has(parentOf(name)))) fresh.lacking++
    }
    const lone: string[] = []
    for (const name of unknown) {
      let fresh = members.get(name)
      if (fresh === undefined) {
        if (members.size >= membersMax) continue
        members.set(name, (fresh = { caller, shown: 0, lacking: 0, lastMs: timeMs }))
      }
      fresh.shown++
      fresh.lastMs = timeMs
      if (fresh.caller !== caller) fresh.caller = null
      else if (fresh.shown > 1 && (fresh.lacking > 0 || fresh.shown >= manyAnswers)) lone.push(name)
    }
    if (members.size === 0) this.#operations.delete(operation)
    return lone
  }
}

/** `items[].price` → `items[]`, `items[]` → `items`. */
function parentOf(name: string): string {
  return name.endsWith('[]') ? name.slice(0, -2) : name.slice(0, Math.max(0, name.lastIndexOf('.')))
}
