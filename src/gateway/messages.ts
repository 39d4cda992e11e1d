import type { MessagePort } from 'node:worker_threads'
import type { ConfigIssue } from '../core/config-error.ts'
import type { MetricsMemory } from '../events/metrics/memory.ts'
import type { MetricsPlan } from '../events/metrics/plan.ts'
import type { ConfigParcel } from './config-parcel.ts'

/** What a worker is born with. */
export interface WorkerBirth {
  readonly index: number
  readonly workers: number
  readonly counters: SharedArrayBuffer
  readonly slowHashes: SharedArrayBuffer
  readonly judged: SharedArrayBuffer
  /** 32 random bytes of this process: keys the tags of limiter keys. */
  readonly hashKey: Uint8Array
  /** Keys the hashes of masked path segments in events; equal over restarts when there is a state folder. */
  readonly eventHashKey: Uint8Array
  readonly metrics: MetricsMemory
  readonly plan: MetricsPlan
  readonly ring: SharedArrayBuffer
  /** Path of insight's socket; null: it does not run. */
  readonly insight: string | null
  /** To the key service. */
  readonly keys: MessagePort
}

/**
 * Main → worker. Reload is two-phase: all workers prepare, then all commit (DESIGN §3). Every order has a number that is never used twice,
 * so that a late answer to an order which main gave up is never taken for the answer to a later one.
 */
export type Order =
  | {
      readonly kind: 'prepare'
      /** The version that this configuration gets when it comes into force. A refused one leaves it to the next try. */
      readonly version: number
      readonly config: ConfigParcel
      readonly plan: MetricsPlan
      /** 48 bytes per listener name, for those with TLS. */
      readonly ticketKeys: Readonly<Record<string, Uint8Array>>
    }
  /** `prepared`: the number of the order to prepare it. */
  | { readonly kind: 'commit'; readonly prepared: number }
  | { readonly kind: 'drain'; readonly graceMs: number }

export type ToWorker =
  | (Order & { readonly number: number })
  /** Drops what was prepared; needs no answer. */
  | { readonly kind: 'abort' }

/** A worker's word on an order. */
export interface Answer {
  readonly kind: 'answer'
  /** Of the order. */
  readonly number: number
  /** What it objects to; an order that was carried out has none. */
  readonly issues: readonly ConfigIssue[]
}

/** Worker → main. */
export type FromWorker =
  | Answer
  | {
      readonly kind: 'log'
      readonly level: 'info' | 'warn' | 'error'
      readonly message: string
      readonly facts?: Readonly<Record<string, unknown>>
    }
