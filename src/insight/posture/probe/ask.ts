import type { ClientRequest, IncomingMessage } from 'node:http'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { checkServerIdentity } from 'node:tls'
import type { Pace } from './pace.ts'
import type { ProbePoint, ProbeTls } from './probe-point.ts'

/** Who asks: header fields that prove it. Their values are in no finding, log or error. */
export interface ProbeIdentity {
  readonly name: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Question {
  readonly method: string
  readonly host: string
  /** With its variables filled in. */
  readonly path: string
  /** null: nobody. */
  readonly as: ProbeIdentity | null
}

export type ProbeAnswer =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
      /** As far as `bodyBytesMax`. */
      readonly body: Buffer
    }
  /** No answer of HTTP: refused, no connection, too slow. A code or words, never of the server's. */
  | { readonly kind: 'none'; readonly why: string }
  /** The number of requests is used up. */
  | { readonly kind: 'unasked' }

export type Ask = (point: ProbePoint, question: Question) => Promise<ProbeAnswer>

const bodyBytesMax = 256 * 1024
const answerMs = 10_000

/** A connection for each request, no redirect followed, no cookie kept. A credential goes only to a server whose certificate holds. */
export function createAsk(pace: Pace, userAgent: string): Ask {
  return async (point, { method, host, path, as }) => {
    if (!(await pace.turn())) return { kind: 'unasked' }
    const { address, tls } = point
    const where = address.kind === 'unix' ? { socketPath: address.path } : { host: address.host, port: address.port }
    const options = {
      ...where,
      method,
      path,
      headers: { host, accept: 'application/json, */*;q=0.1', 'user-agent': userAgent, ...as?.headers },
      agent: false,
      signal: AbortSignal.timeout(answerMs),
      maxHeaderSize: 64 * 1024,
      ...(tls === null ? {} : tlsOptions(tls, as !== null)),
    }
    const { promise, resolve } = Promise.withResolvers<ProbeAnswer>()
    let req: ClientRequest
    try {
      req = tls === null ? httpRequest(options) : httpsRequest(options)
    } catch (error) {
      return { kind: 'none', why: codeOf(error) }
    }
    req.on('error', error => resolve({ kind: 'none', why: codeOf(error) }))
    req.on('response', response => void bodyOf(response).then(body => resolve(answerOf(response, body))))
    req.end()
    return promise
  }
}

function answerOf(response: IncomingMessage, body: Buffer): ProbeAnswer {
  return { kind: 'answer', status: response.statusCode ?? 0, headers: response.headers, body }
}

/** What is beyond the bound is not read. */
async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of response) {
      chunks.push(chunk as Buffer)
      bytes += (chunk as Buffer).length
      if (bytes >= bodyBytesMax) break
    }
  } catch {
    // What came counts.
  }
  return Buffer.concat(chunks).subarray(0, bodyBytesMax)
}

/** Options of node:tls for a point; `strict`: only a server that is the one meant. */
export function tlsOptions({ serverName, ca, pinned }: ProbeTls, strict: boolean): Record<string, unknown> {
  return {
    ...(serverName === null ? {} : { servername: serverName }),
    ...(ca === null ? {} : { ca, allowPartialTrustChain: true }),
    rejectUnauthorized: strict,
    checkServerIdentity: (name: string, certificate: Parameters<typeof checkServerIdentity>[1]) => {
      if (pinned === null) return checkServerIdentity(serverName ?? name, certificate)
      // The certificate that the configuration names is the one meant, whatever names are in it.
      return pinned.has(certificate.fingerprint256)
        ? undefined
        : new Error('it is not the certificate of the configuration')
    },
  }
}

function codeOf(error: unknown): string {
  const { code, name } = error as NodeJS.ErrnoException
  return name === 'TimeoutError' || name === 'AbortError' ? 'no answer in time' : (code ?? 'no answer')
}
