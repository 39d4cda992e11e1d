import { hash } from 'node:crypto'
import { createGcra } from '../lib/gcra.ts'
import { createLeakyBucket } from '../lib/leaky-bucket.ts'
import { windowShape } from '../lib/sliding-window.ts'
import type { Decision } from './bucket-limiter.ts'
import { bucketScript, windowScript } from './redis-scripts.ts'
import type { RedisScript } from './redis-scripts.ts'
import type { RedisStore } from './redis.ts'

/** A limit that several gateways share through one store. */
export interface RemoteLimiter {
  /** One decision, one round trip. A text in place of a Decision is the private reason why the store gave none. */
  take(key: RemoteKey): Promise<Decision | string> | string
}

/** A limiter key for stores: its text (lib/limiter-key.ts), and the name made of it at the first use. */
export interface RemoteKey {
  readonly text: string
  remote: string | null
}

export interface RemoteLimit {
  readonly algorithm: 'token-bucket' | 'leaky-bucket' | 'sliding-window'
  readonly limit: { readonly amount: number; readonly windowMs: number }
  readonly burst: number | null
  readonly queue: number
  readonly delay: number
}

/** A window in the store is exact to the request up to this many. */
const cellsMax = 1024

export function createRemoteLimiter(store: RedisStore, limit: RemoteLimit): RemoteLimiter {
  const { script, args, family } = scriptOf(limit)
  return {
    take(key) {
      // Identifiers do not leave the process in clear, and the braces keep one key on one node of a cluster.
      key.remote ??= `portcullis:${family}:{${hash('sha256', key.text, 'base64url').slice(0, 22)}}`
      const asked = store.run(script, key.remote, args)
      return typeof asked === 'string' ? asked : asked.then(decisionOf)
    },
  }
}

function scriptOf(limit: RemoteLimit): { script: RedisScript; args: readonly string[]; family: string } {
  const { amount, windowMs } = limit.limit
  switch (limit.algorithm) {
    case 'sliding-window': {
      const { perCell } = windowShape({ amount, windowMs }, cellsMax)
      // Lists with other cells are other lists.
      return { script: windowScript, args: [windowMs * 1000, amount, perCell].map(String), family: `w${perCell}` }
    }
    case 'leaky-bucket':
      return bucketOf(
        amount,
        windowMs,
        createLeakyBucket({ amount, windowMs, queue: limit.queue, delayMs: limit.delay }).slots.burst,
      )
    case 'token-bucket':
      return bucketOf(amount, windowMs, createGcra({ amount, windowMs, burst: limit.burst ?? amount }).burst)
  }
}

function bucketOf(amount: number, windowMs: number, burst: number) {
  // Rounded up: the store is never more generous than the limit, and below 100,000 a second less than 1 % stricter.
  const interval = Math.ceil((windowMs * 16_000) / amount)
  return { script: bucketScript, args: [String(interval), String(interval * burst)], family: 'b' }
}

function decisionOf(reply: unknown): Decision | string {
  if (typeof reply === 'string') return reply
  if (!Array.isArray(reply) || reply.length !== 4 || !reply.every(Number.isFinite))
    return 'the store gave an answer that is not ours'
  const [passed, remaining, resetUs, delayUs] = reply as [number, number, number, number]
  return { outcome: passed === 1 ? 'pass' : 'refuse', remaining, resetMs: resetUs / 1000, delayMs: delayUs / 1000 }
}
