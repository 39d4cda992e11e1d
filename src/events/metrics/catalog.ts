import type { MetricType } from '../../lib/prometheus-text.ts'

/** Every metric that the gateway gives: name, type, labels, meaning. The one table; rendering and docs/reference/metrics.md both come from it. */
export const metricCatalog = {
  portcullis_requests_total: [
    'counter',
    ['route', 'status', 'verdict'],
    'Exchanges that ended, by route, status sent to the client (0 = none could be sent) and verdict.',
  ],
  portcullis_request_duration_seconds: [
    'histogram',
    ['route'],
    'From the first byte of the request to the last byte of the answer.',
  ],
  portcullis_upstream_duration_seconds: [
    'histogram',
    ['route'],
    'From the first byte sent to the service to the end of the head of its answer.',
  ],
  portcullis_request_bytes_total: ['counter', ['route'], 'Body bytes received from clients.'],
  portcullis_response_bytes_total: ['counter', ['route'], 'Body bytes sent to clients.'],
  portcullis_refusals_total: [
    'counter',
    ['policy', 'code'],
    'Refusals and errors by the policy that gave them (gateway = the gateway itself) and problem code.',
  ],
  portcullis_observed_refusals_total: [
    'counter',
    ['policy', 'code'],
    'What policies in mode observe would have refused, and notes of policies.',
  ],
  portcullis_policy_total: [
    'counter',
    ['policy', 'counter'],
    'Counters of the policies themselves; each is described beside its policy.',
  ],
  portcullis_requests_in_flight: ['gauge', [], 'Exchanges that began and have not ended.'],
  portcullis_connections: ['gauge', ['listener'], 'Open client connections.'],
  portcullis_connections_total: ['counter', ['listener'], 'Client connections accepted.'],
  portcullis_tls_handshake_failures_total: [
    'counter',
    ['listener', 'reason'],
    'TLS handshakes that failed, by class of reason.',
  ],
  portcullis_upstream_connections: ['gauge', ['service'], 'Open connections to the targets of a service.'],
  portcullis_upstream_errors_total: ['counter', ['service', 'kind'], 'Failures of a service, by kind.'],
  portcullis_events_total: ['counter', [], 'Exchanges that were recorded.'],
  portcullis_event_drops_total: [
    'counter',
    ['sink'],
    'Events lost: by a sink that was full or failing, or (ring) because the main thread did not drain in time.',
  ],
  portcullis_insight_drops_total: [
    'counter',
    [],
    'Exchanges that insight was not told of, because it was away or behind.',
  ],
  portcullis_insight_up: ['gauge', [], '1 while the insight process takes what it is told.'],
  portcullis_insight_restarts_total: ['counter', [], 'How often the insight process ended and was started again.'],
  portcullis_insight_items_total: [
    'counter',
    ['kind'],
    'Items that insight learnt from, since it was started: event, observation, span.',
  ],
  portcullis_insight_items_refused_total: [
    'counter',
    ['reason'],
    'Items that insight took and did not learn from, since it was started: duplicate, clock-jump, unreadable, failed (a fault of ours).',
  ],
  portcullis_insight_lag_seconds: [
    'gauge',
    [],
    'How long the slowest item of the last second was on its way to insight.',
  ],
  portcullis_insight_state_rows: ['gauge', [], 'Rows of what was learnt in the store.'],
  portcullis_insight_failed_saves_total: [
    'counter',
    [],
    'Saves of what was learnt that failed, since insight was started.',
  ],
  portcullis_insight_resident_memory_bytes: ['gauge', [], 'Resident memory of the insight process.'],
  portcullis_event_sink_queue_bytes: ['gauge', ['sink'], 'Bytes of events that wait for a sink.'],
  portcullis_event_sink_failing: ['gauge', ['sink'], '1 while the last write of a sink failed.'],
  portcullis_buffered_bytes: ['gauge', ['worker'], 'Bytes that a worker holds in buffers now.'],
  portcullis_buffered_bytes_peak: [
    'gauge',
    ['worker'],
    'The most that a worker held in buffers since the process started.',
  ],
  portcullis_buffered_bytes_limit: [
    'gauge',
    [],
    'The budget of all workers together; a worker above its share refuses new work.',
  ],
  portcullis_config_version: ['gauge', [], 'Version of the configuration that decides.'],
  portcullis_config_reloads_total: ['counter', ['outcome'], 'Reloads since the start, by outcome (applied, rejected).'],
  portcullis_certificate_not_after_seconds: [
    'gauge',
    ['listener', 'subject'],
    'End of validity of a server certificate, seconds since the epoch.',
  ],
  portcullis_key_set_age_seconds: ['gauge', ['issuer'], 'Time since the keys of an issuer were last fetched.'],
  portcullis_key_set_keys: [
    'gauge',
    ['issuer'],
    'Keys of an issuer that can be used; 0 means that its tokens get 503.',
  ],
  portcullis_workers: ['gauge', [], 'Workers that accept connections.'],
  portcullis_worker_restarts_total: ['counter', [], 'Workers that died and were replaced.'],
  process_resident_memory_bytes: ['gauge', [], 'Resident memory of the whole process.'],
  process_start_time_seconds: ['gauge', [], 'Start of the process, seconds since the epoch.'],
  process_cpu_seconds_total: ['counter', [], 'CPU time of the whole process, user and system.'],
  portcullis_build_info: ['gauge', ['version', 'node'], 'Always 1; the labels tell what runs.'],
} as const satisfies Readonly<Record<string, readonly [type: MetricType, labels: readonly string[], help: string]>>

export type MetricName = keyof typeof metricCatalog
