import { familyHead, labelText, sampleLine } from '../../lib/prometheus-text.ts'
import { type MetricName, metricCatalog } from './catalog.ts'
import {
  handshakeReasons,
  latencyBoundsMs,
  listenerBlock,
  routeBlock,
  serviceBlock,
  statusCodes,
  upstreamErrorKinds,
  verdictWords,
  workerBlock,
} from './layout.ts'
import { type MetricsMemory, workerCells } from './memory.ts'
import { type MetricsPlan, noRouteLabel, otherRoutesLabel } from './plan.ts'

/** What main knows and no worker counts. Times in the unit of the name. */
export interface MetricsExtra {
  readonly version: string
  readonly nodeVersion: string
  readonly configVersion: number
  readonly reloads: { readonly applied: number; readonly rejected: number }
  readonly certificates: ReadonlyArray<{
    readonly listener: string
    readonly subject: string
    readonly notAfterMs: number
  }>
  readonly keySets: ReadonlyArray<{
    readonly issuer: string
    readonly ageSeconds: number | null
    readonly keys: number
  }>
  readonly workers: number
  readonly workerRestarts: number
  /** Of all workers together. */
  readonly bufferedBytesMax: number
  /** Per sink and for the ring: what the event writer's `status()` gives. */
  readonly sinks: ReadonlyArray<{
    readonly name: string
    readonly dropped: number
    readonly queuedBytes: number
    readonly failing: boolean
  }>
  /** null: it is not configured. */
  readonly insight: InsightMetrics | null
  readonly rssBytes: number
  readonly cpuSeconds: number
  readonly startedMs: number
}

/** What main knows of the insight process; `now` null: it is away. Counts since it was started. */
export interface InsightMetrics {
  readonly restarts: number
  readonly now: {
    /** By kind. */
    readonly items: Readonly<Record<string, number>>
    /** By reason. */
    readonly refused: Readonly<Record<string, number>>
    readonly lagSeconds: number
    readonly stateRows: number
    readonly failedSaves: number
    readonly rssBytes: number
  } | null
}

/** All metrics of the process as Prometheus text 0.0.4: the cells of all workers added up, and `extra`. A series appears once it counted. */
export function renderMetrics(memory: MetricsMemory, plan: MetricsPlan, extra: MetricsExtra): string {
  const workers = Array.from({ length: memory.workers }, (_, index) => workerCells(memory, index))
  const sum: Sum = at => {
    let total = 0
    for (const cells of workers) total += cells[at] as number
    return total
  }
  const texts = new Map<MetricName, string>()
  const append: Append = (name, suffix, labels, value) => {
    texts.set(name, (texts.get(name) ?? '') + sampleLine(name + suffix, labels, value))
  }
  const put: Put = (name, labels, value) => append(name, '', labelText(labels), value)

  const routes = [
    ...Object.entries(plan.routes),
    [noRouteLabel, plan.noRoute],
    [otherRoutesLabel, plan.otherRoutes],
  ] as const
  for (const [route, at] of routes) putRoute(append, sum, route, at)
  for (const [policy, codes] of Object.entries(plan.refusals)) {
    for (const [code, at] of Object.entries(codes)) {
      const labels = { policy: policy === '' ? 'gateway' : policy, code: code === '*' ? 'other' : code }
      if (sum(at) > 0) put('portcullis_refusals_total', labels, sum(at))
      if (sum(at + 1) > 0) put('portcullis_observed_refusals_total', labels, sum(at + 1))
    }
  }
  for (const [policy, counters] of Object.entries(plan.counters)) {
    for (const [counter, at] of Object.entries(counters)) put('portcullis_policy_total', { policy, counter }, sum(at))
  }
  for (const [listener, at] of Object.entries(plan.listeners)) {
    put('portcullis_connections', { listener }, sum(at + listenerBlock.open))
    put('portcullis_connections_total', { listener }, sum(at + listenerBlock.opened))
    for (const [index, reason] of handshakeReasons.entries()) {
      const failed = sum(at + listenerBlock.handshakes + index)
      if (failed > 0) put('portcullis_tls_handshake_failures_total', { listener, reason }, failed)
    }
  }
  for (const [service, at] of Object.entries(plan.services)) {
    put('portcullis_upstream_connections', { service }, sum(at + serviceBlock.connections))
    for (const [index, kind] of upstreamErrorKinds.entries()) {
      const errors = sum(at + serviceBlock.errors + index)
      if (errors > 0) put('portcullis_upstream_errors_total', { service, kind }, errors)
    }
  }
  put('portcullis_requests_in_flight', {}, sum(workerBlock.inFlight))
  put('portcullis_events_total', {}, sum(workerBlock.events))
  put('portcullis_event_drops_total', { sink: '(ring)' }, sum(workerBlock.eventsDropped))
  put('portcullis_insight_drops_total', {}, sum(workerBlock.streamDropped))
  for (const [index, cells] of workers.entries()) {
    put('portcullis_buffered_bytes', { worker: String(index) }, cells[workerBlock.buffered] as number)
    put('portcullis_buffered_bytes_peak', { worker: String(index) }, cells[workerBlock.bufferedPeak] as number)
  }
  putExtra(put, extra)
  let out = ''
  for (const [name, [type, , help]] of Object.entries(metricCatalog)) {
    const samples = texts.get(name as MetricName)
    if (samples !== undefined) out += familyHead(name, type, help) + samples
  }
  return out
}

/** Labels as text already: a route's are made once for its forty lines. */
type Append = (name: MetricName, suffix: string, labels: string, value: number) => void
type Put = (name: MetricName, labels: Readonly<Record<string, string>>, value: number) => void
type Sum = (at: number) => number

function putRoute(append: Append, sum: Sum, route: string, at: number): void {
  const label = labelText({ route })
  let requests = 0
  for (const [v, verdict] of verdictWords.entries()) {
    for (let s = 0; s < routeBlock.statuses; s++) {
      const count = sum(at + routeBlock.requests + v * routeBlock.statuses + s)
      if (count === 0) continue
      requests += count
      const status = s < statusCodes.length ? String(statusCodes[s]) : 'other'
      append('portcullis_requests_total', '', `${label},status="${status}",verdict="${verdict}"`, count)
    }
  }
  if (requests === 0) return
  putHistogram(append, sum, 'portcullis_request_duration_seconds', label, at + routeBlock.total)
  putHistogram(append, sum, 'portcullis_upstream_duration_seconds', label, at + routeBlock.upstream)
  append('portcullis_request_bytes_total', '', label, sum(at + routeBlock.requestBytes))
  append('portcullis_response_bytes_total', '', label, sum(at + routeBlock.responseBytes))
}

const bounds = [...latencyBoundsMs.map(ms => `le="${ms / 1000}"`), 'le="+Inf"']

function putHistogram(append: Append, sum: Sum, name: MetricName, label: string, at: number): void {
  // The count comes from the buckets, so `+Inf` and `_count` agree even while a worker writes.
  let count = 0
  for (const [index, bound] of bounds.entries()) {
    count += sum(at + index)
    append(name, '_bucket', `${label},${bound}`, count)
  }
  append(name, '_sum', label, sum(at + routeBlock.sum) / 1000)
  append(name, '_count', label, count)
}

function putExtra(put: Put, extra: MetricsExtra): void {
  for (const { name, dropped, queuedBytes, failing } of extra.sinks) {
    put('portcullis_event_drops_total', { sink: name }, dropped)
    put('portcullis_event_sink_queue_bytes', { sink: name }, queuedBytes)
    put('portcullis_event_sink_failing', { sink: name }, failing ? 1 : 0)
  }
  put('portcullis_buffered_bytes_limit', {}, extra.bufferedBytesMax)
  put('portcullis_config_version', {}, extra.configVersion)
  put('portcullis_config_reloads_total', { outcome: 'applied' }, extra.reloads.applied)
  put('portcullis_config_reloads_total', { outcome: 'rejected' }, extra.reloads.rejected)
  const seen = new Set<string>()
  for (const { listener, subject } of extra.certificates) {
    // Two certificates of one subject on one listener (RSA and ECDSA) would be two samples of one series, which no scraper accepts.
    const key = `${listener}\0${subject}`
    if (seen.has(key)) continue
    seen.add(key)
    const soonest = Math.min(
      ...extra.certificates.filter(c => c.listener === listener && c.subject === subject).map(c => c.notAfterMs),
    )
    put('portcullis_certificate_not_after_seconds', { listener, subject }, Math.floor(soonest / 1000))
  }
  for (const { issuer, ageSeconds, keys } of extra.keySets) {
    if (ageSeconds !== null) put('portcullis_key_set_age_seconds', { issuer }, ageSeconds)
    put('portcullis_key_set_keys', { issuer }, keys)
  }
  put('portcullis_workers', {}, extra.workers)
  put('portcullis_worker_restarts_total', {}, extra.workerRestarts)
  if (extra.insight !== null) putInsight(put, extra.insight)
  put('process_resident_memory_bytes', {}, extra.rssBytes)
  put('process_start_time_seconds', {}, Math.floor(extra.startedMs / 1000))
  put('process_cpu_seconds_total', {}, extra.cpuSeconds)
  put('portcullis_build_info', { version: extra.version, node: extra.nodeVersion }, 1)
}

function putInsight(put: Put, { restarts, now }: InsightMetrics): void {
  put('portcullis_insight_up', {}, now === null ? 0 : 1)
  put('portcullis_insight_restarts_total', {}, restarts)
  if (now === null) return
  for (const [kind, count] of Object.entries(now.items)) put('portcullis_insight_items_total', { kind }, count)
  for (const [reason, count] of Object.entries(now.refused))
    put('portcullis_insight_items_refused_total', { reason }, count)
  put('portcullis_insight_lag_seconds', {}, now.lagSeconds)
  put('portcullis_insight_state_rows', {}, now.stateRows)
  put('portcullis_insight_failed_saves_total', {}, now.failedSaves)
  put('portcullis_insight_resident_memory_bytes', {}, now.rssBytes)
}
