/** What `Host.keep` gives away. */
type Keepable = { close?(): void }

/** Things that outlive a snapshot: by key, released when no snapshot uses them any more (Caddy's usage pool). */
export class Kept {
  readonly #things = new Map<string, { thing: Keepable; users: Set<number> }>()

  /** The thing of that key, made when it is new, held for snapshot `version`. */
  hold<T>(version: number, key: string, make: () => T & Keepable): T {
    const known = this.#things.get(key)
    if (known !== undefined) {
      known.users.add(version)
      return known.thing as T
    }
    const thing = make()
    this.#things.set(key, { thing, users: new Set([version]) })
    return thing
  }

  /** Snapshot `version` is gone. */
  release(version: number): void {
    for (const [key, { thing, users }] of this.#things) {
      users.delete(version)
      if (users.size > 0) continue
      this.#things.delete(key)
      thing.close?.()
    }
  }
}
