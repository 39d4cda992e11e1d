import type { Exchange } from '../core/exchange.ts'
import { type Problem, refuse } from '../core/problem.ts'
import { Reply } from '../core/reply.ts'

/** Requests that concern the gateway itself and are never forwarded; null for all others. */
export function reply(x: Exchange): Reply | Problem | null {
  // TRACE would show a caller every header that was added on the way (RFC 9110 §9.3.8).
  if (x.method === 'TRACE') return refuse('not-implemented', { reason: 'TRACE is never forwarded' })
  if (x.method !== 'OPTIONS') return null
  // `OPTIONS *` asks about the server as a whole; Max-Forwards: 0 makes us the last to be asked (RFC 9110 §7.6.2).
  if (x.path === '*' || x.headers.get('max-forwards') === '0') return new Reply(204, [])
  return null
}
