import { closeSync, openSync, writeSync } from 'node:fs'
import { type Seeded, seeded } from '../quality/traffic/seeded.ts'
import { renewed, spanMessage, spansPerMessage } from './span-message.ts'
import { writeLines } from './write-lines.ts'

/** What the traffic of a day looks like to the gateway's log. */
export interface TrafficOptions {
  readonly seed: string
  readonly events: number
  readonly operations: number
  readonly principals: number
  /** `roles`: each principal uses the operations of its role, some of them much. `all`: any principal may use any, which is what memory fears. */
  readonly use: 'roles' | 'all'
}

interface Operation {
  readonly service: number
  readonly method: string
  readonly segments: ReadonlyArray<string | ((random: Seeded) => string)>
}

const services = ['orders', 'users', 'catalogue', 'payments', 'search', 'invoices', 'carts', 'files', 'mail', 'reports']
const nouns =
  'orders lines users groups products prices stocks carts coupons payments refunds invoices taxes files folders messages threads reports charts tags reviews addresses'.split(
    ' ',
  )
const verbs = ['summary', 'export', 'history', 'status', 'items', 'search', 'archive', 'preview', 'settings', 'members']
const methods = ['GET', 'GET', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE']
const scanned = [
  '/.env',
  '/wp-login.php',
  '/admin/config',
  '/.git/HEAD',
  '/phpmyadmin/index.php',
  '/actuator/heapdump',
  '/cgi-bin/x.sh',
]
const variables: ReadonlyArray<(random: Seeded) => string> = [
  random => String(random.below(2_000_000)),
  random => String(random.below(900)),
  random => `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-a${hex(random, 3)}-${hex(random, 12)}`,
  random => `cus_${hex(random, 14)}`,
  random => hex(random, 24),
]

const startMs = Date.UTC(2026, 10, 22, 8)

/**
 * Writes an event log as the gateway does: sessions under trace ids, one in four continued from a caller's trace, 6 % hostile or refused (scanners,
 * missing and broken credentials, limits), some errors, 300 requests a second of event time, a little out of order. The same seed gives the same file.
 */
export function writeTraffic(file: string, options: TrafficOptions): void {
  writeLines(file, eventLines(options))
}

function* eventLines(options: TrafficOptions): Iterable<string> {
  const random = seeded(options.seed)
  const operations = makeOperations(random, options.operations)
  let trace = ''
  for (let i = 0; i < options.events; i++) {
    // Some requests share the trace of the one before: a page that asks for several things.
    if (trace === '' || random.next() > 0.1) trace = hex(random, 32)
    yield JSON.stringify(event(random, operations, options, { number: i, trace }))
  }
}

/** Writes messages of OTLP protobuf one behind the other, each behind its length: one trace each, a chain of eight services with a database. */
export function writeSpans(file: string, spans: number): void {
  // 50 requests of event time a second, so that traces end by being quiet, as they do live.
  const next = renewed(spanMessage(), 20_000_000n)
  const out = openSync(file, 'w')
  const length = Buffer.alloc(4)
  try {
    for (let written = 0; written < spans; written += spansPerMessage) {
      const message = next()
      length.writeUInt32BE(message.length)
      writeSync(out, Buffer.concat([length, message]))
    }
  } finally {
    closeSync(out)
  }
}

function makeOperations(random: Seeded, count: number): Operation[] {
  const made = new Map<string, Operation>()
  while (made.size < count) {
    const service = random.below(services.length)
    const segments: Array<Operation['segments'][number]> = ['api', random.pick(['v1', 'v2'])]
    for (let depth = 1 + random.below(3); depth > 0; depth--) {
      segments.push(random.pick(nouns))
      if (random.next() < 0.75) segments.push(random.pick(variables))
    }
    if (random.next() < 0.3) segments.push(random.pick(verbs))
    const method = random.pick(methods)
    const key = `${service} ${method} ${segments.map(segment => (typeof segment === 'string' ? segment : '{}')).join('/')}`
    if (!made.has(key)) made.set(key, { service, method, segments })
  }
  return [...made.values()]
}

/** One event, its fields in the order of the event log. */
function event(
  random: Seeded,
  operations: readonly Operation[],
  { principals, use }: TrafficOptions,
  { number, trace }: { readonly number: number; readonly trace: string },
): unknown {
  const chance = random.next()
  const who = Math.floor(principals * random.next() ** 2)
  const share = use === 'all' ? 1 : 0.15
  const place = Math.floor(operations.length * share * random.next() ** (use === 'all' ? 1 : 2))
  const offset = use === 'all' ? 0 : (who % 16) * Math.floor(operations.length / 16)
  const operation = operations[(place + offset) % operations.length] as Operation
  const scan = chance < 0.02
  const refusal = chance >= 0.02 && chance < 0.06
  const name = services[operation.service] as string
  const code = refusal ? random.pick(['credential-missing', 'credential-invalid', 'rate-limited', 'forbidden']) : null
  const nobody = scan || code === 'credential-missing' || code === 'credential-invalid' || who % 50 === 0
  const answered = random.next()
  const upstream = answered < 0.93 ? (operation.method === 'POST' ? 201 : 200) : answered < 0.985 ? 404 : 503
  const status = scan ? 404 : refusal ? ({ 'rate-limited': 429, forbidden: 403 }[code as string] ?? 401) : upstream
  const durationMs = Math.round(1000 * (0.4 + 40 * random.next() ** 6)) / 1000
  const passed = !scan && !refusal
  return {
    time: new Date(startMs + Math.floor((number * 1000) / 300) - random.below(40)).toISOString(),
    id: `5f3c9a12d4e6b788-${number.toString(16).padStart(6, '0')}`,
    traceId: trace,
    spanId: hex(random, 16),
    parentId: random.next() < 0.25 ? hex(random, 16) : null,
    listener: 'public',
    protocol: random.next() < 0.5 ? 'http/1.1' : 'h2',
    client: `198.${18 + (who & 1)}.${(who >> 7) & 255}.${(who >> 1) & 63}`,
    clientPort: 1024 + random.below(60_000),
    method: operation.method,
    host: 'api.example.com',
    path: scan ? random.pick(scanned) : pathOf(operation, random),
    query:
      random.next() < 0.2
        ? [
            { name: 'page', type: 'integer' },
            { name: 'size', type: 'integer' },
          ]
        : [],
    route: scan ? null : name,
    service: scan ? null : name,
    target: passed ? `http://10.0.${operation.service}.${1 + random.below(3)}:8080` : null,
    status,
    upstreamStatus: passed ? upstream : 0,
    requestBytes: operation.method === 'GET' ? 0 : random.below(2000),
    responseBytes: random.below(20_000),
    durationMs,
    upstreamMs: passed ? Math.round(durationMs * 900) / 1000 : null,
    principal: nobody
      ? null
      : who % 7 === 0
        ? { subject: `partner-${who}`, method: 'api-key', issuer: null }
        : { subject: `user-${who}`, method: 'jwt', issuer: 'https://idp.example.com/' },
    verdict: passed ? 'pass' : 'refuse',
    policy: refusal ? (code === 'rate-limited' ? 'rate-limit' : code === 'forbidden' ? 'require' : 'jwt') : null,
    code: scan ? 'no-route' : code,
    reason: refusal ? 'not what the policy asks for' : null,
    observed: [],
    configVersion: 1,
  }
}

function pathOf({ segments }: Operation, random: Seeded): string {
  let path = ''
  for (const segment of segments) path += `/${typeof segment === 'string' ? segment : segment(random)}`
  return path
}

function hex(random: Seeded, digits: number): string {
  let text = ''
  while (text.length < digits) text += random.below(65_536).toString(16).padStart(4, '0')
  return text.slice(0, digits)
}
