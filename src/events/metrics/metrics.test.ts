import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { exchange } from '../../../test/support/exchange.ts'
import type { Outcome } from '../../core/outcome.ts'
import { metricCatalog } from './catalog.ts'
import { createMetricsMemory, resetGauges } from './memory.ts'
import { type MetricsPlan, type MetricsSubjects, planMetrics } from './plan.ts'
import { type MetricsExtra, renderMetrics } from './render.ts'
import { openWorkerMetrics } from './worker.ts'

const subjects: MetricsSubjects = {
  routes: ['orders', 'users'],
  services: ['shop'],
  listeners: ['tls'],
  policies: [{ name: 'jwt', codes: ['key-unknown'], counters: ['cache_hits'] }],
  coreCodes: ['no-route', 'credential-invalid', 'internal'],
}

const extra: MetricsExtra = {
  version: '1.2.3',
  nodeVersion: 'v26',
  configVersion: 7,
  reloads: { applied: 6, rejected: 1 },
  certificates: [
    { listener: 'tls', subject: 'CN=a "quoted" \\ name', notAfterMs: 2_000_000_000_999 },
    { listener: 'tls', subject: 'CN=twice', notAfterMs: 3_000_000_000_000 },
    { listener: 'tls', subject: 'CN=twice', notAfterMs: 1_000_000_000_000 },
  ],
  keySets: [
    { issuer: 'https://idp.example/', ageSeconds: 12.5, keys: 2 },
    { issuer: 'https://away.example/', ageSeconds: null, keys: 0 },
  ],
  workers: 2,
  workerRestarts: 3,
  bufferedBytesMax: 1024,
  sinks: [{ name: 'file', dropped: 4, queuedBytes: 10, failing: true }],
  insight: {
    restarts: 1,
    now: {
      items: { event: 5, observation: 4, span: 3 },
      refused: { duplicate: 2 },
      lagSeconds: 0.25,
      stateRows: 7,
      failedSaves: 0,
      rssBytes: 90,
    },
  },
  rssBytes: 100,
  cpuSeconds: 1.5,
  startedMs: 1_700_000_000_123,
}

const outcome = (more: Partial<Outcome> = {}): Outcome => ({
  verdict: 'pass',
  status: 200,
  upstreamStatus: 200,
  policy: '',
  code: '',
  reason: '',
  target: '',
  requestBytes: 10,
  responseBytes: 100,
  durationMs: 3,
  upstreamMs: 2,
  configVersion: 1,
  ...more,
})

const at = (route: string | null) => exchange({ route: route === null ? null : { name: route, service: 'shop' } })

/** Parses the text strictly and gives series → value. */
function parse(text: string): Map<string, number> {
  const series = new Map<string, number>()
  const typed = new Set<string>()
  let family = ''
  for (const line of text.trimEnd().split('\n')) {
    const [, name] = /^# TYPE (\w+) (?:counter|gauge|histogram)$/.exec(line) ?? []
    if (name !== undefined) {
      assert.ok(!typed.has(name), `${name} twice`)
      typed.add(name)
      family = name
      continue
    }
    if (line.startsWith('# HELP ')) continue
    const [, key, value] =
      /^([a-z_]+(?:\{(?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)+\})?) (\S+)$/.exec(line) ??
      assert.fail(`not a sample: ${line}`)
    assert.ok(key?.startsWith(family), `${key} under ${family}`)
    assert.ok(!series.has(key as string), `${key} twice`)
    series.set(key as string, Number(value))
  }
  return series
}

describe('metrics', () => {
  it('bounds the number of series whatever strangers and services do', () => {
    const memory = createMetricsMemory(1, 4096)
    const plan = planMetrics(subjects, null, 4096)
    const metrics = openWorkerMetrics(memory, 0, plan)
    const before = plan.used
    for (let i = 0; i < 3000; i++) {
      metrics.exchange(at(`route-${i}`), outcome({ status: i, verdict: 'refuse', policy: `p${i}`, code: `c${i}` }))
      metrics.connectionOpened(`l${i}`)
      metrics.upstreamError(`s${i}`, 'other')
      metrics.policyCounter(`p${i}`, `c${i}`).add(1)
    }
    assert.equal(plan.used, before)
    const series = parse(renderMetrics(memory, plan, extra))
    assert.ok(series.size < 200, String(series.size))
    assert.equal(series.get('portcullis_requests_total{route="(other)",status="other",verdict="refuse"}'), 3000 - 42)
    assert.equal(series.get('portcullis_refusals_total{policy="gateway",code="other"}'), 3000)
  })

  it('counts an unknown verdict as an error, never as a pass', () => {
    const memory = createMetricsMemory(1)
    const plan = planMetrics(subjects, null, memory.capacity)
    openWorkerMetrics(memory, 0, plan).exchange(at('orders'), outcome({ verdict: 'allow' as 'pass' }))
    const series = parse(renderMetrics(memory, plan, extra))
    assert.equal(series.get('portcullis_requests_total{route="orders",status="200",verdict="error"}'), 1)
  })

  it('adds up what all workers counted', () => {
    const memory = createMetricsMemory(3)
    const plan = planMetrics(subjects, null, memory.capacity)
    for (let worker = 0; worker < 3; worker++) {
      const metrics = openWorkerMetrics(memory, worker, plan)
      metrics.exchange(at('orders'), outcome())
      metrics.exchange(at('orders'), outcome({ durationMs: 0.5, upstreamMs: 700 }))
      metrics.exchange(
        at('users'),
        outcome({ verdict: 'refuse', status: 401, policy: 'jwt', code: 'key-unknown', upstreamMs: -1 }),
      )
      metrics.exchange(
        at(null),
        outcome({ verdict: 'refuse', status: 404, code: 'no-route', upstreamMs: -1, durationMs: 20_000 }),
      )
      metrics.connectionOpened('tls')
      metrics.connectionOpened('tls')
      metrics.connectionClosed('tls')
      metrics.handshakeFailed('tls', 'certificate-refused')
      metrics.upstreamError('shop', 'connect')
      metrics.upstreamConnections('shop', 2)
      metrics.policyCounter('jwt', 'cache_hits').add(5)
      metrics.eventDropped()
      metrics.inFlight(1)
      metrics.budget(100 + worker)
      metrics.budget(50)
    }
    const series = parse(renderMetrics(memory, plan, extra))
    const expected: Record<string, number> = {
      'portcullis_requests_total{route="orders",status="200",verdict="pass"}': 6,
      'portcullis_requests_total{route="users",status="401",verdict="refuse"}': 3,
      'portcullis_requests_total{route="(none)",status="404",verdict="refuse"}': 3,
      'portcullis_request_duration_seconds_bucket{route="orders",le="0.0005"}': 3,
      'portcullis_request_duration_seconds_bucket{route="orders",le="0.0025"}': 3,
      'portcullis_request_duration_seconds_bucket{route="orders",le="0.005"}': 6,
      'portcullis_request_duration_seconds_bucket{route="(none)",le="10"}': 0,
      'portcullis_request_duration_seconds_bucket{route="(none)",le="+Inf"}': 3,
      'portcullis_request_duration_seconds_sum{route="orders"}': 0.0105,
      'portcullis_request_duration_seconds_count{route="orders"}': 6,
      'portcullis_upstream_duration_seconds_count{route="users"}': 0,
      'portcullis_upstream_duration_seconds_count{route="orders"}': 6,
      'portcullis_request_bytes_total{route="orders"}': 60,
      'portcullis_response_bytes_total{route="orders"}': 600,
      'portcullis_refusals_total{policy="jwt",code="key-unknown"}': 3,
      'portcullis_refusals_total{policy="gateway",code="no-route"}': 3,
      'portcullis_policy_total{policy="jwt",counter="cache_hits"}': 15,
      portcullis_requests_in_flight: 3,
      'portcullis_connections{listener="tls"}': 3,
      'portcullis_connections_total{listener="tls"}': 6,
      'portcullis_tls_handshake_failures_total{listener="tls",reason="certificate-refused"}': 3,
      'portcullis_upstream_connections{service="shop"}': 6,
      'portcullis_upstream_errors_total{service="shop",kind="connect"}': 3,
      portcullis_events_total: 12,
      'portcullis_event_drops_total{sink="(ring)"}': 3,
      'portcullis_event_drops_total{sink="file"}': 4,
      'portcullis_event_sink_failing{sink="file"}': 1,
      'portcullis_buffered_bytes{worker="2"}': 50,
      'portcullis_buffered_bytes_peak{worker="2"}': 102,
      portcullis_config_version: 7,
      'portcullis_config_reloads_total{outcome="rejected"}': 1,
      'portcullis_certificate_not_after_seconds{listener="tls",subject="CN=a \\"quoted\\" \\\\ name"}': 2_000_000_000,
      'portcullis_certificate_not_after_seconds{listener="tls",subject="CN=twice"}': 1_000_000_000,
      'portcullis_key_set_age_seconds{issuer="https://idp.example/"}': 12.5,
      'portcullis_key_set_keys{issuer="https://away.example/"}': 0,
      portcullis_worker_restarts_total: 3,
      process_resident_memory_bytes: 100,
      'portcullis_build_info{version="1.2.3",node="v26"}': 1,
    }
    for (const [key, value] of Object.entries(expected)) assert.equal(series.get(key), value, key)
    assert.equal(series.has('portcullis_key_set_age_seconds{issuer="https://away.example/"}'), false)
  })

  it('counts what mode observe would have refused apart from refusals', () => {
    const memory = createMetricsMemory(1)
    const plan = planMetrics(subjects, null, memory.capacity)
    const x = at('orders')
    x.note('jwt', 'credential-invalid', 'would have')
    openWorkerMetrics(memory, 0, plan).exchange(x, outcome())
    const series = parse(renderMetrics(memory, plan, extra))
    assert.equal(series.get('portcullis_observed_refusals_total{policy="jwt",code="credential-invalid"}'), 1)
    assert.equal(series.has('portcullis_refusals_total{policy="jwt",code="credential-invalid"}'), false)
  })

  it('keeps every place over reloads, also of what was gone for a while', () => {
    const memory = createMetricsMemory(1)
    let plan: MetricsPlan = planMetrics(subjects, null, memory.capacity)
    const metrics = openWorkerMetrics(memory, 0, plan)
    metrics.exchange(at('orders'), outcome())
    plan = structuredClone(planMetrics({ ...subjects, routes: ['new'], policies: [] }, plan, memory.capacity))
    metrics.replan(plan)
    metrics.exchange(at('new'), outcome())
    plan = planMetrics(subjects, plan, memory.capacity)
    metrics.replan(plan)
    metrics.exchange(at('orders'), outcome())
    const series = parse(renderMetrics(memory, plan, extra))
    assert.equal(series.get('portcullis_requests_total{route="orders",status="200",verdict="pass"}'), 2)
    assert.equal(series.get('portcullis_requests_total{route="new",status="200",verdict="pass"}'), 1)
  })

  it('counts routes beyond its room together instead of failing a reload', () => {
    const capacity = 2000
    const memory = createMetricsMemory(1, capacity)
    const routes = Array.from({ length: 100 }, (_, i) => `r${i}`)
    const plan = planMetrics({ ...subjects, routes }, null, capacity)
    assert.ok(plan.used <= capacity)
    const metrics = openWorkerMetrics(memory, 0, plan)
    for (const route of routes) metrics.exchange(at(route), outcome())
    const series = parse(renderMetrics(memory, plan, extra))
    assert.equal(series.get('portcullis_requests_total{route="r0",status="200",verdict="pass"}'), 1)
    const counted = [...series]
      .filter(([key]) => key.startsWith('portcullis_requests_total'))
      .reduce((sum, [, value]) => sum + value, 0)
    assert.equal(counted, 100)
  })

  it('takes names that are traps of objects', () => {
    const memory = createMetricsMemory(1)
    const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty']
    const plan = planMetrics({ ...subjects, routes: names, services: names, listeners: names }, null, memory.capacity)
    const metrics = openWorkerMetrics(memory, 0, structuredClone(plan))
    for (const name of names) metrics.exchange(at(name), outcome())
    const series = parse(renderMetrics(memory, plan, extra))
    assert.equal(series.get('portcullis_requests_total{route="constructor",status="200",verdict="pass"}'), 1)
    const counted = [...series]
      .filter(([key]) => key.startsWith('portcullis_requests_total'))
      .reduce((sum, [, value]) => sum + value, 0)
    assert.equal(counted, 4)
  })

  it('loses no counter with a killed worker; its successor starts with gauges at zero', async () => {
    const memory = createMetricsMemory(1)
    const plan = planMetrics(subjects, null, memory.capacity)
    const worker = new Worker(
      `const { workerData, parentPort } = require('node:worker_threads')
       import(workerData.module).then(({ openWorkerMetrics }) => {
         const metrics = openWorkerMetrics(workerData.memory, 0, workerData.plan)
         for (let i = 0; i < 1000; i++) { metrics.connectionOpened('tls'); metrics.inFlight(1); metrics.upstreamConnections('shop', 1) }
         metrics.budget(5)
         parentPort.postMessage('done')
         setInterval(() => {}, 1000)
       })`,
      { eval: true, workerData: { memory, plan, module: new URL('./worker.ts', import.meta.url).href } },
    )
    await once(worker, 'message')
    await worker.terminate()
    resetGauges(memory, plan, 0)
    openWorkerMetrics(memory, 0, plan).connectionOpened('tls')
    const series = parse(renderMetrics(memory, plan, extra))
    assert.equal(series.get('portcullis_connections_total{listener="tls"}'), 1001)
    assert.equal(series.get('portcullis_connections{listener="tls"}'), 1)
    assert.equal(series.get('portcullis_requests_in_flight'), 0)
    assert.equal(series.get('portcullis_upstream_connections{service="shop"}'), 0)
    assert.equal(series.get('portcullis_buffered_bytes{worker="0"}'), 0)
    assert.equal(series.get('portcullis_buffered_bytes_peak{worker="0"}'), 5)
  })

  it('gives only metrics of its catalog, with exactly their labels', () => {
    const memory = createMetricsMemory(1)
    const plan = planMetrics(subjects, null, memory.capacity)
    openWorkerMetrics(memory, 0, plan).exchange(
      at('orders'),
      outcome({ verdict: 'refuse', policy: 'jwt', code: 'internal' }),
    )
    for (const key of parse(renderMetrics(memory, plan, extra)).keys()) {
      const [, name, labels = ''] = /^([a-z_]+?)(?:_bucket|_sum|_count)?(?:\{(.*)\})?$/.exec(key) ?? []
      const entry = (metricCatalog as Record<string, readonly [string, readonly string[], string]>)[name ?? '']
      assert.ok(entry, key)
      const names = [...labels.matchAll(/([a-z]+)="/g)].map(([, label]) => label).filter(label => label !== 'le')
      assert.deepEqual(names, [...entry[1]], key)
    }
  })
})
