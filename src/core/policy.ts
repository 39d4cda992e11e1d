import type { ZodType } from 'zod'
import type { Exchange } from './exchange.ts'
import type { Host, KeySource } from './host.ts'
import type { Outcome } from './outcome.ts'
import type { Phase } from './phase.ts'
import type { ProblemTable } from './problem.ts'
import type { Verdict } from './verdict.ts'

/** Judges an exchange. Synchronous unless something really has to be waited for. */
export type Check = (x: Exchange) => Verdict | Promise<Verdict>

/** A kind of security control. One folder and one line in `policies/index.ts`. */
export interface Policy<C = unknown> {
  /** = folder = `use:` in the configuration = metric label. */
  readonly name: string
  /** Where it runs; may depend on its settings (a limiter keyed by address admits, one keyed by principal limits). */
  readonly phase: Phase | ((config: C) => Phase)
  /** Loaded lazily, so that workers never load zod. A strictObject, described; the only home of defaults. */
  schema(): Promise<ZodType<C>>
  /** Problems of its own: code → status and title. */
  readonly problems: ProblemTable
  /** May Reply before anybody is authorized: cors, redirect, respond. */
  readonly answersStrangers?: true
  /** Header names (lower case) that this configuration makes the gateway set toward an upstream: reserved, so that no client can send them. */
  setsUpstream?(config: C): readonly string[]
  /** Names of the counters that it may use (`Host.counter`). */
  readonly counters?: readonly string[]
  /** Where its verification keys come from: the main thread fetches the remote ones as soon as the configuration is committed. */
  keySources?(config: C): readonly KeySource[]
  /** Things that are allowed but that an operator should know; printed by `check`. */
  warnings?(config: C): readonly string[]
  /** Its compiled form keeps nothing that belongs to one entry: within a configuration, all entries with equal settings share one. */
  readonly sharesForm?: true
  /** Settings → closures. Synchronous and without I/O, so that reload is atomic; throws ConfigError with pointers relative to `with`. */
  compile(config: C, host: Host): Compiled
}

/** What one configured policy does at each point of a request's life. Everything absent costs nothing. */
export interface Compiled {
  readonly request?: Check
  /** For identify policies: the challenge of `WWW-Authenticate` when nobody proved anything (RFC 9110 §11.6.1). */
  readonly challenge?: string
  /** Asks core to buffer the body within the route's limit. Bytes may be returned only by a transform policy. */
  body?(x: Exchange, bytes: Uint8Array): Verdict | Uint8Array | Promise<Verdict | Uint8Array>
  /** The service's status and fields are known (or our own answer is made), nothing is sent yet. */
  readonly response?: Check
  /** Exactly once for every policy whose `request` or `body` ran: release slots, count. */
  done?(x: Exchange, outcome: Outcome): void
  /** After the snapshot was replaced and its last exchange ended. */
  close?(): void
}
