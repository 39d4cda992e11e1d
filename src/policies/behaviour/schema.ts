import { z } from 'zod'
import { rate } from '../../core/values.ts'
import type { BehaviourConfig } from './policy.ts'

const severities = ['info', 'low', 'medium', 'high', 'critical'] as const

/** Settings of `behaviour`. */
export const schema: z.ZodType<BehaviourConfig> = z.strictObject({
  action: z
    .enum(['record', 'throttle', 'block'])
    .default('record')
    .describe('What happens to a caller with an open incident: written down only, slowed, or turned away.'),
  severity: z
    .enum(severities)
    .default('high')
    .transform(word => severities.indexOf(word) + 1)
    .describe('The least severity of an incident that counts.'),
  limit: rate().prefault('10/min').describe('What a throttled caller may still do.'),
})
