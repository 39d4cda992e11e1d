import { z } from 'zod'
import { bytes } from '../../core/values.ts'
import type { SizeConfig } from './policy.ts'

const mediaRange = z
  .string()
  .regex(
    /^(?:default|[a-z0-9!#$&^_.+-]+\/(?:\*|[a-z0-9!#$&^_.+-]+))$/,
    'must be `default`, a media type such as application/json, or a range such as image/*',
  )

/** Settings of `size`. */
export const schema: z.ZodType<SizeConfig> = z
  .strictObject({
    url: bytes({ min: 1 }).nullable().default(null).describe('Largest path with query.'),
    head: bytes({ min: 1 }).nullable().default(null).describe('Largest sum of all header lines.'),
    body: z
      .union([
        bytes().transform(max => ({ default: max })),
        z
          .record(mediaRange, bytes())
          .refine(
            (byType): byType is Record<string, number> & { default: number } => Object.hasOwn(byType, 'default'),
            'needs `default`, the limit of every other type',
          ),
      ])
      .nullable()
      .default(null)
      .describe('Largest body: one size, or sizes by content type with `default` for all others.'),
    chunked: z
      .enum(['refuse', 'allow'])
      .default('refuse')
      .describe(
        'Bodies without Content-Length under a body limit: refused with 411, or left to the limit of the route.',
      ),
  })
  .refine(
    config => config.url !== null || config.head !== null || config.body !== null,
    'needs `url`, `head` or `body`',
  )
