import type { ZodType } from 'zod'
import type { Clock, Log } from './host.ts'

/** Where events go. One folder and one line in `events/sinks/index.ts`. Runs in the main thread, never on the request path. */
export interface Sink<C = unknown> {
  /** = folder = `sink:` in the configuration. */
  readonly name: string
  schema(): Promise<ZodType<C>>
  /** Settings that are paths of files; they come as absolute ones, see config/written-path.ts. */
  readonly paths?: readonly string[]
  /** Never throws and never waits: what cannot be opened is tried again at each write, which rejects with words that say what to do. */
  open(config: C, log: Log, clock: Clock): OpenSink
}

export interface OpenSink {
  /**
   * Takes whole NDJSON lines (UTF-8, each ends in LF). Resolves when they are handed over; rejects when they are lost.
   * Called again only after the last call settled.
   */
  write(lines: Uint8Array): Promise<void>
  /** Log reopen (SIGUSR2). */
  reopen?(): Promise<void>
  close(): Promise<void>
}
