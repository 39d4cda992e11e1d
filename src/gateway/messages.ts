import type { MessagePort } from 'node:worker_threads'
import type { ConfigIssue } from '../core/config-error.ts'
import type { MetricsMemory } from '../events/metrics/memory.ts'
import type { MetricsPlan } from '../events/metrics/plan.ts'

/** What a worker is born with. */
export interface WorkerBirth {
  readonly index: number
  readonly workers: number
  readonly counters: SharedArrayBuffer
  readonly slowHashes: SharedArrayBuffer
  /** 32 random bytes of this process: keys the tags of limiter keys. */
  readonly hashKey: Uint8Array
  /** Keys the hashes of masked path segments in events; equal over restarts when there is a state folder. */
  readonly eventHashKey: Uint8Array
  readonly metrics: MetricsMemory
  readonly plan: MetricsPlan
  readonly ring: SharedArrayBuffer
  /** To the key service. */
  readonly keys: MessagePort
}

/** Main → worker. Reload is two-phase: all workers prepare, then all commit (DESIGN §3). */
export type ToWorker =
  | {
      readonly kind: 'prepare'
      readonly version: number
      /** Config with secrets packed, its routes left out: they follow in portions, so that reading them never holds up a request. */
      readonly config: unknown
      readonly plan: MetricsPlan
      /** 48 bytes per listener name, for those with TLS. */
      readonly ticketKeys: Readonly<Record<string, Uint8Array>>
    }
  /** The next routes, secrets packed. Each portion is sent when the worker asked for `more`. */
  | { readonly kind: 'routes'; readonly version: number; readonly routes: unknown }
  /** That was all of it. */
  | { readonly kind: 'compile'; readonly version: number }
  | { readonly kind: 'commit'; readonly version: number }
  | { readonly kind: 'abort'; readonly version: number }
  | { readonly kind: 'drain'; readonly graceMs: number }

/** Worker → main. */
export type FromWorker =
  | { readonly kind: 'more'; readonly version: number }
  | { readonly kind: 'prepared'; readonly version: number }
  | { readonly kind: 'refused'; readonly version: number; readonly issues: readonly ConfigIssue[] }
  | { readonly kind: 'committed'; readonly version: number; readonly failures: readonly string[] }
  | {
      readonly kind: 'log'
      readonly level: 'info' | 'warn' | 'error'
      readonly message: string
      readonly facts?: Readonly<Record<string, unknown>>
    }
  | { readonly kind: 'drained' }
