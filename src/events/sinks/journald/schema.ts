import * as z from 'zod'

/** The journald sink has no settings. */
export const schema = z
  .strictObject({})
  .describe(
    'Writes events to standard output with a syslog priority in front of each line, as journald understands it.',
  )

export type JournaldSettings = z.output<typeof schema>
