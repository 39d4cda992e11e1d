import type { ExchangeRecord } from '../../model/exchange.ts'
import type { Reader } from '../reader.ts'
import { jsonLinesReader } from './json-lines.ts'
import { createNative } from './raw.ts'

type Fields = Readonly<Record<string, unknown>>

/** Response flags that say that Envoy itself refused or failed (Envoy "Response flags"). */
const own: Readonly<Record<string, 'refuse' | 'error'>> = Object.assign(Object.create(null), {
  UAEX: 'refuse',
  RL: 'refuse',
  RLSE: 'refuse',
  NR: 'refuse',
  IH: 'refuse',
  UH: 'error',
  UF: 'error',
  UO: 'error',
  UT: 'error',
  UC: 'error',
  URX: 'error',
  NC: 'error',
  DPE: 'refuse',
} satisfies Record<string, 'refuse' | 'error'>)

/**
 * Format `envoy`: access-log lines in JSON with the keys of Istio's default (`start_time`, `method`, `path`, `response_code`, …), which most
 * configurations of Envoy keep to. There are no contents, so it gives events alone.
 */
export function envoyReader(hashKey: Uint8Array): Reader<ExchangeRecord> {
  const native = createNative(hashKey)
  return jsonLinesReader(
    'envoy',
    first => 'response_code' in first && 'method' in first && ('path' in first || 'x_envoy_original_path' in first),
    (value, place) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not an object'
      const from = value as Fields
      const status = amount(from.response_code)
      const upstream = word(from.upstream_host)
      const trace = /^00-([0-9a-f]{32})-([0-9a-f]{16})-/.exec(word(from.traceparent))
      const taken = native(
        {
          time: from.start_time,
          id: word(from.request_id),
          method: from.method,
          url: word(from.x_envoy_original_path) || from.path,
          host: word(from.authority),
          status,
          more: {
            protocol: word(from.protocol).toLowerCase(),
            client: address(
              word(from.downstream_remote_address) || (word(from.x_forwarded_for).split(',')[0] ?? '').trim(),
            ),
            listener: '',
            route: word(from.route_name) || null,
            service: cluster(word(from.upstream_cluster)),
            target: upstream || null,
            upstreamStatus: upstream === '' ? 0 : status,
            requestBytes: amount(from.bytes_received),
            responseBytes: amount(from.bytes_sent),
            durationMs: amount(from.duration),
            upstreamMs: word(from.upstream_service_time) === '' ? null : amount(from.upstream_service_time),
            verdict: verdictOf(word(from.response_flags)),
            traceId: trace?.[1] ?? (word(from.trace_id) || null),
            spanId: word(from.span_id) || null,
            parentId: trace?.[2] ?? null,
          },
        },
        place,
      )
      return typeof taken === 'string' ? taken : { event: taken.event, observation: null }
    },
  )
}

/** Envoy writes `-` or null for what there is not, and numbers as numbers or text. */
function word(value: unknown): string {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '-' ? value : ''
}

function amount(value: unknown): number {
  const number = typeof value === 'string' ? Number(value) : value
  return typeof number === 'number' && number >= 0 ? number : 0
}

/** `10.0.0.7:41234` and `[::1]:80` without their ports. */
function address(text: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(text)
  return bracketed?.[1] ?? text.replace(/^([^:]*):\d+$/, '$1')
}

/** Istio names clusters `outbound|9080|v1|details.default.svc.cluster.local`; the last part is the service. */
function cluster(text: string): string | null {
  return text === '' ? null : (text.split('|').at(-1) ?? text)
}

function verdictOf(flags: string): string {
  for (const flag of flags.split(',')) {
    const found = own[flag]
    if (found !== undefined) return found
  }
  return 'pass'
}
