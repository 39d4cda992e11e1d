import { randomBytes } from 'node:crypto'

/**
 * How long one set of resumption keys is used, ms. Node holds exactly one set, so a rotation makes each client do one full handshake:
 * every 12 hours that is nothing, and it bounds what a stolen key opens and how long a chain of resumptions may go on without the peer's
 * certificate being verified anew.
 */
export const ticketKeysLifeMs = 12 * 3600_000

/** Fresh resumption keys for all workers: 16 bytes of name, 16 of HMAC key, 16 of AES key. Made by the main thread, never stored. */
export function createTicketKeys(): Buffer {
  return randomBytes(48)
}

/** Is it time for new keys? Both times monotonic, in ms. */
export function ticketKeysDue(madeAtMs: number, nowMs: number): boolean {
  return nowMs - madeAtMs >= ticketKeysLifeMs
}
