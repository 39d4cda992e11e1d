import * as z from 'zod'
import { objectFlow } from './detector.ts'

export const schema = z.strictObject({
  ids: z
    .int()
    .min(1000)
    .max(5_000_000)
    .default(objectFlow.defaults.ids)
    .describe('Ids remembered in each of two generations; about 150 bytes for each.'),
})
