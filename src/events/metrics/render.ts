import { type MetricFamily, type MetricSample, prometheusText } from '../../lib/prometheus-text.ts'
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
  readonly rssBytes: number
  readonly cpuSeconds: number
  readonly startedMs: number
}

/** All metrics of the process as Prometheus text 0.0.4: the cells of all workers added up, and `extra`. A series appears once it counted. */
export function renderMetrics(memory: MetricsMemory, plan: MetricsPlan, extra: MetricsExtra): string {
  const workers = Array.from({ length: memory.workers }, (_, index) => workerCells(memory, index))
  const sum = (at: number): number => workers.reduce((total, cells) => total + (cells[at] as number), 0)
  const samples = new Map<MetricName, MetricSample[]>()
  const put: Put = (name, labels, value, suffix) => {
    const list = samples.get(name)
    const sample = suffix === undefined ? { labels, value } : { labels, value, suffix }
    if (list === undefined) samples.set(name, [sample])
    else list.push(sample)
  }

  const routes = [
    ...Object.entries(plan.routes),
    [noRouteLabel, plan.noRoute],
    [otherRoutesLabel, plan.otherRoutes],
  ] as const
  for (const [route, at] of routes) putRoute(put, sum, route, at)
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
  for (const [index, cells] of workers.entries()) {
    put('portcullis_buffered_bytes', { worker: String(index) }, cells[workerBlock.buffered] as number)
    put('portcullis_buffered_bytes_peak', { worker: String(index) }, cells[workerBlock.bufferedPeak] as number)
  }
  putExtra(put, extra)
  return prometheusText(families(samples))
}

type Put = (name: MetricName, labels: Readonly<Record<string, string>>, value: number, suffix?: string) => void
type Sum = (at: number) => number

function* families(samples: ReadonlyMap<MetricName, readonly MetricSample[]>): Generator<MetricFamily> {
  for (const [name, [type, , help]] of Object.entries(metricCatalog)) {
    yield { name, type, help, samples: samples.get(name as MetricName) ?? [] }
  }
}

function putRoute(put: Put, sum: Sum, route: string, at: number): void {
  let requests = 0
  for (const [v, verdict] of verdictWords.entries()) {
    for (let s = 0; s < routeBlock.statuses; s++) {
      const count = sum(at + routeBlock.requests + v * routeBlock.statuses + s)
      requests += count
      const status = s < statusCodes.length ? String(statusCodes[s]) : 'other'
      if (count > 0) put('portcullis_requests_total', { route, status, verdict }, count)
    }
  }
  if (requests === 0) return
  putHistogram(put, sum, 'portcullis_request_duration_seconds', route, at + routeBlock.total)
  putHistogram(put, sum, 'portcullis_upstream_duration_seconds', route, at + routeBlock.upstream)
  put('portcullis_request_bytes_total', { route }, sum(at + routeBlock.requestBytes))
  put('portcullis_response_bytes_total', { route }, sum(at + routeBlock.responseBytes))
}

function putHistogram(put: Put, sum: Sum, name: MetricName, route: string, at: number): void {
  let count = 0
  for (const [index, boundMs] of latencyBoundsMs.entries()) {
    count += sum(at + index)
    put(name, { route, le: String(boundMs / 1000) }, count, '_bucket')
  }
  // The count comes from the buckets, so `+Inf` and `_count` agree even while a worker writes.
  count += sum(at + latencyBoundsMs.length)
  put(name, { route, le: '+Inf' }, count, '_bucket')
  put(name, { route }, sum(at + routeBlock.sum) / 1000, '_sum')
  put(name, { route }, count, '_count')
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
  put('process_resident_memory_bytes', {}, extra.rssBytes)
  put('process_start_time_seconds', {}, Math.floor(extra.startedMs / 1000))
  put('process_cpu_seconds_total', {}, extra.cpuSeconds)
  put('portcullis_build_info', { version: extra.version, node: extra.nodeVersion }, 1)
}
