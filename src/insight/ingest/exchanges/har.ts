import type { ExchangeRecord } from '../../model/exchange.ts'
import { readElements } from '../json-elements.ts'
import type { Reader } from '../reader.ts'
import { createForeignExchange, type Reduction } from './exchange-lines.ts'
import { parseLine } from './json-lines.ts'

interface Message {
  readonly headers?: unknown
  readonly method?: unknown
  readonly url?: unknown
  readonly httpVersion?: unknown
  readonly status?: unknown
  readonly bodySize?: unknown
  readonly postData?: { readonly mimeType?: unknown; readonly text?: unknown; readonly encoding?: unknown }
  readonly content?: {
    readonly size?: unknown
    readonly mimeType?: unknown
    readonly text?: unknown
    readonly encoding?: unknown
  }
}

interface Entry {
  readonly startedDateTime?: unknown
  readonly time?: unknown
  readonly request?: Message
  readonly response?: Message
}

/** Format `har`: HTTP Archive 1.2, read entry by entry. */
export function harReader(reduction: Reduction): Reader<ExchangeRecord> {
  const foreign = createForeignExchange(reduction)

  function parse(value: unknown, place: string): ExchangeRecord | string {
    const { startedDateTime, time, request, response } = (value ?? {}) as Entry
    if (typeof request !== 'object' || request === null || typeof response !== 'object' || response === null)
      return 'no request and response'
    // Blocked, or answered from the browser's cache: nothing reached a service.
    if (response.status === 0) return 'the request got no answer'
    const { postData, bodySize } = request
    const { content } = response
    return foreign(
      {
        time: startedDateTime,
        method: request.method,
        url: request.url,
        status: response.status,
        more: {
          protocol: typeof request.httpVersion === 'string' ? request.httpVersion.toLowerCase() : '',
          durationMs: positive(time),
          upstreamStatus: response.status,
          ...(positive(bodySize) > 0 ? { requestBytes: positive(bodySize) } : {}),
          ...(positive(content?.size) > 0 ? { responseBytes: positive(content?.size) } : {}),
        },
      },
      {
        headers: withType(request.headers, postData?.mimeType),
        body: postData?.text,
        encoding: postData?.encoding,
      },
      { headers: withType(response.headers, content?.mimeType), body: content?.text, encoding: content?.encoding },
      place,
    )
  }

  return {
    format: 'har',
    matches(beginning) {
      const text = Buffer.from(beginning.buffer, beginning.byteOffset, beginning.length).toString('utf8')
      return (
        /^\uFEFF?\s*\{\s*"log"\s*:\s*\{/.test(text) ||
        (/^\uFEFF?\s*\{/.test(text) && /"startedDateTime"\s*:/.test(text))
      )
    },
    async *read(chunks, quarantine) {
      for await (const elements of readElements(chunks, ['log', 'entries'], quarantine)) {
        const items: ExchangeRecord[] = []
        for (const { text, number } of elements) {
          const item = parseLine(text, `${quarantine.source}:${number}`, parse)
          if (typeof item === 'string') quarantine.add(`entry ${number}`, item)
          else items.push(item)
        }
        if (items.length > 0) yield items
      }
    },
  }
}

function positive(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 0
}

/** Some recorders leave the content type out of the headers that they show. */
function withType(headers: unknown, mimeType: unknown): unknown {
  if (typeof mimeType !== 'string' || mimeType === '' || !Array.isArray(headers)) return headers
  const typed = (headers as ReadonlyArray<{ name?: unknown } | null>).some(
    field => typeof field?.name === 'string' && field.name.toLowerCase() === 'content-type',
  )
  return typed ? headers : [...(headers as readonly unknown[]), { name: 'content-type', value: mimeType }]
}
