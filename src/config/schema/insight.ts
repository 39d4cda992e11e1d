import * as z from 'zod'
import { bytes, cidr, document, duration } from '../../core/values.ts'
import { isLoopback } from '../address.ts'
import { detectionSchema, networksSchema } from './detection.ts'
import { address } from './words.ts'

const otlpSchema = z
  .strictObject({
    address: address().prefault('127.0.0.1:4318').describe('Where OTLP/HTTP is taken.'),
    allow: z.array(cidr()).default([]).describe('Networks that may send when the address is beyond loopback.'),
  })
  .check(context => {
    const otlp = context.value
    if (isLoopback(otlp.address) || otlp.allow.length > 0) return
    context.issues.push({
      code: 'custom',
      input: otlp,
      path: ['address'],
      message: 'is reachable beyond this machine, so it needs allow: the networks that may send',
    })
  })
  .describe('Receiver of spans from tracers of the services; none when absent.')

const field = () =>
  z
    .string()
    .regex(
      /^(?:(?:span|resource):[A-Za-z][\w.-]{0,127}|(?:request|response):[a-z\d][a-z\d-]{0,99})$/,
      'must be span:NAME, resource:NAME, request:NAME or response:NAME, header fields in lower case',
    )

const fieldsSchema = z
  .strictObject({
    keep: z
      .array(field())
      .max(200)
      .default([])
      .describe(
        'Kept besides: attributes with their cleaned value, request fields as parameters, response fields as being there.',
      ),
    drop: z.array(field()).max(200).default([]).describe('Not kept, though they usually are.'),
  })
  .check(context => {
    const { keep, drop } = context.value
    for (const [i, name] of drop.entries())
      if (keep.includes(name))
        context.issues.push({ code: 'custom', input: name, path: ['drop', i], message: 'is kept and dropped' })
  })
  .describe('Attributes of spans and names of header fields beyond the usual ones (docs/formats.md).')

const acceptedSchema = z.strictObject({
  rule: z.string().min(1).max(200).describe('Id of the rule.'),
  subject: z
    .string()
    .min(1)
    .max(2000)
    .optional()
    .describe('What the finding is about, as it says it; every subject of the rule when absent.'),
  reason: z.string().trim().min(1, 'is empty: why is it accepted?').max(2000).describe('Why it is accepted.'),
  until: z
    .string()
    .regex(/^\d{4}-\d\d-\d\d$/, 'must be a day such as 2027-01-31')
    .transform((day, context) => {
      const time = Date.parse(day)
      // Date.parse takes 31 February for a day in March.
      if (!Number.isNaN(time) && new Date(time).toISOString().startsWith(day)) return time
      context.addIssue({ code: 'custom', message: 'is no day of the calendar' })
      return z.NEVER
    })
    .describe('Day from which on it counts again.'),
})

const account = '/var/run/secrets/kubernetes.io/serviceaccount'

const kubernetesSchema = z
  .strictObject({
    server: z
      .string()
      .default('https://kubernetes.default.svc')
      .refine(isApiServer, 'must be https://host[:port], or http:// to this machine (kubectl proxy)')
      .describe('The API server. Plain HTTP is for `kubectl proxy` on this machine; no token is sent over it.'),
    tokenFile: z.string().min(1).default(`${account}/token`).describe('Bearer token, read anew for every request.'),
    caFile: z.string().min(1).default(`${account}/ca.crt`).describe('PEM: the CA that the server must chain to.'),
    namespaces: z
      .array(z.string().regex(/^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/, 'must be the name of a namespace'))
      .max(20)
      .default([])
      .describe('Only these; all when empty.'),
  })
  .describe(
    'Cluster whose pods, workloads, services and namespaces say who owns an address; read only. None when absent.',
  )

function isApiServer(written: string): boolean {
  if (!URL.canParse(written)) return false
  const { protocol, hostname, username, password, search, hash } = new URL(written)
  if (username !== '' || password !== '' || search !== '' || hash !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname))
}

export const insightSchema = z
  .strictObject({
    enabled: z.boolean().optional().describe('Whether to learn from traffic; by default when there is a stateDir.'),
    retention: duration({ minMs: 3_600_000 }).prefault('30d').describe('How long events and spans are kept.'),
    history: bytes({ min: 16 * 1024 * 1024 })
      .prefault('4GiB')
      .describe('Disk for events and spans; above it the oldest go first.'),
    memory: bytes({ min: 256 * 1024 * 1024 })
      .prefault('1GiB')
      .describe('Memory that the process may use.'),
    record: z
      .string()
      .min(1)
      .optional()
      .describe(
        'File that everything taken is written to, for `portcullis replay`; it grows without bound. A relative path counts from the folder of this file.',
      ),
    fields: fieldsSchema.prefault({}),
    accept: document(z.array(acceptedSchema).max(10_000))
      .default([])
      .describe('Findings of posture that are accepted, inline or in a file (`file:accept.yaml`).'),
    otlp: otlpSchema.optional(),
    kubernetes: kubernetesSchema.optional(),
    networks: networksSchema.prefault({}),
    detection: detectionSchema.prefault({}),
  })
  .describe('Learning from traffic, in a process of its own. State in STATEDIR/insight.')
