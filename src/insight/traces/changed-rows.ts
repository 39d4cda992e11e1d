/** Which rows of a Durable changed since they were last taken. A row that came and went between two takes leaves no trace, so nobody who never takes them pays for it. */
export class ChangedRows {
  readonly #changed = new Set<string>()
  readonly #stored = new Set<string>()

  changed(key: string): void {
    this.#changed.add(key)
  }

  gone(key: string): void {
    if (this.#stored.has(key)) this.#changed.add(key)
    else this.#changed.delete(key)
  }

  /** The row is in the store already. */
  stored(key: string): void {
    this.#stored.add(key)
  }

  /** Changed rows with what `dump` says they are now; null: gone. */
  *take(dump: (key: string) => string | null): Iterable<readonly [string, string | null]> {
    for (const key of this.#changed) {
      const value = dump(key)
      if (value === null) this.#stored.delete(key)
      else this.#stored.add(key)
      yield [key, value]
    }
    this.#changed.clear()
  }
}
