/** How another strict parser frames a stream of requests. */
export interface OracleReading {
  readonly messages: ReadonlyArray<{ readonly body: string; readonly upgrade: boolean }>
  readonly error: string | null
}

interface Parser {
  initialize(type: number, resource: object, maxHeaderSize: number, lenient: number): void
  execute(bytes: Buffer): number | (Error & { reason?: string })
  free(): void
  [event: number]: unknown
}

interface ParserClass {
  new (): Parser
  readonly REQUEST: number
  readonly kOnHeaders: number
  readonly kOnHeadersComplete: number
  readonly kOnBody: number
  readonly kOnMessageComplete: number
  readonly kLenientNone: number
}

// The parser of Node's own server. It has no public name; the test runs only under the pinned Node.
const { HTTPParser } = process.getBuiltinModule('_http_common' as 'node:http') as unknown as { HTTPParser: ParserClass }

/** Reads with llhttp in its strict setting, all at once. */
export function readWithLlhttp(input: Buffer): OracleReading {
  const messages: Array<{ body: string; upgrade: boolean }> = []
  let body = ''
  let upgrade = false
  const parser = new HTTPParser()
  parser.initialize(HTTPParser.REQUEST, {}, 0, HTTPParser.kLenientNone)
  parser[HTTPParser.kOnHeaders] = () => {}
  parser[HTTPParser.kOnHeadersComplete] = (...facts: unknown[]) => {
    body = ''
    upgrade = facts[7] === true
    return 0
  }
  parser[HTTPParser.kOnBody] = (bytes: Buffer) => {
    body += bytes.toString('latin1')
  }
  parser[HTTPParser.kOnMessageComplete] = () => {
    messages.push({ body, upgrade })
  }
  const result = parser.execute(input)
  parser.free()
  return { messages, error: typeof result === 'number' ? null : (result.reason ?? result.message) }
}
