// Hot path: a passing request costs one key look-up, one decision and two header values.

import { ConfigError } from '../../core/config-error.ts'
import type { Exchange } from '../../core/exchange.ts'
import { FieldEdits } from '../../core/fields.ts'
import type { Counter, Host } from '../../core/host.ts'
import type { Policy } from '../../core/policy.ts'
import { refuse } from '../../core/problem.ts'
import { PASS, type Verdict } from '../../core/verdict.ts'
import { createGcra } from '../../lib/gcra.ts'
import { createLeakyBucket } from '../../lib/leaky-bucket.ts'
import { windowShape } from '../../lib/sliding-window.ts'
import { serializeItem } from '../../lib/structured-fields.ts'
import { createBucketLimiter } from '../../state/bucket-limiter.ts'
import type { Decision, Limiter } from '../../state/bucket-limiter.ts'
import { createKeyMaker } from '../../state/counter-key.ts'
import { openCounterMemory, windowCells } from '../../state/counter-memory.ts'
import { keepRedisStore } from '../../state/redis.ts'
import { createRemoteLimiter } from '../../state/remote-limiter.ts'
import type { RemoteLimiter } from '../../state/remote-limiter.ts'
import { createWindowLimiter } from '../../state/window-limiter.ts'
import { compileKeys } from './keys.ts'
import type { KeyPart } from './keys.ts'

/** Settings of one limiter, defaults filled in. */
export interface RateLimitConfig {
  readonly algorithm: 'token-bucket' | 'leaky-bucket' | 'sliding-window'
  readonly limit: { readonly amount: number; readonly windowMs: number }
  /** Size of a token bucket; null = the amount of the limit. */
  readonly burst: number | null
  /** How many may wait in a leaky bucket. */
  readonly queue: number
  /** The longest wait in a leaky bucket, ms. */
  readonly delay: number
  readonly by: readonly KeyPart[]
  /** Name of a store; null = the shared memory of this process. */
  readonly store: string | null
  readonly onUnavailable: 'deny' | 'local' | 'allow'
  /** Name in the RateLimit fields; null = the entry's id. */
  readonly name: string | null
  /** Whether answers carry the RateLimit fields. */
  readonly headers: boolean
}

const TABLE_FULL = 'rate_limit_table_full'
const STORE_AWAY = 'rate_limit_store_unavailable'

/** Limits how often a key may call. Exact over all workers, and with a store over all gateways. */
export const rateLimit: Policy<RateLimitConfig> = {
  name: 'rate-limit',
  phase: config => (config.by.some(part => isProven(part)) ? 'limit' : 'admit'),
  schema: async () => (await import('./schema.ts')).schema,
  problems: {},
  counters: [TABLE_FULL, STORE_AWAY],
  warnings(config) {
    if (
      !config.by.some(part => part.kind === 'header') ||
      config.by.some(part => part.kind === 'address' || isProven(part))
    )
      return []
    return ['is keyed by a header that the client chooses: whoever changes it on every request is not limited']
  },
  compile(config, host) {
    const makeKey = host.keep('rate-limit/key-maker', () => createKeyMaker(host.counters.hashKey))
    const keyOf = compileKeys(config.by, `${family(config)}|${host.entry.key}`, makeKey)
    const answer = compileAnswer(config, host)
    const local = createLocal(config, host)
    const { clock } = host
    if (config.store === null) {
      return { request: x => answer(x, local.take(keyOf(x), clock.monotonic())) }
    }
    if (!Object.hasOwn(host.stores, config.store))
      throw new ConfigError({ pointer: '/store', reason: `no store is named ${JSON.stringify(config.store)}` })
    const remote = createRemoteLimiter(keepRedisStore(host, config.store), config)
    return { request: compileRemote({ config, host, remote, local, keyOf, answer }) }
  },
}

/** Parts that only a verified caller has: such a limiter runs after identify. */
function isProven(part: KeyPart): boolean {
  return part.kind === 'principal' || part.kind === 'api-key' || part.kind === 'claim'
}

// Buckets and windows keep different states: a limiter that changes its algorithm starts anew, one that changes its numbers does not.
function family(config: RateLimitConfig): string {
  return config.algorithm === 'sliding-window' ? 'window' : 'bucket'
}

function createLocal(config: RateLimitConfig, host: Host): Limiter {
  const tables = host.keep('limiter-tables', () => openCounterMemory(host.counters.memory))
  const { amount, windowMs } = config.limit
  switch (config.algorithm) {
    case 'token-bucket':
      return createBucketLimiter(tables, createGcra({ amount, windowMs, burst: config.burst ?? amount }), false)
    case 'leaky-bucket':
      return createBucketLimiter(
        tables,
        createLeakyBucket({ amount, windowMs, queue: config.queue, delayMs: config.delay }).slots,
        true,
      )
    case 'sliding-window':
      return createWindowLimiter(tables, windowShape({ amount, windowMs }, windowCells))
  }
}

type Answer = (x: Exchange, decision: Readonly<Decision>) => Verdict | Promise<Verdict>

/** Decision → verdict, header fields and, for a leaky bucket, the wait. */
function compileAnswer(config: RateLimitConfig, host: Host): Answer {
  const item = serializeItem({ value: config.name ?? host.entry.id })
  const { units, windowMs } = quota(config)
  const policyField: [string, string] = ['RateLimit-Policy', `${item};q=${units};w=${Math.ceil(windowMs / 1000)}`]
  const before = `${item};r=`
  const tableFull: Counter = host.counter(TABLE_FULL)
  // Both texts are a name that is checked here, once, and whole numbers; so requests add them unchecked, which saves 0.3 µs of each.
  new FieldEdits().add(policyField[0], policyField[1])
  new FieldEdits().add('RateLimit', `${before}0;t=0`)

  // Lists (RFC 9651): several limiters of one route each add a member.
  function mark(x: Exchange, remaining: number, seconds: number): void {
    const { set } = (x.responseEdits ??= new FieldEdits())
    set.push(['RateLimit', `${before}${remaining};t=${seconds}`], policyField)
  }

  return (x, decision) => {
    if (decision.outcome === 'pass') {
      if (config.headers) mark(x, decision.remaining, Math.ceil(decision.resetMs / 1000))
      return decision.delayMs > 0 ? wait(x, decision.delayMs) : PASS
    }
    const seconds = Math.max(1, Math.ceil(decision.resetMs / 1000))
    const headers = [['Retry-After', String(seconds)]] as const
    if (decision.outcome === 'refuse') {
      if (config.headers) mark(x, 0, seconds)
      return refuse('rate-limited', { reason: `limit of ${item}`, headers })
    }
    tableFull.add(1)
    return refuse('overloaded', { reason: 'the limiter table is full: a new key cannot be counted', headers })
  }
}

/** What the fields call the quota: as many units as can pass at once, and the time in which they come back. */
function quota(config: RateLimitConfig): { units: number; windowMs: number } {
  const { amount, windowMs } = config.limit
  if (config.algorithm === 'sliding-window') return { units: amount, windowMs }
  const units =
    config.algorithm === 'token-bucket'
      ? (config.burst ?? amount)
      : createLeakyBucket({ amount, windowMs, queue: config.queue, delayMs: config.delay }).queue + 1
  return { units, windowMs: (windowMs / amount) * units }
}

/** Passes when the slot has come; refuses at once when the client is gone, so that nothing is forwarded for nobody. */
function wait(x: Exchange, delayMs: number): Promise<Verdict> {
  return new Promise(resolve => {
    const { signal } = x
    const gone = () => {
      clearTimeout(timer)
      resolve(refuse('rate-limited', { reason: 'the client went away while it waited for its slot' }))
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', gone)
      resolve(PASS)
    }, Math.ceil(delayMs))
    if (signal.aborted) gone()
    else signal.addEventListener('abort', gone, { once: true })
  })
}

function compileRemote(parts: {
  readonly config: RateLimitConfig
  readonly host: Host
  readonly remote: RemoteLimiter
  readonly local: Limiter
  readonly keyOf: (x: Exchange) => ReturnType<ReturnType<typeof compileKeys>>
  readonly answer: Answer
}): (x: Exchange) => Verdict | Promise<Verdict> {
  const { config, host, remote, local, keyOf, answer } = parts
  const away = host.counter(STORE_AWAY)

  function without(x: Exchange, reason: string): Verdict | Promise<Verdict> {
    away.add(1)
    switch (config.onUnavailable) {
      case 'local':
        return answer(x, local.take(keyOf(x), host.clock.monotonic()))
      case 'allow':
        x.note('rate-limit', 'dependency-unavailable', reason)
        return PASS
      case 'deny':
        return refuse('dependency-unavailable', { reason, headers: [['Retry-After', '1']] })
    }
  }

  return x => {
    const asked = remote.take(keyOf(x))
    if (typeof asked === 'string') return without(x, asked)
    return asked.then(found => (typeof found === 'string' ? without(x, found) : answer(x, found)))
  }
}
