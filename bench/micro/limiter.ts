import { exchange } from '../../test/support/exchange.ts'
import { testHost } from '../../test/support/host.ts'
import type { Host } from '../../src/core/host.ts'
import { rateLimit } from '../../src/policies/rate-limit/policy.ts'
import { schema } from '../../src/policies/rate-limit/schema.ts'
import { createKeyMaker } from '../../src/state/counter-key.ts'
import { createCounterMemory } from '../../src/state/counter-memory.ts'
import type { MicroCase } from './micro-case.ts'

// The machine's monotonic clock, as workers read it: its 0.07 µs are part of what a decision costs.
const clock = {
  now: Date.now,
  monotonic: () => {
    const [seconds, nanos] = process.hrtime()
    return seconds * 1e3 + nanos / 1e6
  },
}
const hashKey = new Uint8Array(32).fill(1)
const exchanges = Array.from({ length: 256 }, (_, i) =>
  exchange({
    client: `192.0.2.${i}`,
    principal: { method: 'jwt', issuer: 'https://idp.example.test/', subject: `user-${i}` },
  }),
)

/** What one decision costs, for 256 keys in turn: passing and refused, with and without the header fields, and a key never seen before. */
export const cases: readonly MicroCase[] = [
  decision('token bucket by principal', { limit: '1000000000/min', by: ['principal'] }),
  decision('the same without fields', { limit: '1000000000/min', by: ['principal'], headers: false }),
  decision('token bucket by address', { limit: '1000000000/min', by: ['address'] }),
  decision('sliding window of 100 million', { algorithm: 'sliding-window', limit: '100000000/min', by: ['address'] }),
  decision('sliding window, refused', { algorithm: 'sliding-window', limit: '100/h', by: ['address'] }),
  decision('token bucket, refused', { limit: '100/h', by: ['address'] }),
  newKey(),
]

function decision(name: string, settings: unknown): MicroCase {
  const counters = { memory: createCounterMemory({ entries: 1 << 14 }), hashKey }
  const host: Host = { ...testHost({ counters }), clock }
  const { request } = rateLimit.compile(schema.parse(settings), host)
  let at = 0
  return {
    name: `limiter: ${name}`,
    run() {
      const x = exchanges[at++ & 255]
      if (x === undefined || request === undefined) throw new Error('no exchange')
      x.responseEdits = null
      return request(x)
    },
  }
}

function newKey(): MicroCase {
  const keyOf = createKeyMaker(hashKey)
  let at = 0
  return {
    name: 'limiter: the tag of a key never seen',
    run: () => keyOf(`18:route/api/per-user9:192.0.2.${at++}`).tag[0],
  }
}
