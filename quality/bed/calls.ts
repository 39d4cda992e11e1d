import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

/** A call as it was sent, read from the file itself and not by the code that is judged. */
export interface SentCall {
  readonly time: string
  readonly service: string
  readonly method: string
  /** As on the wire, without query. */
  readonly path: string
  readonly query: ReadonlyArray<readonly [name: string, value: string]>
  /** Lower-case names. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly contentType: string | null
  /** undefined: none; parsed where it is JSON, else the text. */
  readonly body: unknown
  readonly status: number
  readonly host: string
  readonly client: string
  readonly listener: string
  readonly principal: { readonly method: string; readonly issuer: string | null; readonly subject: string }
  readonly target: string
}

interface Line {
  readonly time: string
  readonly service: string | null
  readonly method: string
  readonly url: string
  readonly status: number
  readonly verdict: string
  readonly client: string
  readonly listener: string
  readonly principal: SentCall['principal']
  readonly target: string
  readonly request: { readonly headers: ReadonlyArray<readonly [string, string]>; readonly body?: string }
}

/** Calls that reached a service, in the order of the file. */
export async function* sentCalls(file: string): AsyncGenerator<SentCall> {
  for await (const text of createInterface({ input: createReadStream(file) })) {
    const line = JSON.parse(text) as Line
    if (line.service === null || line.verdict !== 'pass') continue
    const url = new URL(line.url)
    const headers = line.request.headers.map(([name, value]) => [name.toLowerCase(), value] as const)
    const contentType = headers.find(([name]) => name === 'content-type')?.[1] ?? null
    const { body } = line.request
    yield {
      time: line.time,
      service: line.service,
      method: line.method,
      path: url.pathname,
      query: [...url.searchParams],
      headers,
      contentType,
      body: body === undefined ? undefined : contentType === 'application/json' ? (JSON.parse(body) as unknown) : body,
      status: line.status,
      host: url.host,
      client: line.client,
      listener: line.listener,
      principal: line.principal,
      target: line.target,
    }
  }
}
