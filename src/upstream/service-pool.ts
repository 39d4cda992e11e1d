// Hot path: every exchange takes its connection here.
import type { UpstreamConnection } from '../net/h1/upstream-connection.ts'
import type { Pulse } from '../net/pulse.ts'
import { type NoConnection, type PoolSettings, TargetPool, type TargetSettings, type Waiting } from './target-pool.ts'

export type Connected = (
  connection: UpstreamConnection | null,
  target: TargetSettings,
  failure: NoConnection | null,
) => void

/** The targets of one service, taken in turn. */
export class ServicePool {
  readonly #pools: readonly TargetPool[]
  #turn = 0

  constructor(
    targets: readonly TargetSettings[],
    settings: PoolSettings,
    pulse: Pulse,
    count: (delta: number) => void,
  ) {
    this.#pools = targets.map(target => new TargetPool(target, settings, pulse, count))
  }

  /**
   * Calls `connected` with a connection, at once when an idle one is there (then null is returned). A target that cannot be reached passes
   * the turn on, since nothing was sent; each target is tried once. `fresh` avoids idle connections: for a retry after a stale one.
   * Who leaves while it waits gives its place up, and is not called any more.
   */
  take(connected: Connected, fresh = false): Waiting | null {
    const first = this.#turn
    this.#turn = (first + 1) % this.#pools.length
    const pool = this.#pools[first] as TargetPool
    const idle = fresh ? null : pool.takeIdle()
    if (idle === null) return new Search(this.#pools, first, fresh, connected)
    connected(idle, pool.target, null)
    return null
  }

  close(): void {
    for (const pool of this.#pools) pool.retire()
  }
}

/** One exchange's way through the targets, each tried once. */
class Search implements Waiting {
  readonly #pools: readonly TargetPool[]
  readonly #fresh: boolean
  readonly #connected: Connected
  #at: Waiting | null = null

  constructor(pools: readonly TargetPool[], first: number, fresh: boolean, connected: Connected) {
    this.#pools = pools
    this.#fresh = fresh
    this.#connected = connected
    this.#try(first, pools.length)
  }

  giveUp(): void {
    this.#at?.giveUp()
  }

  #try(index: number, left: number): void {
    const pool = this.#pools[index % this.#pools.length] as TargetPool
    const idle = this.#fresh || left === this.#pools.length ? null : pool.takeIdle()
    if (idle !== null) return this.#connected(idle, pool.target, null)
    let answered = false
    const waiting = pool.take((connection, failure) => {
      answered = true
      if (connection !== null || left === 1) this.#connected(connection, pool.target, failure)
      else this.#try(index + 1, left - 1)
    }, this.#fresh)
    // A full queue says so at once, and then another target is asked already.
    if (!answered) this.#at = waiting
  }
}
