import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { epochUs, span } from '../../test/support/spans.ts'
import { testData } from '../../test/support/test-data.ts'
import { openStateStore } from '../insight/store/state-store.ts'
import { Traces } from '../insight/traces/traces.ts'

const root = path.resolve(import.meta.dirname, '../..')

function portcullis(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['src/cli/main.ts', 'traces', ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk))
    child.once('error', reject)
    child.once('close', code => resolve({ code, stdout, stderr }))
  })
}

const traceId = '0af7651916cd43dd8448eb211c80319c'
const spans = [
  span('00000000000000b0', '00000000000000aa', {
    traceId,
    service: 'orders',
    name: 'GET /orders/{id}',
    kind: 'server',
    at: 5_000,
    takes: 80_000,
  }),
  span('00000000000000b1', '00000000000000b0', { traceId, service: 'orders', name: 'load', at: 10_000, takes: 40_000 }),
  span('00000000000000b2', '00000000000000b0', {
    traceId,
    service: 'orders',
    name: 'check',
    at: 10_000,
    takes: 20_000,
    error: true,
  }),
]
const event = {
  time: new Date(epochUs / 1000).toISOString(),
  id: 'e1',
  traceId,
  spanId: '00000000000000aa',
  parentId: null,
  listener: 'public',
  protocol: 'http/1.1',
  client: '192.0.2.1',
  method: 'GET',
  host: 'shop.example',
  path: '/orders/7',
  query: [],
  route: 'orders',
  service: 'orders-v1',
  target: 'http://10.0.0.1:80',
  status: 200,
  upstreamStatus: 200,
  requestBytes: 0,
  responseBytes: 2,
  durationMs: 100,
  upstreamMs: 90,
  principal: null,
  verdict: 'pass' as const,
  policy: null,
  code: null,
  reason: null,
}

describe('portcullis traces', () => {
  let folder = ''
  let files: string[] = []
  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'portcullis-traces-'))
    files = [path.join(folder, 'spans.ndjson.gz'), path.join(folder, 'events.ndjson')]
    writeFileSync(files[0] as string, gzipSync(`${spans.map(one => JSON.stringify(one)).join('\n')}\n{"traceId":1}\n`))
    writeFileSync(
      files[1] as string,
      `${JSON.stringify(event)}\n${JSON.stringify({ ...event, id: 'e2', traceId: null, spanId: null, service: 'legacy' })}\n`,
    )
  })
  after(() => rmSync(folder, { recursive: true }))

  it('says in words what is wrong with what it was given', async () => {
    const cases: Array<[string[], RegExp]> = [
      [['list'], /name files to learn from, --state/],
      [['map', path.join(folder, 'gone')], /cannot read .*gone: ENOENT/],
      [
        ['map', 'package.json'],
        /package\.json is of no format that has spans: spans-csv, spans-ndjson, otlp-json, otlp-protobuf/,
      ],
      [['show', 'ffff', ...files], /there is no trace ffff here/],
      [['list', '--limit', '0', ...files], /must be a whole number from 1/],
      [['list', '--state', path.join(folder, 'gone')], /./],
    ]
    for (const [args, words] of cases) {
      const { code, stdout, stderr } = await portcullis(...args)
      assert.equal(code, 1, args.join(' '))
      assert.equal(stdout, '')
      assert.match(stderr, words)
    }
  })

  it('draws the tree of a request that our log and the spans of a service tell of together', async () => {
    const { stdout, stderr } = await portcullis('show', traceId.slice(0, 8), ...files)
    assert.equal(stderr, '')
    const lines = stdout.trimEnd().split('\n')
    assert.deepEqual(lines.slice(0, 3), [
      `trace ${traceId}`,
      '',
      '2026-01-01 00:00:00.000 UTC, 100 ms, 4 spans in 2 services, 1 error',
    ])
    assert.deepEqual(lines.slice(5), [
      ' begins    takes   itself   critical  call',
      '0.00 ms   100 ms  20.0 ms  ● 20.0 ms  portcullis  GET orders  [200]',
      '5.00 ms  80.0 ms  40.0 ms  ● 40.0 ms  └─ orders  GET /orders/{id}',
      '10.0 ms  40.0 ms  40.0 ms  ● 40.0 ms     ├─ load',
      '10.0 ms  20.0 ms  20.0 ms                └─ check  [✗ error]',
    ])
  })

  it('lists, maps and tells coverage, and counts what did not read', async () => {
    const list = await portcullis('list', ...files)
    assert.match(
      list.stdout,
      /0af7651916cd43dd8448eb211c80319c {2}2026-01-01 00:00:00\.000 {2}100 ms {2}4 {6}2 {9}portcullis {2}GET orders {2}✗ 1 error/,
    )
    assert.match(list.stdout, /4 spans in 1 trace\./)
    assert.match(
      list.stdout,
      /spans\.ndjson\.gz: 1 did not read: 1 × a trace or span id is missing or malformed \(first at line 4\)/,
    )
    const map = JSON.parse((await portcullis('map', '--json', ...files)).stdout) as {
      edges: Array<{ from: string | null; to: string; calls: number }>
    }
    assert.deepEqual(
      map.edges.map(({ from, to, calls }) => [from, to, calls]),
      [
        [null, 'portcullis', 1],
        ['portcullis', 'orders', 1],
      ],
    )
    const coverage = await portcullis('coverage', ...files)
    assert.match(coverage.stdout, /portcullis {2}→ legacy {5}our log {2}1 {6}0 %/)
    assert.match(coverage.stdout, /portcullis {2}→ orders-v1 {2}our log {2}1 {6}100 % {7}orders/)
    assert.match(coverage.stdout, /No spans from legacy: what they call in turn is not seen\./)
  })

  it('shows what an insight left in its folder', async () => {
    const traces = new Traces()
    for (const one of spans) traces.takeSpan(one)
    const store = openStateStore(path.join(folder, 'state'))
    store.save([traces])
    store.close()
    const { stdout, stderr } = await portcullis('show', traceId, '--json', '--state', path.join(folder, 'state'))
    assert.equal(stderr, '')
    const report = JSON.parse(stdout) as { trees: Array<{ origin: string; spans: unknown[] }> }
    assert.deepEqual(
      report.trees.map(tree => [tree.origin, tree.spans.length]),
      [['orphan', 3]],
    )
  })

  const nezha = testData('nezha-traces')
  it('works on the files of the Nezha data set as they are', {
    skip: nezha === null ? 'needs nezha-traces' : false,
  }, async () => {
    const file = path.join(nezha as string, 'online-boutique/2022-08-22_03_53_rca.csv.gz')
    const { stdout, stderr } = await portcullis('list', '--limit', '3', file)
    assert.equal(stderr, '')
    assert.match(stdout, /… and 494 more \(--limit\)\n\n23019 spans in 497 traces\.\n$/)
    const map = await portcullis('map', file)
    assert.match(map.stdout, /^\(outside\) +→ frontend +497 /m)
    assert.match(map.stdout, /^recommendationservice +→ productcatalogservice /m)
    assert.match(map.stdout, /^10 services, 14 pairs\. /m)
  })
})
