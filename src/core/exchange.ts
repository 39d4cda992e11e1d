import { Fields, FieldEdits } from './fields.ts'
import type { Principal } from './principal.ts'

/** The verified identity in a peer's certificate; absent when the peer gave none or it did not verify. */
export interface PeerIdentity {
  /** Distinguished name, RFC 4514 order: `CN=client,O=Example`. */
  readonly subject: string
  readonly issuer: string
  readonly dns: readonly string[]
  readonly uris: readonly string[]
  readonly ips: readonly string[]
  readonly emails: readonly string[]
  readonly spiffeId: string | null
  /** SHA-256 of the DER form, lower-case hex. */
  readonly fingerprint: string
  /** Serial number, lower-case hex. */
  readonly serial: string
  /** End of validity, ms since the epoch. */
  readonly notAfter: number
  /** The certificate itself, DER. */
  readonly der: Uint8Array
}

export interface TlsInfo {
  readonly version: string
  readonly cipher: string
  /** Lower case; null when the client sent none. */
  readonly serverName: string | null
  readonly resumed: boolean
  readonly peer: PeerIdentity | null
  /** Why a certificate that was shown did not count; null otherwise. For the private reason only. */
  readonly peerError: string | null
}

/** Where the exchange came from. The address is un-mapped (`::ffff:1.2.3.4` is `1.2.3.4`) and is the client's own only behind a trusted proxy. */
export interface Client {
  readonly address: string
  readonly port: number
}

export interface RouteInfo {
  readonly name: string
  readonly service: string
}

/** The head of the service's answer, before any of it was sent on. */
export interface UpstreamAnswer {
  readonly status: number
  readonly fields: Fields
}

/** What `mode: observe` would have refused, or a note of a policy. */
export interface Observed {
  readonly policy: string
  readonly code: string
  readonly reason: string
}

export interface ExchangeInit {
  id: string
  listener: string
  protocol: string
  client: Client
  tls: TlsInfo | null
  method: string
  host: string
  path: string
  query: string
  headers: Fields
  /** Declared body length in bytes; -1 when chunked, 0 when there is none. */
  contentLength: number
  /** Wall clock, ms since the epoch. */
  time: number
  /** Monotonic clock of the machine, ms. */
  startedMs: number
  /** From the moment a reader asks: aborts when the client is gone. */
  abort: (onAbort: () => void) => void
}

/** One request with its response, crossing the gateway. A fixed set of fields: a new fact is a new typed field, never a bag. */
export class Exchange {
  readonly id: string
  readonly listener: string
  readonly protocol: string
  readonly client: Client
  readonly tls: TlsInfo | null
  readonly method: string
  /** Host of the request, lower case, without port. */
  readonly host: string
  /** The canonical path: what is routed, checked, logged and forwarded. */
  readonly path: string
  /** Raw query without `?`; '' when there is none. */
  readonly query: string
  /** The request's fields after reserved ones were hidden. */
  readonly headers: Fields
  readonly contentLength: number
  readonly time: number
  readonly startedMs: number
  route: RouteInfo | null = null
  /** Values of the path template's variables. */
  params: Readonly<Record<string, string>> | null = null
  principal: Principal | null = null
  /** The whole body, when a policy asked for it. */
  body: Uint8Array | null = null
  /** Changes to the request toward the service; null until a policy makes one. */
  requestEdits: FieldEdits | null = null
  answer: UpstreamAnswer | null = null
  /** Changes to the response toward the client; applied to answers that we made ourselves too. */
  responseEdits: FieldEdits | null = null
  observed: Observed[] | null = null
  /** W3C trace context, lower-case hex; '' when none. The span is this hop's own, the parent is the caller's. */
  traceId = ''
  spanId = ''
  parentId = ''
  /** Trace flags, two hex digits. */
  traceFlags = '00'
  /** The caller's `tracestate` goes on. */
  traceStateKept = false
  readonly #abort: (onAbort: () => void) => void
  #signal: AbortSignal | null = null

  constructor(init: ExchangeInit) {
    this.id = init.id
    this.listener = init.listener
    this.protocol = init.protocol
    this.client = init.client
    this.tls = init.tls
    this.method = init.method
    this.host = init.host
    this.path = init.path
    this.query = init.query
    this.headers = init.headers
    this.contentLength = init.contentLength
    this.time = init.time
    this.startedMs = init.startedMs
    this.#abort = init.abort
  }

  /** Aborts when the client goes away; made on first use, since most exchanges never need it. */
  get signal(): AbortSignal {
    if (this.#signal === null) {
      const controller = new AbortController()
      this.#signal = controller.signal
      this.#abort(() => controller.abort())
    }
    return this.#signal
  }

  /** Records something worth seeing in the event without refusing. */
  note(policy: string, code: string, reason: string): void {
    this.observed ??= []
    // A hostile client must not be able to grow the event without bound.
    if (this.observed.length < 32) this.observed.push({ policy, code, reason })
  }

  /** Sets a field on the request toward the service. */
  setRequest(name: string, value: string): void {
    this.requestEdits ??= new FieldEdits()
    this.requestEdits.put(name, value)
  }

  removeRequest(name: string): void {
    this.requestEdits ??= new FieldEdits()
    this.requestEdits.remove(name)
  }

  /** Sets a field on the response toward the client. */
  setResponse(name: string, value: string): void {
    this.responseEdits ??= new FieldEdits()
    this.responseEdits.put(name, value)
  }

  /** Adds a line beside those that are there, for fields that are lists. */
  addResponse(name: string, value: string): void {
    this.responseEdits ??= new FieldEdits()
    this.responseEdits.add(name, value)
  }

  removeResponse(name: string): void {
    this.responseEdits ??= new FieldEdits()
    this.responseEdits.remove(name)
  }
}
