import { z } from 'zod'
import type { AnonymousConfig } from './policy.ts'

/** Settings of `anonymous`: none. */
export const schema: z.ZodType<AnonymousConfig> = z.strictObject({}).describe('No settings: anyone may call.')
