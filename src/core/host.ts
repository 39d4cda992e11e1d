import type { KeyObject } from 'node:crypto'
import type { Secret } from './secret.ts'

/** Time, handed in so that tests own it. */
export interface Clock {
  /** Wall clock, ms since the epoch. */
  now(): number
  /** Monotonic clock of the machine, ms with fraction; the same in every thread (unlike `performance.now`). */
  monotonic(): number
}

/** Operator's log: one line per call on stderr, never on the request path of a passing request. */
export interface Log {
  info(message: string, facts?: Readonly<Record<string, unknown>>): void
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void
  error(message: string, facts?: Readonly<Record<string, unknown>>): void
}

/** Where the keys of an issuer come from. Exactly one of the three places. */
export interface KeySource {
  readonly issuer: string
  /** A JWK Set by URL, written in the configuration. */
  readonly jwks?: string
  /** OIDC discovery at the issuer (`/.well-known/openid-configuration`). */
  readonly discovery?: true
  /** A JWK Set document given in the configuration itself. */
  readonly keys?: { readonly keys: ReadonlyArray<Readonly<Record<string, unknown>>> }
  /** PEM of the only CAs that a remote place's certificate may chain to; the system's roots when absent. */
  readonly ca?: string
  /** How long a last good answer may serve while the source is away, ms. */
  readonly maxStaleMs?: number
}

export interface VerificationKey {
  readonly kid: string | null
  /** JWK `alg`, when the key is bound to one. */
  readonly alg: string | null
  readonly kty: string
  readonly crv: string | null
  readonly key: KeyObject
}

export type KeyAnswer = 'found' | 'unknown' | 'unavailable'

/** A key set as a worker sees it: read synchronously, refreshed by the main thread. */
export interface KeySet {
  /** Changes whenever the set changes: part of the key of every cache of verified tokens. */
  readonly version: number
  /** `ready`: keys to use; `unavailable`: none yet, or older than max-stale. */
  readonly state: 'ready' | 'unavailable'
  /** The keys that may verify a token with this `kid` (null = the token names none). */
  candidates(kid: string | null): readonly VerificationKey[]
  /** Asks the main thread for a `kid` that is not here. Settles within 500 ms. */
  want(kid: string | null): Promise<KeyAnswer>
}

/** Counters shared by all workers of this process: 100/min is 100/min whatever thread serves the call. */
export interface SharedCounters {
  /** The memory behind it, for the algorithms in state/. */
  readonly memory: SharedArrayBuffer
  /** 32 random bytes of this process: keys the hash of limiter keys, so that nobody can aim for one bucket. */
  readonly hashKey: Uint8Array
  /** 24 zero bytes at start: the places for slow password hashes, few for the whole process. Without it each worker counts its own. */
  readonly slowHashes?: SharedArrayBuffer
  /** Callers that insight found something about (state/judged-callers.ts), written by main; without it nobody is judged. */
  readonly judged?: SharedArrayBuffer
}

/** One named metric series. */
export interface Counter {
  add(amount: number): void
}

/** Which configured entry a policy is compiled for; the same over reloads, so that a reload never resets a count. */
export interface EntryIdentity {
  /** Unique in the configuration: `LEVEL/OWNER/ID`, where the owner is the service's or route's name ('' on the global level). */
  readonly key: string
  /** The entry's id: unique within its chain, defaults to the policy's name. */
  readonly id: string
}

/** What a policy may use of the world. */
export interface Host {
  readonly clock: Clock
  readonly log: Log
  readonly counters: SharedCounters
  /** The configured entry that this Host was made for. */
  readonly entry: EntryIdentity
  /** Named stores of the configuration (`stores:`): resolved connection settings by name. */
  readonly stores: Readonly<Record<string, StoreSettings>>
  /** Survives a reload by key (sockets, caches, breaker state); `make` runs when the key is new. Released when no snapshot uses the key any more. */
  keep<T>(key: string, make: () => T & { close?(): void }): T
  keys(source: KeySource): KeySet
  /** A counter of this policy: `portcullis_policy_total{policy="…",counter="<name>"}`; names come from the policy's `counters` list. */
  counter(name: string): Counter
}

export interface StoreSettings {
  /** `redis://` or `rediss://` URL with credentials; revealed only to connect. */
  readonly redis: Secret
  /** No request waits longer for the store, ms. */
  readonly timeoutMs: number
}
