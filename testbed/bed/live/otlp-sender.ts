import { request } from 'undici'

/** A span as a tracer in a service makes it; times are Unix µs. */
export interface MadeSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentId: string | null
  readonly name: string
  readonly kind: 'server' | 'client'
  readonly startUs: number
  readonly endUs: number
  readonly status: number
  readonly attributes: Readonly<Record<string, string | number>>
}

export interface SpanSender {
  add(span: MadeSpan): void
  /** Sends what waits and ends. */
  close(): Promise<void>
}

const everyMs = 500
const waitingMax = 20_000

/** Sends the spans of one service as OTLP/HTTP in JSON, twice a second; what the receiver does not take is lost, as tracers do. */
export function createSpanSender(url: string, resource: Readonly<Record<string, string>>): SpanSender {
  let waiting: MadeSpan[] = []
  async function send(): Promise<void> {
    if (waiting.length === 0) return
    const spans = waiting
    waiting = []
    try {
      const { body } = await request(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          resourceSpans: [
            {
              resource: { attributes: attributesOf(resource) },
              scopeSpans: [{ scope: { name: 'bed' }, spans: spans.map(otlpSpan) }],
            },
          ],
        }),
      })
      await body.dump()
    } catch {
      // The receiver is not there yet, or not any more.
    }
  }
  const timer = setInterval(() => void send(), everyMs)
  return {
    add(span) {
      if (waiting.length < waitingMax) waiting.push(span)
    },
    async close() {
      clearInterval(timer)
      await send()
    },
  }
}

function otlpSpan({ traceId, spanId, parentId, name, kind, startUs, endUs, status, attributes }: MadeSpan): unknown {
  return {
    traceId,
    spanId,
    ...(parentId === null ? {} : { parentSpanId: parentId }),
    name,
    kind: kind === 'server' ? 2 : 3,
    startTimeUnixNano: `${startUs}000`,
    endTimeUnixNano: `${endUs}000`,
    attributes: attributesOf({ ...attributes, 'http.response.status_code': status }),
    status: { code: status >= 500 ? 2 : 0 },
  }
}

function attributesOf(values: Readonly<Record<string, string | number>>): unknown[] {
  return Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }))
}
