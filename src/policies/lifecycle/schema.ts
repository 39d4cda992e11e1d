import { z } from 'zod'
import type { LifecycleConfig } from './policy.ts'

/** RFC 3339, a day alone counting from its first moment in UTC; Unix time in ms. */
const moment = z
  .string()
  .regex(
    /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))?$/,
    'must be a date such as 2026-12-31, or a time such as 2026-12-31T18:00:00Z',
  )
  .transform((written, context) => {
    const time = Date.parse(written)
    // Date.parse takes 31 February for a day in March.
    if (
      !Number.isNaN(time) &&
      new Date(`${written.slice(0, 10)}T00:00:00Z`).toISOString().startsWith(written.slice(0, 10))
    )
      return time
    context.addIssue({ code: 'custom', message: 'is no day of the calendar' })
    return z.NEVER
  })

/** Settings of `lifecycle`. */
export const schema: z.ZodType<LifecycleConfig> = z
  .strictObject({
    deprecated: moment.nullable().default(null).describe('Since when callers should leave (RFC 9745); may lie ahead.'),
    sunset: moment.nullable().default(null).describe('When it ends (RFC 8594).'),
    link: z
      .string()
      .regex(/^https?:\/\/[^\s<>"]+$/, 'must be an http or https URL')
      .nullable()
      .default(null)
      .describe('Page that tells what to use instead.'),
    afterSunset: z
      .enum(['refuse', 'serve'])
      .default('refuse')
      .describe('What callers get after the sunset: 410, or the service as before.'),
  })
  .check(context => {
    const { deprecated, sunset } = context.value
    if (deprecated === null && sunset === null)
      context.issues.push({
        code: 'custom',
        input: context.value,
        path: [],
        message: 'needs deprecated, sunset or both',
      })
    // RFC 9745 §4.
    if (deprecated !== null && sunset !== null && sunset < deprecated)
      context.issues.push({ code: 'custom', input: sunset, path: ['sunset'], message: 'must not be before deprecated' })
  })
