import { createParts, partList } from '../../src/insight/parts.ts'
import { Detection } from '../../src/insight/detection/detection.ts'
import type { KeptAnomaly } from '../../src/insight/detection/anomaly-list.ts'
import { type DetectionSettings, usualDetection } from '../../src/insight/detection/settings.ts'
import type { AnyDetector } from '../../src/insight/detectors/detector.ts'
import { readOpenApi } from '../../src/insight/inventory/openapi/read-openapi.ts'
import { Learner } from '../../src/insight/learner.ts'
import type { EventRecord } from '../../src/insight/model/event-record.ts'
import type { Span } from '../../src/insight/model/span.ts'
import { createReducer } from '../../src/insight/observe/reduce.ts'

/** cases.json of a detector. */
export interface DetectorCaseFile {
  readonly cases: readonly DetectorCase[]
}

export interface DetectorCase {
  /** The attack, or its good twin. */
  readonly name: string
  /** Of the detector; absent: its defaults. */
  readonly with?: Readonly<Record<string, unknown>>
  /** Networks that are ours. */
  readonly internal?: readonly string[]
  /** One after the other in time. */
  readonly steps: readonly Step[]
  /** What must be found, and nothing else. */
  readonly find: ReadonlyArray<{
    readonly code: string
    /** null: no one actor; absent: not looked at. */
    readonly actor?: string | null
    /** Must be among those of the anomaly. */
    readonly operations?: readonly string[]
    readonly principals?: readonly string[]
    readonly addresses?: readonly string[]
    /** Must not be among its principals. */
    readonly spared?: readonly string[]
    /** Part of the explanation. */
    readonly explanation?: string
  }>
}

/**
 * `times` calls, `everyMs` apart (default 1000), beginning `afterMs` (default 1000) behind the step before. In all texts `{n}` is the number of the call
 * (from 0), `{n%7}` what is left of it, `{n/7}` the whole part of the quotient. `among`: steps that run at the same time as this one.
 */
export interface Step {
  readonly times?: number
  readonly everyMs?: number
  readonly afterMs?: number
  readonly exchange?: CaseExchange
  /** Spans of one trace; `startUs` counts from the step's time. */
  readonly spans?: ReadonlyArray<Partial<Span>>
  readonly among?: readonly Step[]
  /** An OpenAPI document of the service `shop` that is loaded before. */
  readonly declare?: unknown
}

export interface CaseExchange extends Partial<Omit<EventRecord, 'query' | 'time' | 'id' | 'principal'>> {
  /** `jwt issuer subject`, or absent: nobody. */
  readonly principal?: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly request?: unknown
  readonly response?: unknown
}

const startMs = Date.UTC(2026, 2, 2)
const hashKey = new Uint8Array(32).fill(7)

/** Settings in which a short case is enough: 20 samples over an hour, two callers over an hour. */
export const caseDetection: DetectionSettings = {
  ...usualDetection,
  baselines: { ...usualDetection.baselines, warmUp: { samples: 20, spanMs: 3_600_000 } },
  quarantine: { callers: 2, spanMs: 3_600_000 },
}

/** Runs a case through inventory, traces and the one detector. Throws what the detector throws. */
export async function runCase(detector: AnyDetector, one: DetectorCase): Promise<readonly KeptAnomaly[]> {
  const schema = await detector.schema()
  const written = schema.parse(one.with ?? {}) as Readonly<Record<string, unknown>>
  const settings = {
    ...caseDetection,
    internal: one.internal ?? [],
    detectors: { [detector.name]: { enabled: true, weight: null, with: written } },
  }
  const parts = createParts({ ...settings, enabled: false })
  const detection = new Detection(parts, settings, [detector])
  detection.onFault = (name, error) => {
    throw new Error(`${name} threw`, { cause: error })
  }
  const learner = new Learner({
    parts: partList({ ...parts, detection }),
    onFault: (part, error) => {
      throw new Error(`${part} threw`, { cause: error })
    },
  })
  const reduce = createReducer({ hashKey })
  let nowMs = startMs
  let number = 0
  for (const step of one.steps) {
    if (step.declare !== undefined) {
      const read = readOpenApi(JSON.stringify(step.declare), 'shop.json')
      if ('issues' in read) throw new Error(read.issues.join('\n'))
      parts.inventory.declare('shop', read.document)
    }
    const items: Array<{ readonly timeMs: number; readonly n: number; readonly step: Step }> = []
    for (const each of [step, ...(step.among ?? [])]) {
      const first = nowMs + (each.afterMs ?? 1000)
      for (let n = 0; n < (each.times ?? 1); n++)
        items.push({ timeMs: first + n * (each.everyMs ?? 1000), n, step: each })
    }
    items.sort((a, b) => a.timeMs - b.timeMs)
    for (const { timeMs, n, step: each } of items) {
      nowMs = Math.max(nowMs, timeMs)
      if (each.exchange !== undefined) learner.take(recordOf(filled(each.exchange, n), timeMs, `c${++number}`, reduce))
      for (const span of each.spans ?? []) learner.takeSpan(spanOf(filled(span, n), timeMs, number++))
    }
  }
  learner.settle()
  parts.traces.flush()
  return detection.anomalies.all()
}

function filled<T>(value: T, n: number): T {
  const text = JSON.stringify(value).replace(/\{n(?:([%/])(\d+))?\}/g, (_, sign?: string, by?: string) =>
    String(sign === undefined ? n : sign === '%' ? n % Number(by) : Math.floor(n / Number(by))),
  )
  return JSON.parse(text) as T
}

function recordOf(
  { principal, query = '', headers = {}, request, response, ...given }: CaseExchange,
  timeMs: number,
  id: string,
  reduce: ReturnType<typeof createReducer>,
): Parameters<Learner['take']>[0] {
  const status = given.status ?? 200
  const verdict = given.verdict ?? 'pass'
  const [method = '', issuer = '', subject = ''] = principal?.split(' ') ?? []
  const bytes = (body: unknown): Uint8Array | null => (body === undefined ? null : Buffer.from(JSON.stringify(body)))
  const requestBody = bytes(request)
  const responseBody = bytes(response)
  const event: EventRecord = {
    time: new Date(timeMs).toISOString(),
    id,
    traceId: null,
    spanId: null,
    parentId: null,
    listener: 'public',
    protocol: 'http/1.1',
    client: '198.51.100.7',
    method: 'GET',
    host: 'shop.example',
    path: '/',
    query: [],
    route: null,
    service: 'shop',
    target: null,
    upstreamStatus: verdict === 'pass' ? status : null,
    requestBytes: requestBody?.length ?? 0,
    responseBytes: responseBody?.length ?? 0,
    durationMs: 5,
    upstreamMs: 4,
    policy: null,
    code: null,
    reason: null,
    ...given,
    status,
    verdict,
    principal: principal === undefined ? null : { subject, method, issuer: issuer === '-' ? null : issuer },
  }
  const observation = reduce({
    event,
    query,
    requestFields: [
      ...(requestBody === null ? [] : [['content-type', 'application/json'] as const]),
      ...Object.entries(headers),
    ],
    responseFields: responseBody === null ? [] : [['content-type', 'application/json']],
    requestBody,
    responseBody,
    encrypted: true,
  })
  return { event, observation }
}

function spanOf(span: Partial<Span>, timeMs: number, number: number): Span {
  return {
    traceId: `trace${number}`,
    spanId: `span${number}`,
    parentId: null,
    service: 'shop',
    name: 'GET /',
    kind: 'server',
    durationUs: 1000,
    error: false,
    resource: {},
    attributes: {},
    ...span,
    startUs: timeMs * 1000 + (span.startUs ?? 0),
  }
}
