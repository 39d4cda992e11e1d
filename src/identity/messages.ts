import type { KeySource } from '../core/host.ts'
import type { CheckedJwk } from './check-jwks.ts'

/** Main → worker: all there is to know about one remote set, after each attempt to fetch it. Times are machine-monotonic ms. */
export interface SetMessage {
  readonly kind: 'set'
  readonly id: string
  /** 0 until the first good answer; grows whenever the keys change and never restarts within a process. */
  readonly version: number
  /** null when there are none, or when they are those of the version that was sent before. */
  readonly keys: readonly CheckedJwk[] | null
  /** When the next background refresh is due; stale from then on. */
  readonly freshUntilMs: number
  /** No attempt is made before; until then everybody gets the last outcome. */
  readonly coolUntilMs: number
  /** Did the last attempt get an answer that could be used? */
  readonly reachable: boolean
}

/** Main → worker: no configuration uses this set any more. */
export interface DropMessage {
  readonly kind: 'drop'
  readonly id: string
}

/** Main → worker: the attempt that a `want` waited for is over (or none is due); the set itself was sent before this. */
export interface DoneMessage {
  readonly kind: 'done'
  readonly ask: number
}

export type KeyMessage = SetMessage | DropMessage | DoneMessage

/** Worker → main: a token names a key that is not here. The `kid` itself stays behind: it decides nothing in the main thread. */
export interface WantMessage {
  readonly kind: 'want'
  readonly id: string
  readonly ask: number
}

/** How long a last good answer serves beyond its freshness when the source does not say. */
export const defaultMaxStaleMs = 600_000

/** A stable name of where keys come from: sources of one name share one fetch, whatever staleness each of them allows. */
export function sourceId(source: KeySource): string {
  return JSON.stringify([
    source.issuer,
    source.jwks ?? null,
    source.discovery ?? false,
    source.ca ?? null,
    source.keys ?? null,
  ])
}
