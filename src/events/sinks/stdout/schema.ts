import * as z from 'zod'

/** The stdout sink has no settings. */
export const schema = z.strictObject({}).describe('Writes events to standard output as NDJSON.')

export type StdoutSettings = z.output<typeof schema>
