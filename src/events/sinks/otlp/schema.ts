import * as z from 'zod'
import { duration, secret, text } from '../../../core/values.ts'

const headerValue = secret().refine(value => /^[\t\x20-\x7e]+$/.test(value.reveal()), 'must be one line of ASCII')

/** Settings of the otlp sink. */
export const schema = z
  .strictObject({
    endpoint: z
      .string()
      .max(2048)
      .superRefine((value, context) => {
        const fault = endpointFault(value)
        if (fault !== null) context.addIssue({ code: 'custom', message: fault })
      })
      .describe('URL that takes OTLP/HTTP traces, with its path: `https://collector.example:4318/v1/traces`.'),
    encoding: z.enum(['protobuf', 'json']).default('protobuf').describe('Coding of the requests.'),
    compression: z.enum(['gzip', 'none']).default('gzip').describe('Of the requests.'),
    headers: z
      .record(z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, 'is no field name'), headerValue)
      .default({})
      .describe('Fields of each request, such as `authorization`; the values are secrets.'),
    ca: text()
      .optional()
      .describe('PEM of the only CAs that the collector’s certificate may chain to; the system’s without it.'),
    timeout: duration({ minMs: 100, maxMs: 60_000 }).prefault('10s').describe('For one attempt.'),
    retryFor: duration({ maxMs: 600_000 })
      .prefault('30s')
      .describe(
        'How long a batch is tried again while the collector is away or busy; meanwhile events wait in the queue.',
      ),
    service: z.string().min(1).max(100).default('portcullis').describe('`service.name` of the spans.'),
    plaintext: z
      .literal('acknowledged')
      .optional()
      .describe('Needed for an http endpoint beyond loopback: whoever is on the way reads who called what.'),
  })
  .refine(
    ({ endpoint, plaintext }) => plaintext !== undefined || endpoint.startsWith('https:') || isLoopback(endpoint),
    { path: ['endpoint'], message: 'is plaintext beyond this machine: use https, or write plaintext: acknowledged' },
  )
  .describe('Exports a span for each exchange as OTLP/HTTP.')

export type OtlpSettings = z.output<typeof schema>

function endpointFault(value: string): string | null {
  if (!URL.canParse(value)) return 'is not a URL'
  const { protocol, username, password, pathname } = new URL(value)
  if (protocol !== 'https:' && protocol !== 'http:') return 'must be an http or https URL'
  if (username !== '' || password !== '') return 'must not hold a user or password; use headers'
  return pathname === '/' ? 'needs the path: usually /v1/traces' : null
}

function isLoopback(endpoint: string): boolean {
  if (!URL.canParse(endpoint)) return true
  const host = new URL(endpoint).hostname
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)
}
