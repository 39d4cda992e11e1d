import { createPublicKey, createSecretKey, type JsonWebKeyInput, type KeyObject } from 'node:crypto'
import type {
  Clock,
  Counter,
  EntryIdentity,
  Host,
  KeySet,
  KeySource,
  SharedCounters,
  StoreSettings,
  VerificationKey,
} from '../../src/core/host.ts'

/** A clock that only a test moves. */
export interface FakeClock extends Clock {
  advance(ms: number): void
}

/** One call of the log. */
export interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly facts: Readonly<Record<string, unknown>>
}

/** A Host whose time, log, counters and kept things a test can see. */
export interface TestHost extends Host {
  readonly clock: FakeClock
  readonly lines: LogLine[]
  /** What was added to each counter. */
  readonly counted: Map<string, number>
  readonly kept: Map<string, unknown>
  /** Closes everything that was kept, as the end of the last snapshot does. */
  close(): void
}

export interface HostSettings {
  /** Wall clock at the start, ms since the epoch; 2026-01-01 by default. */
  readonly now?: number
  /** Monotonic clock at the start, ms. */
  readonly monotonic?: number
  readonly stores?: Readonly<Record<string, StoreSettings>>
  readonly counters?: SharedCounters
  /** The configured entry; `route/test/policy` by default. */
  readonly entry?: EntryIdentity
  /** Key sets for sources that are not written in the configuration. */
  readonly keys?: (source: KeySource) => KeySet
}

/** A Host for tests: no thread, no socket, no real time. A key set that is not given inline is `unavailable` unless `keys` says otherwise. */
export function testHost(settings: HostSettings = {}): TestHost {
  const lines: LogLine[] = []
  const counted = new Map<string, number>()
  const kept = new Map<string, unknown>()
  const log =
    (level: LogLine['level']) =>
    (message: string, facts: Readonly<Record<string, unknown>> = {}) => {
      lines.push({ level, message, facts })
    }
  return {
    clock: fakeClock(settings.now ?? Date.UTC(2026, 0, 1), settings.monotonic ?? 1_000),
    log: { info: log('info'), warn: log('warn'), error: log('error') },
    counters: settings.counters ?? { memory: new SharedArrayBuffer(1 << 20), hashKey: new Uint8Array(32).fill(7) },
    entry: settings.entry ?? { key: 'route/test/policy', id: 'policy' },
    stores: settings.stores ?? {},
    keep<T>(key: string, make: () => T & { close?(): void }): T {
      if (!kept.has(key)) kept.set(key, make())
      return kept.get(key) as T
    },
    keys: source =>
      source.keys === undefined && settings.keys !== undefined ? settings.keys(source) : inlineKeys(source),
    counter: (name): Counter => ({ add: amount => void counted.set(name, (counted.get(name) ?? 0) + amount) }),
    lines,
    counted,
    kept,
    close() {
      for (const one of kept.values()) (one as { close?(): void }).close?.()
      kept.clear()
    },
  }
}

/** A clock that stands still until `advance`; both of its readings move together. */
export function fakeClock(now: number, monotonic: number): FakeClock {
  let passed = 0
  return {
    now: () => now + passed,
    monotonic: () => monotonic + passed,
    advance(ms) {
      passed += ms
    },
  }
}

/** The key set of a `keys:` document; one without a document is `unavailable`, and whatever is asked for stays unknown. */
export function inlineKeys(source: KeySource): KeySet {
  const keys = (source.keys?.keys ?? []).map(verificationKey)
  const ready = source.keys !== undefined
  return {
    version: 1,
    state: ready ? 'ready' : 'unavailable',
    candidates: kid => keys.filter(key => kid === null || key.kid === kid),
    want: kid => Promise.resolve(!ready ? 'unavailable' : keys.some(key => key.kid === kid) ? 'found' : 'unknown'),
  }
}

function verificationKey(jwk: Readonly<Record<string, unknown>>): VerificationKey {
  return {
    kid: typeof jwk['kid'] === 'string' ? jwk['kid'] : null,
    alg: typeof jwk['alg'] === 'string' ? jwk['alg'] : null,
    kty: String(jwk['kty']),
    crv: typeof jwk['crv'] === 'string' ? jwk['crv'] : null,
    key: keyObject(jwk),
  }
}

function keyObject(jwk: Readonly<Record<string, unknown>>): KeyObject {
  if (jwk['kty'] === 'oct') return createSecretKey(Buffer.from(String(jwk['k']), 'base64url'))
  return createPublicKey({ key: jwk as JsonWebKeyInput['key'], format: 'jwk' })
}
