import * as z from 'zod'
import { secret, text } from '../../core/values.ts'

/** TLS of a listener. */
export const tlsSchema = z
  .strictObject({
    certificates: z
      .array(
        z.strictObject({
          certificate: text().describe('PEM: the certificate and its intermediates. Usually `file:api.crt`.'),
          key: secret().describe('PEM: the private key. Usually `file:api.key`.'),
          passphrase: secret().optional().describe('Of an encrypted key.'),
        }),
      )
      .min(1, 'needs at least one certificate')
      .describe('Chosen by the name that a client asks for (SNI, wildcards too); the first one when none fits.'),
    minVersion: z.enum(['TLSv1.3', 'TLSv1.2']).default('TLSv1.3').describe('TLS 1.2 is opt-in, with AEAD suites only.'),
    clientAuth: z
      .enum(['none', 'optional', 'required'])
      .default('none')
      .describe(
        'Whether clients are asked for a certificate. `required` ends the handshake without one; `optional` leaves it to the policies.',
      ),
    clientCa: text().optional().describe('PEM: the CAs that client certificates must chain to.'),
    crls: z.array(text()).default([]).describe('Certificate revocation lists: PEM, or DER by `file:`.'),
    requireEku: z
      .boolean()
      .default(false)
      .describe(
        'Refuse client certificates without an extended key usage. RFC 5280 takes a missing one as unrestricted; one without clientAuth is always refused.',
      ),
  })
  .check(context => {
    const tls = context.value
    const asks = tls.clientAuth !== 'none'
    if (asks && tls.clientCa === undefined) {
      context.issues.push({
        code: 'custom',
        input: tls,
        path: ['clientAuth'],
        message: 'needs clientCa: the CAs that client certificates must chain to',
      })
    }
    for (const key of ['clientCa', 'requireEku'] as const) {
      if (asks || tls[key] === undefined || tls[key] === false) continue
      context.issues.push({ code: 'custom', input: tls, path: [key], message: 'does nothing while clientAuth is none' })
    }
    if (!asks && tls.crls.length > 0) {
      context.issues.push({
        code: 'custom',
        input: tls,
        path: ['crls'],
        message: 'do nothing while clientAuth is none',
      })
    }
  })
  .describe('TLS of a listener. TLS 1.3 by default.')

export type TlsInput = z.output<typeof tlsSchema>
