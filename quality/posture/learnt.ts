import type { Config } from '../../src/config/types.ts'
import { Inventory } from '../../src/insight/inventory/inventory.ts'
import { readOpenApi } from '../../src/insight/inventory/openapi/read-openapi.ts'
import { Learner } from '../../src/insight/learner.ts'
import type { EventRecord } from '../../src/insight/model/event-record.ts'
import type { RawExchange } from '../../src/insight/model/exchange.ts'
import { createReducer } from '../../src/insight/observe/reduce.ts'
import { type Seeded, hashOf } from '../traffic/seeded.ts'
import { declaredDocuments, type PlannedOperation, uuid, type World } from './world.ts'

const beginMs = Date.UTC(2026, 0, 5, 8)
/** Two weeks between the first and the last call of each operation. */
const spanMs = 14 * 86_400_000

/** What the learner makes of the world's traffic: the way of live traffic, from raw exchanges on. */
export function learn(world: World, config: Config, random: Seeded): Inventory {
  const inventory = new Inventory()
  inventory.configure(config)
  for (const { service, document } of declaredDocuments(world)) {
    const read = readOpenApi(JSON.stringify(document), `${service}.json`)
    if ('issues' in read) throw new Error(read.issues.join('\n'))
    inventory.declare(service, read.document)
  }
  const learner = new Learner({ parts: [inventory] })
  const reduce = createReducer({ hashKey: new Uint8Array(32).fill(7) })
  const turns = world.operations.flatMap(operation =>
    Array.from({ length: operation.calls.count }, (_, i) => ({
      operation,
      i,
      at: beginMs + Math.floor((i / operation.calls.count) * spanMs),
    })),
  )
  turns.sort((a, b) => a.at - b.at)
  for (const raw of strangers(world, random)) learner.take({ event: raw.event, observation: reduce(raw) })
  for (const [n, { operation, i, at }] of turns.entries()) {
    const raw = exchange(operation, i, new Date(at + (n % 1000)).toISOString(), random)
    learner.take({ event: raw.event, observation: reduce(raw) })
  }
  learner.settle()
  return inventory
}

/**
 * What every API on the internet gets: forged tokens and guessed passwords that the gateway refuses, a parameter that means nothing, and paths
 * that a scanner asks everybody for. None of it makes an operation weak.
 */
function* strangers(world: World, random: Seeded): Generator<RawExchange> {
  const time = new Date(beginMs).toISOString()
  for (const operation of world.operations) {
    const usual = exchange(operation, 0, time, random)
    const asks = operation.route.policies.some(({ use }) => use === 'jwt' || use === 'basic' || use === 'api-key')
    const refused = {
      status: 401,
      upstreamStatus: null,
      verdict: 'refuse',
      principal: null,
      policy: 'jwt',
      code: 'credential-invalid',
    } as const
    for (const credential of ['Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.', 'Basic YWRtaW46YWRtaW4=']) {
      if (!asks) continue
      const event = { ...usual.event, ...refused, id: uuid(random) }
      yield {
        ...usual,
        event,
        requestFields: [
          ['Host', 'api.example.com'],
          ['Authorization', credential],
        ],
        responseFields: [],
        responseBody: null,
      }
    }
    yield { ...usual, event: { ...usual.event, id: uuid(random) }, query: 'cmd=cat+/etc/passwd&token=1' }
    for (const path of ['/.env', '/wp-login.php', '/actuator/env']) {
      const event = {
        ...usual.event,
        method: 'GET',
        path,
        status: 404,
        upstreamStatus: null,
        verdict: 'refuse',
        principal: null,
        route: null,
        service: null,
        target: null,
        code: 'no-route',
        id: uuid(random),
      } as const
      yield { ...usual, event, query: '', requestFields: [], requestBody: null, responseFields: [], responseBody: null }
    }
  }
}

function exchange(operation: PlannedOperation, i: number, time: string, random: Seeded): RawExchange {
  const { calls, service, route, method, template } = operation
  const proven = random.next() >= calls.withoutCredential
  const credential = proven ? calls.credential : 'none'
  const subject = `caller-${i % 8}`
  const body = calls.request(i, random)
  const answered = calls.response(i, random)
  const requestBody = body === null ? null : Buffer.from(JSON.stringify(body))
  const responseBody =
    answered.body === null
      ? null
      : Buffer.from(typeof answered.body === 'string' ? answered.body : JSON.stringify(answered.body))
  const query = [calls.query(i, random), ...(credential === 'key-in-url' ? [`api_key=${keyOf(subject)}`] : [])]
    .filter(part => part !== '')
    .join('&')
  const event: EventRecord = {
    time,
    id: uuid(random),
    traceId: null,
    spanId: null,
    parentId: null,
    listener: 'public',
    protocol: 'http/1.1',
    client: `198.51.100.${1 + (i % 8)}`,
    method,
    host: 'api.example.com',
    path: template.replace('{id}', () => calls.id(i, random)),
    query: [],
    route: route.name,
    service,
    target: 'https://10.0.0.5:8443',
    status: answered.status,
    upstreamStatus: answered.status,
    requestBytes: requestBody?.length ?? 0,
    responseBytes: responseBody?.length ?? 0,
    durationMs: 5 + random.below(30),
    upstreamMs: 4,
    principal: principalOf(operation, credential, subject),
    verdict: 'pass',
    policy: null,
    code: null,
    reason: null,
  }
  return {
    event,
    query,
    requestFields: [
      ['Host', 'api.example.com'] as const,
      ...(requestBody === null ? [] : [['Content-Type', 'application/json'] as const]),
      ...credentialFields(operation, credential, subject, Date.parse(time)),
      ...calls.fields(i),
    ],
    responseFields: [
      ...(responseBody === null
        ? []
        : [['Content-Type', typeof answered.body === 'string' ? 'text/plain' : 'application/json'] as const]),
      ...answered.fields,
    ],
    requestBody,
    responseBody,
    encrypted: calls.encrypted,
  }
}

/** Who the gateway says it was: by the policies of the route, since a credential that nobody checks proves nothing. */
function principalOf(
  { route }: PlannedOperation,
  credential: PlannedOperation['calls']['credential'],
  subject: string,
): EventRecord['principal'] {
  const uses = route.policies.map(({ use }) => use)
  if (credential === 'none') return null
  const method = credential === 'key-in-url' ? 'api-key' : credential
  return uses.includes(method)
    ? { subject, method, issuer: method === 'jwt' ? 'https://idp.example.com/' : null }
    : null
}

function credentialFields(
  { calls, service }: PlannedOperation,
  credential: PlannedOperation['calls']['credential'],
  subject: string,
  nowMs: number,
): ReadonlyArray<readonly [string, string]> {
  if (credential === 'basic')
    return [['Authorization', `Basic ${Buffer.from(`${subject}:${calls.password}`).toString('base64')}`]]
  if (credential === 'api-key') return [['X-API-Key', keyOf(subject)]]
  if (credential !== 'jwt') return []
  const iat = Math.floor(nowMs / 1000)
  const { alg, lifetimeS, audience, extra } = calls.jwt
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = {
    iss: 'https://idp.example.com/',
    sub: subject,
    iat,
    ...(audience ? { aud: service } : {}),
    ...(lifetimeS === null ? {} : { exp: iat + lifetimeS }),
    ...extra,
  }
  return [
    [
      'Authorization',
      `Bearer ${part({ alg, typ: 'JWT', kid: 'k1' })}.${part(claims)}.${alg === 'none' ? '' : 'c2lnbmF0dXJlLXNpZ25hdHVyZS1zaWduYXR1cmU'}`,
    ],
  ]
}

function keyOf(subject: string): string {
  return `pk_${hashOf(subject).toString(36)}${hashOf(`${subject}2`).toString(36)}${hashOf(`${subject}3`).toString(36)}x7Qz`
}
