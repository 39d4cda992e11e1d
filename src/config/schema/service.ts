import * as z from 'zod'
import { duration, list, secret, text } from '../../core/values.ts'
import { parseTarget } from '../address.ts'
import { disableList, policyList } from './policy-entry.ts'
import { count } from './words.ts'

const targetSchema = z.string().transform((written, context) => {
  const parsed = parseTarget(written)
  if (typeof parsed !== 'string') return parsed
  context.addIssue({ code: 'custom', message: parsed })
  return z.NEVER
})

const upstreamTlsSchema = z
  .strictObject({
    ca: text().optional().describe('PEM: the CAs that the service must chain to. The roots of the system by default.'),
    certificate: text().optional().describe('PEM: our client certificate toward the service.'),
    key: secret().optional().describe('PEM: the key of that certificate.'),
    serverName: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,253}$/, 'must be a host name')
      .optional()
      .describe('Name to ask for and to verify. The host of the target by default.'),
  })
  .check(context => {
    const tls = context.value
    if ((tls.certificate === undefined) === (tls.key === undefined)) return
    const [present, absent] = tls.key === undefined ? ['certificate', 'key'] : ['key', 'certificate']
    context.issues.push({ code: 'custom', input: tls, path: [present], message: `needs ${absent} beside it` })
  })

const documentsMax = 20

const ownerName = () => z.string().min(1).max(200)

/** An upstream API. */
export const serviceSchema = z
  .strictObject({
    targets: z
      .array(targetSchema)
      .min(1, 'needs at least one target')
      .describe('`http://host:port`, `https://host` or `unix:/path`; requests go round.'),
    host: z
      .string()
      .regex(/^(?:[A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/, 'must be client, target or a host name')
      .default('client')
      .describe('What the service gets as Host: `client` (as it came), `target` (its own address) or a name.'),
    tls: upstreamTlsSchema.optional().describe('Toward targets with https. Always verified.'),
    timeouts: z
      .strictObject({
        connect: duration({ minMs: 10, maxMs: 600_000 }).prefault('5s').describe('For the connection, TLS included.'),
        response: duration({ minMs: 10, maxMs: 3_600_000 })
          .prefault('60s')
          .describe('From the last byte of the request to the head of the response.'),
        idle: duration({ minMs: 10, maxMs: 3_600_000 }).prefault('60s').describe('Silence on an open exchange.'),
        keepAlive: duration({ minMs: 10, maxMs: 3_600_000 })
          .prefault('30s')
          .describe('How long an unused connection is kept.'),
      })
      .prefault({})
      .describe('Timeouts toward the service.'),
    connections: count(1, 100_000)
      .default(1_000)
      .describe('Connections per target and worker; further requests wait a little, then get 503.'),
    owner: z
      .strictObject({
        application: ownerName().optional().describe('The application that the service is a part of.'),
        tenant: ownerName().optional().describe('Whose it is: department, customer or organisation.'),
        contact: ownerName().optional().describe('Person or team to ask.'),
      })
      .optional()
      .describe('Who answers for the service; the inventory shows it.'),
    openapi: list(text())
      .refine(documents => documents.length <= documentsMax, `at most ${documentsMax} documents`)
      .optional()
      .describe(
        'OpenAPI 3.0, 3.1 or 3.2 documents of the service (`file:orders.yaml`), for insight: it compares them with calls.',
      ),
    policies: policyList().describe('Policies of every route of this service.'),
    disable: disableList(),
  })
  .check(context => {
    const service = context.value
    if (service.tls !== undefined && !service.targets.some(target => target.tls)) {
      context.issues.push({
        code: 'custom',
        input: service,
        path: ['tls'],
        message: 'does nothing: no target begins with https',
      })
    }
  })
  .describe('An upstream API.')

/** A named store of shared state. */
export const storeSchema = z
  .strictObject({
    redis: secret().describe('`redis://` or `rediss://` URL of Redis or Valkey, with credentials.'),
    timeout: duration({ minMs: 1, maxMs: 10_000 }).prefault('250ms').describe('No request waits longer for the store.'),
  })
  .check(context => {
    const url = context.value.redis.reveal()
    if (/^rediss?:\/\/[^/]/.test(url) && URL.canParse(url)) return
    context.issues.push({
      code: 'custom',
      input: context.value,
      path: ['redis'],
      message: 'must be a URL such as redis://127.0.0.1:6379 or rediss://user:password@host:6380/0',
    })
  })
  .describe('A store of shared state: counters that several gateways share.')
