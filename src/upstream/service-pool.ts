// Hot path: every exchange takes its connection here.
import type { UpstreamConnection } from '../net/h1/upstream-connection.ts'
import type { Pulse } from '../net/pulse.ts'
import { type NoConnection, type PoolSettings, TargetPool, type TargetSettings } from './target-pool.ts'

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
   * Calls `connected` with a connection, at once when an idle one is there. A target that cannot be reached passes the turn on,
   * since nothing was sent; each target is tried once. `fresh` avoids idle connections: for a retry after a stale one.
   */
  take(connected: Connected, fresh = false): void {
    const first = this.#turn
    this.#turn = (first + 1) % this.#pools.length
    this.#try(first, 0, fresh, connected)
  }

  close(): void {
    for (const pool of this.#pools) pool.retire()
  }

  #try(first: number, attempt: number, fresh: boolean, connected: Connected): void {
    const pool = this.#pools[(first + attempt) % this.#pools.length] as TargetPool
    const idle = fresh ? null : pool.takeIdle()
    if (idle !== null) return connected(idle, pool.target, null)
    pool.take((connection, failure) => {
      if (connection !== null || attempt + 1 >= this.#pools.length) return connected(connection, pool.target, failure)
      this.#try(first, attempt + 1, fresh, connected)
    }, fresh)
  }
}
