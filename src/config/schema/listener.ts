import * as z from 'zod'
import { bytes, duration } from '../../core/values.ts'
import { isLoopback } from '../address.ts'
import { tlsSchema } from './tls.ts'
import { address, count, name } from './words.ts'

const limitsSchema = z
  .strictObject({
    head: bytes({ min: 1024, max: 1024 * 1024 })
      .prefault('32KiB')
      .describe('Request line and header fields together.'),
    fields: count(1, 1000).default(100).describe('Header fields of a request.'),
    url: bytes({ min: 256, max: 64 * 1024 })
      .prefault('8KiB')
      .describe('The request target.'),
    connections: count(1, 1_000_000).default(10_000).describe('Open connections of this listener.'),
    connectionsPerAddress: count(1, 1_000_000)
      .default(1_000)
      .describe('Open connections from one address (IPv6: one /64).'),
    requestsPerConnection: count(1, 1_000_000_000).default(1_000).describe('After that many the connection is closed.'),
    headTimeout: duration({ minMs: 100, maxMs: 600_000 })
      .prefault('10s')
      .describe('For a request head to arrive whole.'),
    idleTimeout: duration({ minMs: 100, maxMs: 3_600_000 })
      .prefault('60s')
      .describe('Between two requests on a connection.'),
    progressTimeout: duration({ minMs: 100, maxMs: 600_000 })
      .prefault('30s')
      .describe('Without one byte of a body moving.'),
  })
  .prefault({})
  .describe('Limits and timeouts of every connection.')

/** One address that is listened on. */
export const listenerSchema = z
  .strictObject({
    name: name().describe('Appears in events and metrics.'),
    address: address().describe(
      '`127.0.0.1:8080`, `:443` (every address of the machine), `[::1]:8080` or `unix:/path`.',
    ),
    tls: tlsSchema.optional(),
    plaintext: z
      .literal('acknowledged')
      .optional()
      .describe('Must be written on a listener without TLS that others than this machine can reach.'),
    hsts: z
      .union([z.literal('off'), duration()], 'must be a duration such as 365d, or off')
      .optional()
      .describe('Strict-Transport-Security max-age (RFC 6797). One year by default on TLS, never sent without TLS.'),
    zone: z
      .enum(['internet', 'partner', 'internal', 'service'])
      .optional()
      .describe('Who can reach it, for `portcullis surface`. Told from address and clientAuth by default.'),
    limits: limitsSchema,
  })
  .check(context => {
    const listener = context.value
    const refuse = (key: string, message: string): void => {
      context.issues.push({ code: 'custom', input: listener, path: [key], message })
    }
    if (listener.tls === undefined && listener.plaintext === undefined && !isLoopback(listener.address)) {
      refuse(
        'address',
        'would carry credentials in plain text beyond this machine: give tls, or write `plaintext: acknowledged`',
      )
    }
    if (listener.tls !== undefined && listener.plaintext !== undefined)
      refuse('plaintext', 'contradicts tls: remove one of them')
    if (listener.tls === undefined && listener.hsts !== undefined)
      refuse('hsts', 'does nothing without tls (RFC 6797 §7.2)')
  })
  .describe('An address with its TLS settings and limits.')
