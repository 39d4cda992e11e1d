import * as z from 'zod'
import { name } from './words.ts'

/** The envelope of a configured policy. `with` is checked by the policy's own schema. */
export const policyEntrySchema = z
  .strictObject({
    use: z.string().describe('Name of the policy.'),
    id: name()
      .optional()
      .describe(
        'Tells two entries of one kind apart, in `disable:`, events and counters. The name of the policy by default.',
      ),
    mode: z
      .enum(['enforce', 'observe'])
      .default('enforce')
      .describe('`observe` records what would have been refused, and passes. Not for identify policies.'),
    with: z.unknown().optional().describe('Settings of the policy.'),
  })
  .describe('A policy and its settings.')

/** A list of policies in the order in which they run; phases must not go backwards. */
export function policyList() {
  return z.array(policyEntrySchema).default([])
}

/** Names or ids of inherited policies that shall not apply. */
export function disableList() {
  return z.array(z.string().min(1)).default([]).describe('Names or ids of inherited policies that do not apply here.')
}

export type PolicyEntryInput = z.output<typeof policyEntrySchema>
