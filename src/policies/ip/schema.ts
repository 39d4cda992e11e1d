import { z } from 'zod'
import type { IpConfig } from './policy.ts'

const list = (meaning: string) =>
  z
    .union([z.string(), z.array(z.string())])
    .transform(written => (typeof written === 'string' ? [written] : written))
    .nullable()
    .default(null)
    .describe(`${meaning} A list of addresses and networks, or \`file:PATH\` with one per line (# begins a comment).`)

/** Settings of `ip`. */
export const schema: z.ZodType<IpConfig> = z
  .strictObject({
    allow: list('Who may call; everyone else is refused.'),
    deny: list('Who may not call, even when allowed.'),
  })
  .refine(config => config.allow !== null || config.deny !== null, 'needs `allow` or `deny`')
