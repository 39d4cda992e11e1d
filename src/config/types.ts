import type { SourcePlace } from '../core/config-error.ts'
import type { StoreSettings } from '../core/host.ts'
import type { Level, Phase } from '../core/phase.ts'
import type { Secret } from '../core/secret.ts'
import type { DetectionConfig } from './detection.ts'

/**
 * A checked configuration: plain, frozen data with every default filled in and every reference resolved.
 * It crosses to the workers as a message (secrets packed by core/secret.ts).
 */
export interface Config {
  /** Number of data-plane workers; resolved from `auto`. */
  readonly workers: number
  /** Folder for what must survive a restart (control token); null when none is configured. */
  readonly stateDir: string | null
  readonly control: ControlConfig | null
  readonly listeners: readonly ListenerConfig[]
  readonly services: readonly ServiceConfig[]
  readonly stores: Readonly<Record<string, StoreSettings>>
  readonly events: readonly SinkEntry[]
  /** null: nothing is learnt. */
  readonly insight: InsightConfig | null
  /** Extra header names that no client may send (lower case). */
  readonly reserved: readonly string[]
  /** CIDRs of proxies whose `X-Forwarded-For` / `Forwarded` is believed. */
  readonly trustedProxies: readonly string[]
  /** Global policies. */
  readonly policies: readonly PolicyEntry[]
  readonly routes: readonly RouteConfig[]
  readonly limits: GlobalLimits
}

export interface GlobalLimits {
  /** All buffered bytes of one worker; above it new work is refused with 503 or readers pause. */
  readonly bufferedBytesMax: number
  /** Grace for open exchanges at SIGTERM, ms (below the 10 s within which the process ends). */
  readonly drainMs: number
}

export interface ControlConfig {
  /** `host:port`; loopback unless tls with clientAuth required and allow are given. */
  readonly address: Address
  /** Host header values that are accepted (DNS rebinding); the address itself is always one. */
  readonly hosts: readonly string[]
  /** Optional separate listener for /health/* only. */
  readonly health: Address | null
  readonly tls: TlsConfig | null
  /** CIDRs that may connect beyond loopback. */
  readonly allow: readonly string[]
}

export interface InsightConfig {
  readonly retentionMs: number
  /** Of the history on disk. */
  readonly historyBytesMax: number
  /** Of the whole process, roughly. */
  readonly memoryBytesMax: number
  /** File that everything taken is recorded in; null: none. */
  readonly record: string | null
  /** Kept and dropped beyond the usual: `span:NAME`, `resource:NAME`, `request:NAME`, `response:NAME`. */
  readonly fields: { readonly keep: readonly string[]; readonly drop: readonly string[] }
  /** Findings of posture that count no more; `subject` null: every one of the rule, `until`: Unix time, ms. */
  readonly accept: ReadonlyArray<{
    readonly rule: string
    readonly subject: string | null
    readonly reason: string
    readonly until: number
  }>
  /** Receiver of spans; null: none. */
  readonly otlp: { readonly address: Address; readonly allow: readonly string[] } | null
  /** Cluster that says who has which address; null: none. The files are read when a request is made; `namespaces` empty: all. */
  readonly kubernetes: {
    readonly server: string
    readonly tokenFile: string
    readonly caFile: string
    readonly namespaces: readonly string[]
  } | null
  /** CIDRs whose callers are our own. */
  readonly networks: { readonly internal: readonly string[] }
  readonly detection: DetectionConfig
}

export type Address =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

export interface ListenerConfig {
  readonly name: string
  readonly address: Address
  readonly tls: TlsConfig | null
  readonly limits: ListenerLimits
  /** HSTS max-age in seconds; 0 = not sent. 1 year by default on TLS. */
  readonly hstsSeconds: number
  /** Who can reach it, as written; null: to be told from its address. */
  readonly zone: Zone | null
  /** From systemd (`LISTEN_FDS`): a descriptor number, when the address is `fd:N`. */
  readonly at: SourcePlace
}

/** From where callers come, from the widest to the narrowest. */
export type Zone = 'internet' | 'partner' | 'internal' | 'service'

export interface ListenerLimits {
  /** Defaults of DESIGN §4: 32 KiB, 100, 8 KiB, 10,000, 1,000, 1,000, 10 s, 60 s, 30 s. */
  readonly headBytesMax: number
  readonly fieldsMax: number
  readonly urlBytesMax: number
  readonly connectionsMax: number
  readonly connectionsPerAddressMax: number
  readonly requestsPerConnectionMax: number
  readonly headTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly progressTimeoutMs: number
}

export interface TlsConfig {
  /** PEM texts, in the order written; the first is the default when SNI matches none. */
  readonly certificates: ReadonlyArray<{
    readonly certificate: string
    readonly key: Secret
    readonly passphrase: Secret | null
  }>
  readonly minVersion: 'TLSv1.3' | 'TLSv1.2'
  readonly clientAuth: 'none' | 'optional' | 'required'
  /** PEM of the CAs that client certificates must chain to; null with clientAuth none. */
  readonly clientCa: string | null
  /** PEM or DER (base64) CRLs, one per entry. */
  readonly crls: readonly string[]
  /** Insist on an extendedKeyUsage with clientAuth. */
  readonly requireEku: boolean
}

export interface ServiceConfig {
  readonly name: string
  readonly targets: readonly Target[]
  /** `client`: Host reaches the origin unchanged; `target`: the target's own authority; else that name. */
  readonly host:
    | { readonly kind: 'client' }
    | { readonly kind: 'target' }
    | { readonly kind: 'name'; readonly name: string }
  readonly tls: UpstreamTlsConfig
  readonly timeouts: {
    readonly connectMs: number
    /** From the last request byte to the response head. */
    readonly responseMs: number
    /** Silence on an open exchange. */
    readonly idleMs: number
    /** How long an unused connection is kept. */
    readonly keepAliveMs: number
  }
  /** Connections per target and worker; further requests wait (bounded), then 503. */
  readonly connectionsMax: number
  /** Who answers for it, as written; null when nothing is. */
  readonly owner: {
    readonly application: string | null
    readonly tenant: string | null
    readonly contact: string | null
  } | null
  readonly policies: readonly PolicyEntry[]
  readonly disable: readonly string[]
  readonly at: SourcePlace
}

export interface Target {
  /** As written, e.g. `https://10.0.0.5:8443` or `unix:/run/app.sock`. */
  readonly url: string
  readonly tls: boolean
  readonly address: Address
  /** Authority for the Host field when `host: target`. */
  readonly authority: string
}

export interface UpstreamTlsConfig {
  /** PEM; null = the system's roots. */
  readonly ca: string | null
  readonly certificate: string | null
  readonly key: Secret | null
  /** Name to verify and send as SNI; null = the target's host. */
  readonly serverName: string | null
}

export interface RouteConfig {
  readonly name: string
  readonly match: RouteMatch
  readonly service: string
  /** Removes the literal prefix of the path before forwarding. */
  readonly stripPrefix: boolean
  /** Limit of a buffered body, bytes. */
  readonly bufferedBodyMax: number
  /** Limit of a streamed body, bytes; null = unlimited. */
  readonly bodyMax: number | null
  readonly learn: boolean
  /** What becomes of a trace that the caller began. */
  readonly trace: 'trusted' | 'continued' | 'restarted'
  readonly policies: readonly PolicyEntry[]
  /** Names or ids of inherited policies that do not apply here. */
  readonly disable: readonly string[]
  /** Why it is there, and who answers for it, as written; null when nothing is. */
  readonly reason: string | null
  readonly owner: string | null
  readonly at: SourcePlace
}

export interface RouteMatch {
  /** Lower case; `*.example.com` matches one label; empty = any host. */
  readonly hosts: readonly string[]
  /** `/orders/{id}/items`, `/orders/**`; canonical form. */
  readonly path: string
  /** Upper case; empty = any method. */
  readonly methods: readonly string[]
  /** Lower-case name → exact value. */
  readonly headers: Readonly<Record<string, string>>
}

export interface PolicyEntry {
  /** Policy name. */
  readonly use: string
  /** Unique within its chain; defaults to the name. */
  readonly id: string
  readonly mode: 'enforce' | 'observe'
  /** The policy's own settings, checked, defaults filled in. */
  readonly with: unknown
  readonly phase: Phase
  readonly level: Level
  readonly at: SourcePlace
}

export interface SinkEntry {
  readonly sink: string
  readonly with: unknown
  readonly at: SourcePlace
}
