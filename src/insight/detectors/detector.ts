import type * as z from 'zod'
import type { Severity } from '../../core/finding.ts'
import type { Baseline, Metric } from '../baselines/baseline.ts'
import type { Quarantine } from '../baselines/quarantine.ts'
import type { Actor } from '../detection/actors.ts'
import type { Moment } from '../detection/moment.ts'
import type { CallTree } from '../traces/call-tree.ts'

/** What one finding code means. */
export interface FindingKind {
  /** In a few words, for lists. */
  readonly title: string
  readonly severity: Severity
  /** `API1:2023` (OWASP API Security Top 10), `T1110.004` (MITRE ATT&CK). At least one. */
  readonly references: readonly string[]
}

/** Judges the stream, later than a policy and over many calls. One folder and one line in detectors/index.ts. */
export interface Detector<C> {
  /** = folder; never renamed or reused. */
  readonly name: string
  /** Of what stands in the configuration under `insight.detection.detectors.NAME`; lazy, so that nobody loads zod in vain. */
  schema(): Promise<z.ZodType<C>>
  /** What holds when nothing is written. */
  readonly defaults: C
  /** Every code that it reports. */
  readonly findings: Readonly<Record<string, FindingKind>>
  /** Its part of the budget of false alarms against the other detectors'; 1 when absent. */
  readonly weight?: number
  create(config: C, host: DetectorHost): DetectorAtWork
}

/** Any detector, in lists: its settings went through its own schema. */
export interface AnyDetector extends Omit<Detector<unknown>, 'create' | 'defaults'> {
  readonly defaults: unknown
  create(config: never, host: DetectorHost): DetectorAtWork
}

/** A detector that runs. Event time only; bounded memory; what it throws is counted and the stream goes on. */
export interface DetectorAtWork {
  /** Every exchange, refused ones too. */
  take?(moment: Moment): void
  /** Every call tree when it is finished. */
  takeTree?(tree: EndedTree): void
  /** Event time has come into another minute: windows may end. `nowMs`: start of that minute, Unix ms. */
  minute?(nowMs: number): void
  /** How much there was no room for so far: operations, chains, ids beyond the bounds of its memory. */
  lost?(): number
  /** What it learnt, as rows (model/durable.ts); short windows need not survive. */
  changes?(): Iterable<readonly [key: string, value: string | null]>
  restore?(rows: Iterable<readonly [key: string, value: string]>): void
}

/** What a detector may use. */
export interface DetectorHost {
  /**
   * The baseline of a metric in a scope (an operation, a kind of actor; '' for all): the same object whenever it is asked, bounded in number.
   * A scope that is not warm yet is judged by the one of all scopes. Scenarios and budgets are dealt with behind it.
   */
  baseline(metric: Metric, scope?: string): Baseline
  /** How much more of everything the scenario in force has (a sale: 3); 1: none is. For habits; baselines know it. */
  factor(): number
  /** The share (0–1) of requests that this detector may falsely judge abnormal. */
  readonly budget: number
  /** For alternatives to a baseline: has enough been learnt (samples, hours of event time since the first)? */
  isWarm(samples: number, firstMs: number): boolean
  /** New shapes that must not be learnt by one caller alone. */
  readonly quarantine: Quarantine
  /** State per actor that goes when the actor is forgotten; at most one per detector and purpose. */
  slot<S>(make: (actor: Actor) => S, kept?: KeptSlot<S>): ActorSlot<S>
  /** Places of numbers that each actor has from its first call on, 0 then (detection/actor-numbers.ts). Asked for while the detector is made. */
  numbers(hot: number, cold: number): { readonly hot: number; readonly cold: number }
  /** What several detectors look at: the same object for all that ask by this name. Its rows are kept once. */
  shared<S extends KeptRows>(name: string, make: () => S): S
  /** Further rows that survive the process; asked for and given back in the order of these calls. */
  keep(rows: KeptRows): void
  report(anomaly: Anomaly): void
}

/** How a slot's state survives the process: it is written with its actor after `changed`. */
export interface KeptSlot<S> {
  dump(state: S, actor: Actor): unknown
  /** Throws on what is no dump. */
  restore(dump: unknown, actor: Actor): S
}

export interface KeptRows {
  changes(): Iterable<readonly [key: string, value: string | null]>
  restore(rows: Iterable<readonly [key: string, value: string]>): void
}

/** State of one purpose for each actor. */
export interface ActorSlot<S> {
  /** Made when it is not there. */
  of(actor: Actor): S
  /** Puts another in its place. */
  put(actor: Actor, state: S): void
  /** What is kept of it is not as it was. */
  changed(actor: Actor): void
  /** undefined: none was made. */
  peek(actor: Actor): S | undefined
  /** Of all actors that are known, with theirs. */
  entries(): Iterable<readonly [Actor, S]>
}

/** A finished call tree as Traces hands it on. */
export interface EndedTree {
  readonly tree: CallTree
  /** Of the latest end in it, Unix ms. */
  readonly timeMs: number
}

/**
 * Something abnormal. The list joins what one detector says with one code of one actor (and of one operation, where no actor is named) while it
 * goes on, so a detector may report the same thing with every call.
 */
export interface Anomaly {
  /** Key of the detector's `findings`. */
  readonly code: string
  /** null: no one actor (a spread attack, a service): then `principals` and `addresses` name those responsible. */
  readonly actor: Actor | null
  /** Further principals' names (`method issuer subject`) that are responsible, the heaviest first; the actor's own is added. */
  readonly principals?: readonly string[]
  /** Addresses it came from, the heaviest first. */
  readonly addresses: readonly string[]
  /** Ids of operations it was about; a path that is none as `METHOD /path`. */
  readonly operations: readonly string[]
  /** Unix ms. */
  readonly firstMs: number
  readonly lastMs: number
  /** On the metric's own scale, and what was allowed. */
  readonly deviation: number
  readonly threshold: number
  /** What was seen, each with a figure; no values of queries, headers or bodies. */
  readonly evidence: readonly string[]
  /** What was normal, in words with figures. */
  readonly normal: string
  /** One sentence or two for people. */
  readonly explanation: string
  /** Without an actor: what makes it one and the same while it goes on; the first operation when absent. */
  readonly about?: string
  /** After so long without a report it has ended, ms; half an hour when absent. */
  readonly joinMs?: number
  /** Ids of the latest events that belong to it, few. */
  readonly events?: readonly string[]
}
