import * as z from 'zod'
import { bytes, cidr, duration } from '../../core/values.ts'
import { isLoopback } from '../address.ts'
import { address } from './words.ts'

const otlpSchema = z
  .strictObject({
    address: address().prefault('127.0.0.1:4318').describe('Where OTLP/HTTP is taken.'),
    allow: z.array(cidr()).default([]).describe('Networks that may send when the address is beyond loopback.'),
  })
  .check(context => {
    const otlp = context.value
    if (isLoopback(otlp.address) || otlp.allow.length > 0) return
    context.issues.push({
      code: 'custom',
      input: otlp,
      path: ['address'],
      message: 'is reachable beyond this machine, so it needs allow: the networks that may send',
    })
  })
  .describe('Receiver of spans from tracers of the services; none when absent.')

export const insightSchema = z
  .strictObject({
    enabled: z.boolean().optional().describe('Whether to learn from traffic; by default when there is a stateDir.'),
    retention: duration({ minMs: 3_600_000 }).prefault('30d').describe('How long events and spans are kept.'),
    history: bytes({ min: 16 * 1024 * 1024 })
      .prefault('4GiB')
      .describe('Disk for events and spans; above it the oldest go first.'),
    memory: bytes({ min: 256 * 1024 * 1024 })
      .prefault('1GiB')
      .describe('Memory that the process may use.'),
    record: z
      .string()
      .min(1)
      .optional()
      .describe(
        'File that everything taken is written to, for `portcullis replay`; it grows without bound. A relative path counts from the folder of this file.',
      ),
    otlp: otlpSchema.optional(),
  })
  .describe('Learning from traffic, in a process of its own. State in STATEDIR/insight.')
