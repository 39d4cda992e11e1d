import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Log } from '../core/host.ts'
import { type Answer, problemAnswer, refuse, send } from './answer.ts'
import { type ControlLive, endpoints, parametersOf } from './endpoints.ts'
import type { HostCheck } from './host-names.ts'
import type { TokenCheck } from './token.ts'

const bodyBytesMax = 64 * 1024
const answerTimeoutMs = 30_000

export interface HandlerParts {
  readonly tokenCheck: TokenCheck
  /** null: the health listener, which probes reach by any name and which serves the open endpoints alone. */
  readonly hostCheck: HostCheck | null
  readonly live: ControlLive
  readonly log: Log
  readonly refusedToken: (req: IncomingMessage) => void
}

/** Answers requests of the control API: every check, then the endpoint; whatever goes wrong inside is a 500 and a line in the log. */
export function createHandler(parts: HandlerParts): (req: IncomingMessage, res: ServerResponse) => void {
  return (req, res) => {
    const work = answerTo(req, parts).catch((error: unknown) => {
      parts.log.error(`the control API failed at ${req.method} ${req.url}: ${(error as Error).message}`)
      return problemAnswer(refuse('internal'))
    })
    void work.then(answer => {
      // An unread rest of a body would be taken for the next request.
      if (!req.complete) res.setHeader('connection', 'close')
      send(res, answer, req.method !== 'HEAD')
    })
  }
}

/** The checks in their order; the first that refuses answers. */
async function answerTo(
  req: IncomingMessage,
  { tokenCheck, hostCheck, live, refusedToken }: HandlerParts,
): Promise<Answer> {
  const hosts = valuesOf(req, 'host')
  if (hosts.length !== 1 || !req.url?.startsWith('/')) return problemAnswer(refuse('malformed-request'))
  if (hostCheck !== null && !hostCheck(hosts[0])) {
    return problemAnswer(
      refuse('misdirected-request', {
        detail: 'Use the address of the control API, or list this name under control.hosts.',
      }),
    )
  }
  const [path, query] = splitTarget(req.url)
  const here = endpoints.filter(
    endpoint => parametersOf(endpoint, path) !== null && (hostCheck !== null || endpoint.open),
  )
  const credentials = valuesOf(req, 'authorization')
  const trusted = credentials.length === 1 && tokenCheck(credentials[0])
  // An unknown path asks for the token too: strangers learn nothing of what exists.
  if (!trusted && hostCheck !== null && !here.some(endpoint => endpoint.open)) {
    refusedToken(req)
    const challenge = ['WWW-Authenticate', credentials.length > 0 ? 'Bearer error="invalid_token"' : 'Bearer'] as const
    return problemAnswer(
      refuse(credentials.length > 0 ? 'credential-invalid' : 'credential-missing', { headers: [challenge] }),
    )
  }
  if (here.length === 0) return problemAnswer(refuse('no-route'))
  const method = req.method === 'HEAD' ? 'GET' : req.method
  const endpoint = here.find(candidate => candidate.method === method)
  if (endpoint === undefined) {
    const allow = here
      .flatMap(candidate => (candidate.method === 'GET' ? ['GET', 'HEAD'] : [candidate.method]))
      .join(', ')
    return problemAnswer(refuse('method-not-allowed', { headers: [['Allow', allow]] }))
  }
  // A token in a query would land in histories and logs: nothing here takes a query, so nobody gets used to one.
  if (query !== '') return problemAnswer(refuse('malformed-request', { detail: 'The control API takes no query.' }))
  const parameters = parametersOf(endpoint, path) ?? {}
  const sent = await smallBody(req)
  if (sent === null) return problemAnswer(refuse('body-too-large'))
  if (endpoint.body === undefined)
    return inTime(Promise.resolve(endpoint.run(live, trusted, { parameters, body: undefined })))
  // A form of a stranger's page cannot send this type unasked.
  if (!/^application\/json *(?:;|$)/i.test(req.headers['content-type'] ?? '')) return problemAnswer(refuse('not-json'))
  const body = parsed(sent)
  if (body === undefined) return problemAnswer(refuse('malformed-request', { detail: 'The body is not JSON.' }))
  return inTime(Promise.resolve(endpoint.run(live, trusted, { parameters, body })))
}

function splitTarget(url: string): [path: string, query: string] {
  const mark = url.indexOf('?')
  return mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)]
}

/** All lines of one field; Node's joined view would hide a second Host or Authorization. */
function valuesOf(req: IncomingMessage, name: string): string[] {
  return req.rawHeaders.filter((_, index) => index % 2 === 1 && req.rawHeaders[index - 1]?.toLowerCase() === name)
}

/** null: too large. Where no body is wanted a small one is read away, since clients like to send `{}`. */
async function smallBody(req: IncomingMessage): Promise<Buffer | null> {
  if (Number(req.headers['content-length'] ?? 0) > bodyBytesMax) return null
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of req.iterator({ destroyOnReturn: false })) {
    bytes += (chunk as Buffer).length
    if (bytes > bodyBytesMax) return null
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

/** undefined: it is not JSON. */
function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

async function inTime(work: Promise<Answer>): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>()
  const timer = setTimeout(() => resolve(problemAnswer(refuse('control-timeout'))), answerTimeoutMs)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
