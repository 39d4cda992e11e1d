import { Exchange, type Client, type PeerIdentity, type TlsInfo, type UpstreamAnswer } from '../../src/core/exchange.ts'
import { Fields } from '../../src/core/fields.ts'
import { principal, type Principal } from '../../src/core/principal.ts'

/** Header lines for a test: name → value, or several values for several lines; or pairs where order matters. */
export type HeaderLines =
  | Readonly<Record<string, string | readonly string[]>>
  | ReadonlyArray<readonly [string, string]>

/** What a test wants to be different from an ordinary `GET https://api.example.test/`. */
export interface ExchangeSettings {
  readonly id?: string
  readonly listener?: string
  readonly protocol?: string
  readonly method?: string
  readonly host?: string
  /** Canonical path; `?query` is split off. */
  readonly path?: string
  readonly query?: string
  readonly headers?: HeaderLines
  /** Address, or address and port. */
  readonly client?: string | Client
  readonly tls?: (Partial<Omit<TlsInfo, 'peer'>> & { readonly peer?: Partial<PeerIdentity> | null }) | null
  readonly contentLength?: number
  /** The buffered body; also sets contentLength unless that is given. */
  readonly body?: Uint8Array | string
  readonly route?: { readonly name: string; readonly service: string } | null
  readonly params?: Readonly<Record<string, string>>
  readonly principal?: Partial<Principal> | null
  /** The service's answer, for response hooks. */
  readonly answer?: { readonly status: number; readonly headers?: HeaderLines }
  /** Wall clock, ms since the epoch. */
  readonly time?: number
  readonly startedMs?: number
}

/** An exchange for tests: an ordinary GET by a stranger at 192.0.2.1 over plain TCP, changed by the settings. */
export function exchange(settings: ExchangeSettings = {}): Exchange {
  const [path = '/', ...rest] = (settings.path ?? '/').split('?')
  const body = typeof settings.body === 'string' ? new TextEncoder().encode(settings.body) : settings.body
  const client = settings.client ?? '192.0.2.1'
  const x = new Exchange({
    id: settings.id ?? '00000000-0000-7000-8000-000000000000',
    listener: settings.listener ?? 'test',
    protocol: settings.protocol ?? 'HTTP/1.1',
    client: typeof client === 'string' ? { address: client, port: 40_000 } : client,
    tls: settings.tls === undefined || settings.tls === null ? null : tlsInfo(settings.tls),
    method: settings.method ?? 'GET',
    host: settings.host ?? 'api.example.test',
    path,
    query: settings.query ?? rest.join('?'),
    headers: fields(settings.headers ?? {}),
    contentLength: settings.contentLength ?? body?.length ?? 0,
    time: settings.time ?? Date.UTC(2026, 0, 1),
    startedMs: settings.startedMs ?? 1_000,
    abort: () => {},
  })
  x.route = settings.route === undefined ? { name: 'test', service: 'origin' } : settings.route
  x.params = settings.params ?? null
  x.body = body ?? null
  if (settings.principal) x.principal = principal({ method: 'test', subject: 'somebody', ...settings.principal })
  if (settings.answer) x.answer = answer(settings.answer)
  return x
}

/** Fields from header lines, in the order written. */
export function fields(lines: HeaderLines): Fields {
  if (Array.isArray(lines)) return Fields.from(lines as ReadonlyArray<readonly [string, string]>)
  const pairs: Array<readonly [string, string]> = []
  for (const [name, value] of Object.entries(lines as Readonly<Record<string, string | readonly string[]>>)) {
    for (const one of typeof value === 'string' ? [value] : value) pairs.push([name, one])
  }
  return Fields.from(pairs)
}

function answer(given: { readonly status: number; readonly headers?: HeaderLines }): UpstreamAnswer {
  return { status: given.status, fields: fields(given.headers ?? {}) }
}

function tlsInfo(given: NonNullable<ExchangeSettings['tls']>): TlsInfo {
  return {
    version: 'TLSv1.3',
    cipher: 'TLS_AES_128_GCM_SHA256',
    serverName: null,
    resumed: false,
    peerError: null,
    ...given,
    peer: given.peer === undefined || given.peer === null ? null : peer(given.peer),
  }
}

function peer(given: Partial<PeerIdentity>): PeerIdentity {
  return {
    subject: 'CN=client,O=Example',
    issuer: 'CN=ca,O=Example',
    dns: [],
    uris: [],
    ips: [],
    emails: [],
    spiffeId: null,
    fingerprint: '0'.repeat(64),
    serial: '01',
    notAfter: Date.UTC(2036, 0, 1),
    der: new Uint8Array([0x30, 0x00]),
    ...given,
  }
}
