import * as z from 'zod'
import { bytes, duration } from '../../../core/values.ts'

/** Settings of the file sink. */
export const schema = z
  .strictObject({
    path: z
      .string()
      .min(1, 'is empty')
      .describe(
        'The file; it is appended to, and made when absent (its folder is not). Relative to the folder of the configuration file; from `env:`, to the one that the gateway was started in.',
      ),
    mode: z
      .string('must be an octal mode in quotes, such as "0640"')
      .regex(/^0?[0-7][0-7][0145]$/, 'must be an octal mode such as "0640", not writable for others')
      .default('0600')
      .transform(mode => Number.parseInt(mode, 8))
      .describe(
        'Mode of a file that the gateway makes, octal, in quotes. Events name callers: think before others may read them.',
      ),
    rotate: z
      .strictObject({
        bytes: bytes({ min: 64 * 1024 })
          .optional()
          .describe('Begin a new file before this one grows larger.'),
        every: duration({ minMs: 60_000 })
          .optional()
          .describe('Begin a new file at every multiple of this time in UTC (`1d`: at midnight).'),
        keep: z.int().min(1).max(10_000).default(7).describe('How many finished files stay; older ones are deleted.'),
      })
      .refine(rotate => rotate.bytes !== undefined || rotate.every !== undefined, 'needs bytes or every')
      .optional()
      .describe('Without it the file grows until somebody else moves it and sends SIGUSR2.'),
  })
  .describe('Appends events to a file as NDJSON.')

export type FileSettings = z.output<typeof schema>
