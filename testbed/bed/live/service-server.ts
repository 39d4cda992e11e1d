import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Agent, request } from 'undici'
import { serviceNamed, services } from '../estate.ts'
import { bodyText, pathOf, queryText } from '../exchange.ts'
import type { BedAnswer, BedContext, BedRequest, Method, Operation } from '../operation.ts'
import type { Person } from '../person.ts'
import { createRandom, type Random } from '../random.ts'
import { requestFor } from '../request.ts'
import type { BedService } from '../service.ts'
import type { Making } from '../shape.ts'
import type { World } from '../world.ts'
import { createSpanSender } from './otlp-sender.ts'

export interface LiveParts {
  readonly world: World
  /** The gateway's listener for workloads. */
  readonly mesh: string
  readonly ca: string
  /** The service's own certificate and key, PEM. */
  readonly identity: { readonly certificate: string; readonly key: string }
  /** Where spans go. */
  readonly spans: string
}

/** The release that runs. */
const release = 3
const operations = new Map(services.flatMap(service => service.operations.map(one => [one.id, one] as const)))

/** One service as a server of its own: the same handlers as offline, real time, calls to others through the gateway. */
export function serveService(
  service: BedService,
  parts: LiveParts,
): { readonly server: Server; close(): Promise<void> } {
  const { world } = parts
  const people = new Map([...world.people, ...world.operators].map(person => [person.id, person]))
  const dispatcher = new Agent({
    allowH2: false,
    connect: { ca: parts.ca, cert: parts.identity.certificate, key: parts.identity.key, servername: 'localhost' },
  })
  const sender = createSpanSender(parts.spans, {
    'service.name': service.name,
    'service.namespace': service.application,
    'service.version': `1.${release}`,
    'k8s.deployment.name': service.name,
    tenant: service.tenant,
  })
  const match = matcher(service.operations)

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const startUs = nowUs()
    const url = new URL(incoming.url ?? '/', 'http://service')
    const found = match(incoming.method ?? '', url.pathname)
    const random = createRandom(`${service.name} ${process.hrtime.bigint()}`)
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    if (found === null) {
      response.writeHead(404, { 'content-type': 'application/problem+json' })
      response.end('{"type":"about:blank","title":"Not Found","status":404}')
      return
    }
    const { operation, params } = found
    const [, traceId = random.hex(32), parentId = null] =
      /^00-([0-9a-f]{32})-([0-9a-f]{16})-/.exec(String(incoming.headers['traceparent'] ?? '')) ?? []
    const spanId = random.hex(16)
    const person = people.get(callerOf(incoming)) ?? (world.people[0] as Person)
    const chosen = new Map<string, string | number>(Object.entries(params))
    const answered = await operation.handle(
      received(operation, params, url, incoming, Buffer.concat(chunks).toString()),
      contextFor({ random, person, chosen, traceId, spanId }),
    )
    const text = bodyText(answered.body)
    response.writeHead(answered.status, answered.headers)
    response.end(text ?? undefined)
    if (service.traced)
      sender.add({
        traceId,
        spanId,
        parentId,
        name: `${operation.method} ${operation.template}`,
        kind: 'server',
        startUs,
        endUs: nowUs(),
        status: answered.status,
        attributes: { 'http.request.method': operation.method, 'http.route': operation.template },
      })
  }

  interface Handling {
    readonly random: Random
    readonly person: Person
    readonly chosen: Map<string, string | number>
    readonly traceId: string
    readonly spanId: string
  }

  function contextFor({ random, person, chosen, traceId, spanId }: Handling): BedContext {
    const makingFor = (params: Readonly<Record<string, string>>): Making => ({
      random,
      release,
      now: Date.now(),
      person,
      another: () => random.pick(world.people),
      id: variable => world.id(variable, { person, random, day: 0 }),
      params,
    })
    return {
      random,
      release,
      now: () => Date.now(),
      person,
      makingFor,
      async call(wanted) {
        const target = operations.get(wanted)
        if (target === undefined) throw new Error(`there is no operation ${wanted}`)
        const clientSpan = random.hex(16)
        const startUs = nowUs()
        const id = (variable: string): string | number => {
          let value = chosen.get(variable)
          if (value === undefined) chosen.set(variable, (value = world.id(variable, { person, random, day: 0 })))
          return value
        }
        const params = Object.fromEntries(target.variables.map(variable => [variable, String(id(variable))]))
        const sent = requestFor(
          target,
          params,
          { ...makingFor({}), id },
          {
            traceparent: `00-${traceId}-${clientSpan}-01`,
            'x-on-behalf-of': person.id,
          },
        )
        const given = await callThroughGateway(target, sent)
        if (service.traced)
          sender.add({
            traceId,
            spanId: clientSpan,
            parentId: spanId,
            name: `${target.method} ${target.template}`,
            kind: 'client',
            startUs,
            endUs: nowUs(),
            status: given.status,
            attributes: {
              'http.request.method': target.method,
              'server.address': serviceNamed(target.service).meshHost,
            },
          })
        return given
      },
    }
  }

  async function callThroughGateway(target: Operation, sent: BedRequest): Promise<BedAnswer> {
    const body = bodyText(sent.body)
    const { statusCode, body: got } = await request(`${parts.mesh}${pathOf(sent)}${queryText(sent.query)}`, {
      dispatcher,
      method: sent.method,
      headers: {
        ...sent.headers,
        host: serviceNamed(target.service).meshHost,
        ...(body === null ? {} : { 'content-type': target.bodyType ?? 'application/json' }),
      },
      ...(body === null ? {} : { body }),
    })
    await got.dump()
    return { status: statusCode, headers: {}, body: undefined }
  }

  const server = createServer((incoming, response) => {
    answer(incoming, response).catch(() => {
      // The gateway is ending: a service behind it fails as services do.
      if (!response.headersSent) response.writeHead(503)
      response.end()
    })
  })
  server.keepAliveTimeout = 60_000
  return {
    server,
    async close() {
      server.closeAllConnections()
      server.close()
      await sender.close()
      await dispatcher.destroy()
    },
  }
}

function received(
  operation: Operation,
  params: Readonly<Record<string, string>>,
  url: URL,
  incoming: IncomingMessage,
  text: string,
): BedRequest {
  return {
    method: operation.method,
    template: operation.template,
    params,
    query: Object.fromEntries(url.searchParams),
    headers: {},
    body:
      text === ''
        ? undefined
        : /json/.test(String(incoming.headers['content-type']))
          ? (JSON.parse(text) as unknown)
          : text,
  }
}

/** On whose behalf: as another service says, else as the token does; the gateway has checked both. */
function callerOf(incoming: IncomingMessage): string {
  const said = incoming.headers['x-on-behalf-of']
  if (typeof said === 'string') return said
  const claims = /^Bearer [\w-]+\.([\w-]+)\./.exec(incoming.headers.authorization ?? '')?.[1]
  if (claims === undefined) return ''
  try {
    return String((JSON.parse(Buffer.from(claims, 'base64url').toString()) as { sub?: unknown }).sub)
  } catch {
    return ''
  }
}

/** The operation of a path: a word before a variable. */
function matcher(
  list: readonly Operation[],
): (method: string, path: string) => { readonly operation: Operation; readonly params: Record<string, string> } | null {
  const known = list
    .map(operation => ({ operation, segments: operation.template.split('/') }))
    .sort((a, b) => wordsIn(b.segments) - wordsIn(a.segments))
  return (method, path) => {
    const segments = path.split('/')
    const found = known.find(
      ({ operation, segments: own }) =>
        operation.method === (method as Method) &&
        own.length === segments.length &&
        own.every((segment, i) => segment.startsWith('{') || segment === segments[i]),
    )
    if (found === undefined) return null
    const params: Record<string, string> = {}
    for (const [i, segment] of found.segments.entries())
      if (segment.startsWith('{')) params[segment.slice(1, -1)] = decodeURIComponent(segments[i] ?? '')
    return { operation: found.operation, params }
  }
}

function wordsIn(segments: readonly string[]): number {
  return segments.filter(segment => !segment.startsWith('{')).length
}

function nowUs(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000)
}
