import { z } from 'zod'
import type { MtlsConfig } from './policy.ts'

const identity = z
  .strictObject({
    subject: z.string().min(1).describe('The whole distinguished name, as the event shows it: CN=client,O=Example.'),
    dns: z.string().min(1).describe('A DNS name; `*.example.com` stands for one label.'),
    uri: z.string().min(1).describe('A URI name, exactly.'),
    ip: z.string().min(1).describe('An IP address name, in any spelling of that address.'),
    email: z.string().min(1).describe('An e-mail name; the part after @ in any case.'),
    spiffe: z
      .string()
      .regex(
        /^spiffe:\/\/[a-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*(?:\/\*\*)?$/,
        'must be a SPIFFE id, or one ending in /** for all below it',
      )
      .describe('A SPIFFE id, or `spiffe://example.org/**` for all of that trust domain or path.'),
    fingerprint: z
      .string()
      .transform(text => text.replaceAll(':', '').toLowerCase())
      .refine(text => /^[0-9a-f]{64}$/.test(text), 'must be a SHA-256 fingerprint: 64 hexadecimal digits')
      .describe('SHA-256 of the certificate.'),
  })
  .partial()
  .refine(one => Object.keys(one).length > 0, 'names nothing to match')

/** Settings of `mtls`. */
export const schema: z.ZodType<MtlsConfig> = z.strictObject({
  allow: z
    .array(identity)
    .min(1, 'an empty list lets nobody in: leave it out for every certificate of the client CA')
    .nullable()
    .default(null)
    .describe(
      'Whose certificates count: any entry of the list, and of an entry all members. Every verified one when absent.',
    ),
  forward: z.boolean().default(false).describe('Sends the certificate to the service as `Client-Cert` (RFC 9440).'),
})
