import { type Seeded, seeded } from '../quality/traffic/seeded.ts'
import type { ExchangeRecord } from '../src/insight/model/exchange.ts'
import type { BodyShape, NamedValue, ScalarShape, Shape } from '../src/insight/model/observation.ts'

export interface PreparedOptions {
  readonly seed: string
  readonly operations: number
  readonly principals: number
  /** `any`: any principal calls any operation, one after the other (what memory fears). `sessions`: each at the service that it came for, as people do. */
  readonly use: 'any' | 'sessions'
}

/** An operation as the records use it; `route` of a record's event is its place in the list. */
export interface PreparedOperation {
  readonly service: string
  readonly method: string
  readonly template: string
}

export interface PreparedRecords {
  readonly operations: readonly PreparedOperation[]
  /** The next `count` records, `stepMs` of event time apart. */
  next(count: number, stepMs: number): ExchangeRecord[]
}

const startMs = Date.UTC(2026, 10, 22)
/** Operations of one service. */
const together = 50
/** Sessions at the same time. */
const atOnce = 1500

/**
 * Exchanges with observations, as the learner gets them, without files: callers mostly use their own ids; some are programs with a key, some nobody, and
 * 6 % of calls are refused, absent or unknown.
 */
export function prepareRecords({ seed, operations: many, principals, use }: PreparedOptions): PreparedRecords {
  const random = seeded(seed)
  const operations = Array.from({ length: many }, (_, i) => ({
    service: `service-${Math.floor(i / together)}`,
    method: i % 4 === 3 ? 'POST' : 'GET',
    template: i % 3 === 0 ? `/things${i}` : `/things${i}/{id}`,
  }))
  let number = 0
  let timeMs = startMs
  const call =
    use === 'any'
      ? () => [random.below(principals), random.below(many)] as const
      : createSessions(random, { many, principals })
  return {
    operations,
    next(count, stepMs) {
      return Array.from({ length: count }, () => {
        timeMs += stepMs
        return recordOf(random, { number: number++, timeMs, operations, principals, call: call() })
      })
    },
  }
}

/**
 * Sessions that go on at the same time, with some seconds between two calls of one at 300 a second: of 5 to 20 calls at one service, its first operations
 * the most. Few callers come often, and each comes for one of three services.
 */
function createSessions(
  random: Seeded,
  { many, principals }: { readonly many: number; readonly principals: number },
): () => readonly [who: number, at: number] {
  const services = Math.max(1, Math.floor(many / together))
  const begin = () => {
    const who = Math.floor(principals * random.next() ** 2)
    return { who, from: ((who * 7 + random.below(3)) % services) * together, left: 5 + random.below(16) }
  }
  const open = Array.from({ length: atOnce }, begin)
  return () => {
    const place = random.below(atOnce)
    const session = open[place] as ReturnType<typeof begin>
    if (--session.left === 0) open[place] = begin()
    return [session.who, Math.min(many - 1, session.from + Math.floor(together * random.next() ** 2))]
  }
}

function recordOf(
  random: Seeded,
  {
    number,
    timeMs,
    operations,
    principals,
    call: [who, at],
  }: {
    readonly number: number
    readonly timeMs: number
    readonly operations: readonly PreparedOperation[]
    readonly principals: number
    readonly call: readonly [who: number, at: number]
  },
): ExchangeRecord {
  const { service, method, template } = operations[at] as PreparedOperation
  // Most ids are the caller's own.
  const id = random.below(10) === 0 ? random.below(principals * 10) : who * 10 + random.below(10)
  const fate = random.below(100)
  const status = fate < 2 ? 404 : fate < 4 ? 401 : fate < 6 ? 403 : 200
  const refused = status === 401 || status === 403
  const unknown = fate === 0
  const path = unknown ? `/wp-${random.below(500)}` : template.replace('{id}', String(id))
  const eventId = `event-${number}`
  const time = new Date(timeMs).toISOString()
  const address = `198.51.${who % 100}.${who % 250}`
  const kind = who % 20
  const principal =
    refused || kind === 0
      ? null
      : { subject: `user-${who}`, method: kind === 1 ? 'api-key' : 'jwt', issuer: 'https://id.example' }
  const text: ScalarShape = { kind: 'string', length: 9, characters: 2 }
  const answer: Shape = {
    kind: 'object',
    more: 0,
    fields: {
      id: { kind: 'integer', hash: hashText(id) },
      owner: { kind: 'string', length: 8, hash: hashText(1e6 + who) },
      name: text,
      total: { kind: 'number', value: random.below(500) },
      lines: { kind: 'array', count: 2, items: [text, text] },
    },
  }
  const query: NamedValue[] =
    method === 'GET' ? [{ name: 'page', shape: { kind: 'integer', value: random.below(4) } }] : []
  const sent: Shape = { kind: 'object', more: 0, fields: { name: text, amount: { kind: 'integer', value: 3 } } }
  return {
    event: {
      time,
      id: eventId,
      traceId: null,
      spanId: null,
      parentId: null,
      listener: 'public',
      protocol: 'http/1.1',
      client: address,
      method,
      host: 'api.example',
      path,
      query: query.map(({ name }) => ({ name, type: 'integer' })),
      route: unknown ? 'none' : String(at),
      service,
      target: `https://10.0.0.${at % 250}:8443`,
      status,
      upstreamStatus: refused ? null : status,
      requestBytes: 200,
      responseBytes: 700 + random.below(400),
      durationMs: 4 + random.below(40),
      upstreamMs: refused ? null : 3 + random.below(30),
      principal,
      verdict: refused ? 'refuse' : 'pass',
      policy: refused ? 'jwt' : null,
      code: refused ? 'credential-invalid' : null,
      reason: null,
    },
    observation: {
      id: eventId,
      time,
      path: path
        .split('/')
        .slice(1)
        .map((part, i) => (i === 0 ? { kind: 'string', value: part } : { kind: 'integer', hash: hashText(id) })),
      query,
      headers: [],
      cookies: [],
      credentials: [],
      proof: hashText(who),
      encrypted: true,
      request: method === 'POST' ? json(sent) : null,
      response: refused ? null : json(answer),
      responseFields: {},
      setCookies: [],
    },
  }
}

function json(shape: Shape): BodyShape {
  return { mediaType: 'application/json', bytes: 400, partial: false, marks: [], shape }
}

function hashText(value: number): string {
  return (Math.imul(value, 2_654_435_761) >>> 0).toString(16).padStart(8, '0').repeat(2)
}
