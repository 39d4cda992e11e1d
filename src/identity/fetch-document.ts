import { lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { Agent, request } from 'undici'
import { bareHost, isInnerAddress } from './key-url.ts'

export interface DocumentRequest {
  readonly url: string
  /** From the answer that we still hold; a 304 then means "unchanged". */
  readonly etag: string | null
  /** The host stands in the configuration. Any other host came out of a document and may only be a public address. */
  readonly trusted: boolean
  /** PEM of the only CAs that the server's certificate may chain to; null = the system's roots. */
  readonly ca: string | null
  readonly signal: AbortSignal
}

export type DocumentAnswer =
  | { readonly status: 304; readonly maxAgeMs: number | null }
  | { readonly status: 200; readonly body: Buffer; readonly etag: string | null; readonly maxAgeMs: number | null }

/** Gets one document or throws an Error that says what went wrong. */
export type FetchDocument = (wanted: DocumentRequest) => Promise<DocumentAnswer>

const bodyBytesMax = 1024 * 1024
const connectTimeoutMs = 3_000

/**
 * A fetch for key documents over undici: one connection per call, no redirect is followed, at most 1 MiB is read, nothing is
 * decompressed, the server's certificate is always verified. `close` breaks off what is under way.
 */
export function createDocumentFetch(): FetchDocument & { close(): Promise<void> } {
  const open = new Set<Agent>()
  const fetchDocument: FetchDocument = async wanted => {
    const host = bareHost(new URL(wanted.url))
    if (!wanted.trusted && isIP(host) !== 0 && isInnerAddress(host))
      throw new Error('the named host is an inner address')
    // An agent per call: an idle connection to an issuer for five minutes serves nobody, and each source has its own trust.
    const agent = agentFor(wanted)
    open.add(agent)
    try {
      return await fetchBy(agent, wanted)
    } finally {
      open.delete(agent)
      await agent.destroy()
    }
  }
  return Object.assign(fetchDocument, {
    async close() {
      await Promise.all([...open].map(agent => agent.destroy()))
    },
  })
}

function agentFor({ trusted, ca }: DocumentRequest): Agent {
  return new Agent({
    pipelining: 0,
    allowH2: false,
    headersTimeout: 5_000,
    bodyTimeout: 5_000,
    maxHeaderSize: 16_384,
    connect: {
      timeout: connectTimeoutMs,
      ...(ca === null ? {} : { ca }),
      ...(trusted ? {} : { lookup: publicLookup }),
    },
  })
}

async function fetchBy(agent: Agent, wanted: DocumentRequest): Promise<DocumentAnswer> {
  const answer = await request(wanted.url, {
    dispatcher: agent,
    signal: wanted.signal,
    headers: {
      accept: 'application/jwk-set+json, application/json',
      'accept-encoding': 'identity',
      'user-agent': 'portcullis',
      ...(wanted.etag === null ? {} : { 'if-none-match': wanted.etag }),
    },
  })
  const maxAgeMs = maxAgeOf(answer.headers['cache-control'])
  if (answer.statusCode === 304 && wanted.etag !== null) {
    await answer.body.dump()
    return { status: 304, maxAgeMs }
  }
  if (answer.statusCode !== 200 || answer.headers['content-encoding'] !== undefined) {
    // Destroying makes the stream emit an error; without a listener that would end the process.
    answer.body.on('error', () => {}).destroy()
    if (answer.statusCode >= 300 && answer.statusCode < 400) {
      throw new Error(`status ${answer.statusCode}: redirects are not followed`)
    }
    throw new Error(answer.statusCode === 200 ? 'the answer is compressed' : `status ${answer.statusCode}`)
  }
  const etag = answer.headers['etag']
  return { status: 200, body: await readBody(answer.body), etag: typeof etag === 'string' ? etag : null, maxAgeMs }
}

async function readBody(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of body) {
    size += part.length
    // Leaving the loop destroys the stream and with it the connection.
    if (size > bodyBytesMax) throw new Error(`the answer is longer than ${bodyBytesMax} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function maxAgeOf(header: string | string[] | undefined): number | null {
  const text = Array.isArray(header) ? header.join(',') : (header ?? '')
  if (/(?:^|[\s,])no-(?:store|cache)(?:[\s,=]|$)/i.test(text)) return 0
  const seconds = /(?:^|[\s,])max-age="?(\d{1,9})"?(?:[\s,]|$)/i.exec(text)?.[1]
  return seconds === undefined ? null : Number(seconds) * 1_000
}

/** Resolves a name and refuses it when any of its addresses is an inner one, at the moment of connecting: no time to rebind. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, '', 0)
    const found = addresses[0]
    if (found === undefined || addresses.some(one => isInnerAddress(one.address))) {
      return callback(new Error('the named host resolves to an inner address'), '', 0)
    }
    if (options.all === true) callback(null, addresses)
    else callback(null, found.address, found.family)
  })
}
