import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Bench, Case } from './cases.ts'
import { bytesPerIdleConnection } from './idle.ts'
import { wrk } from './load.ts'
import { faults, fromDueP99Ms, limitTo, openLoop, openLoopWords } from './open-loop.ts'
import { cpuUs, peakRssBytes, rssBytes } from './process-cost.ts'
import type { Row } from './results.ts'
import { median } from './rounds.ts'
import { sustainedCase } from './sustained-case.ts'
import { outFolder, startNginx, startPortcullis, startPortcullisWith } from './subjects.ts'

const empty: Omit<Row, 'case' | 'subject'> = {
  cpuUsPerRequest: null,
  rps: null,
  p99Ms: null,
  rssMb: null,
  ratio: null,
  must: null,
  holds: null,
  note: '',
}

/** Cases whose bar is a figure of ours, not a comparison. */
export const resourceCases: readonly Case[] = [
  {
    name: 'open-loop',
    title: 'secured POSTs at a constant rate, open loop, gateway limited to 2 cores and 4 GB',
    run: openLoopCase,
  },
  sustainedCase,
  { name: 'memory', title: 'memory under load with two workers, and per idle connection', run: memoryCase },
  { name: 'start', title: 'start from a warm checkout', run: startCase },
  { name: 'reload', title: 'reload of 1,000 routes under load', run: reloadCase },
]

async function openLoopCase({ origin, material, pace }: Bench): Promise<Row[]> {
  const rows: Row[] = []
  const load = {
    rate: pace.openLoopRate,
    seconds: pace.openLoopSeconds,
    tokens: material.tokens,
    body: material.body,
  }
  // What a proxy that checks nothing adds on this machine with this generator: the floor that p99 is to be read against.
  const floorSeconds = Math.min(10, pace.openLoopSeconds)
  const floor = await startNginx('tls', origin)
  try {
    const result = await openLoop(floor.url, { ...load, seconds: floorSeconds })
    rows.push({
      ...empty,
      case: 'open-loop',
      subject: 'nginx',
      rps: pace.openLoopRate,
      p99Ms: fromDueP99Ms(result),
      note: `TLS only, ${floorSeconds} s: the floor of this machine and generator`,
    })
  } finally {
    await floor.stop()
  }
  const subject = await startPortcullis('secured-post', origin, 2)
  try {
    limitTo(subject, 2)
    await wrk({
      url: `${subject.url}/orders?a=1`,
      seconds: pace.warmUpSeconds,
      tokens: material.tokens,
      body: material.body,
    })
    const before = cpuUs(subject.pid)
    const result = await openLoop(subject.url, load)
    const peakMb = peakRssBytes(subject.pid) / 1e6
    rows.push({
      ...empty,
      case: 'open-loop',
      subject: subject.name,
      cpuUsPerRequest: (cpuUs(subject.pid) - before) / Math.max(1, result.answered),
      rps: pace.openLoopRate,
      p99Ms: fromDueP99Ms(result),
      rssMb: peakMb,
      must: '0 errors',
      holds: faults(result) === 0 && result.answered > 0 && peakMb < 4096,
      note: `${result.answered} answered in ${pace.openLoopSeconds} s, ${result.errors} errors, ${result.refused} refused; ${openLoopWords(result)}`,
    })
  } finally {
    await subject.stop()
  }
  return rows
}

async function memoryCase({ origin, material, pace }: Bench): Promise<Row[]> {
  const rows: Row[] = []
  const loaded = await startPortcullis('secured', origin, 2)
  try {
    const { failed, rps } = await wrk({
      url: `${loaded.url}/orders?a=1`,
      seconds: pace.warmUpSeconds + pace.seconds,
      tokens: material.tokens,
    })
    const rssMb = rssBytes(loaded.pid) / 1e6
    rows.push({
      ...empty,
      case: 'memory',
      subject: loaded.name,
      rps,
      rssMb,
      must: '≤ 220 MB under load',
      holds: rssMb <= 220 && failed === 0,
    })
  } finally {
    await loaded.stop()
  }
  for (const [job, limitKb] of [
    ['plain', 8],
    ['tls', 50],
  ] as const) {
    const subject = await startPortcullis(job, origin)
    try {
      const bytes = await bytesPerIdleConnection(subject, pace.idleConnections)
      rows.push({
        ...empty,
        case: 'memory',
        subject: subject.name,
        rssMb: rssBytes(subject.pid) / 1e6,
        must: `≤ ${limitKb} KB per idle ${job === 'tls' ? 'TLS' : 'plain'} connection`,
        holds: bytes <= limitKb * 1024,
        note: `${(bytes / 1024).toFixed(1)} KB per connection over ${pace.idleConnections}`,
      })
    } finally {
      await subject.stop()
    }
  }
  return rows
}

async function startCase({ origin, pace }: Bench): Promise<Row[]> {
  const times: number[] = []
  // The first start fills the compile cache; it does not count.
  for (let attempt = 0; attempt <= Math.max(3, pace.rounds); attempt++) {
    const startedAt = performance.now()
    const subject = await startPortcullis('secured', origin)
    if (attempt > 0) times.push(performance.now() - startedAt)
    await subject.stop()
  }
  const ms = median(times)
  return [
    {
      ...empty,
      case: 'start',
      subject: 'portcullis',
      must: '≤ 1000 ms',
      holds: ms <= 1_000,
      note: `${ms.toFixed(0)} ms from spawn to the ready line, median of ${times.length}`,
    },
  ]
}

async function reloadCase({ origin, material }: Bench): Promise<Row[]> {
  const folder = path.join(outFolder, 'reload')
  mkdirSync(folder, { recursive: true })
  const config = path.join(folder, 'portcullis.yaml')
  writeFileSync(config, manyRoutes(1_000, 0))
  const probe = path.join(folder, 'loop-delays.txt')
  const env = {
    NODE_OPTIONS: `--import ${new URL('./loop-probe.ts', import.meta.url).pathname}`,
    BENCH_LOOP_PROBE: probe,
  }
  const name = 'portcullis (2 workers)'
  const subject = await startPortcullisWith({ config, folder, job: 'secured', origin, name, env })
  const row = { ...empty, case: 'reload', subject: name }
  try {
    const rounds = 5
    const load = openLoop(subject.url, { rate: 1000, seconds: rounds * 2 + 2, tokens: material.tokens }, '/r0')
    const times: number[] = []
    const spans: Span[] = []
    for (let round = 1; round <= rounds; round++) {
      await new Promise(resolve => setTimeout(resolve, 1_000))
      // As an operator does it: the file changes, the gateway notices and says when the new one is in force.
      writeFileSync(config, manyRoutes(1_000, round))
      const line = await subject.line?.(new RegExp(`configuration ${round + 1} is in force`), 15_000)
      const ms = Number(/\bms\W+(\d+)/.exec(line ?? '')?.[1])
      times.push(ms)
      spans.push({ from: Date.now() - ms - 20, to: Date.now() + 60 })
    }
    const result = await load
    const ms = median(times)
    const failed = faults(result)
    const delays = loopDelays(readFileSync(probe, 'utf8'), spans)
    return [
      {
        ...row,
        p99Ms: fromDueP99Ms(result),
        must: '≤ 300 ms',
        holds: ms <= 300,
        note: `${ms.toFixed(0)} ms from noticing to in force, median of ${times.length} (${times.join(', ')})`,
      },
      {
        ...row,
        must: '0 failed requests',
        holds: failed === 0 && result.answered > 0,
        note: `${result.answered} answered, ${failed} failed, slowest ${result.maxMs.toFixed(0)} ms`,
      },
      {
        ...row,
        must: 'no worker blocked > 10 ms',
        holds: delays.during.own <= 10,
        note: `longest turn of a worker's loop ${delays.during.own.toFixed(1)} ms while reloading, ${delays.otherwise.own.toFixed(1)} ms otherwise; with the wait for one of the cores, which load and origin share, ${delays.during.all.toFixed(1)} and ${delays.otherwise.all.toFixed(1)} ms`,
      },
    ]
  } finally {
    await subject.stop()
  }
}

interface Span {
  readonly from: number
  readonly to: number
}

interface Delay {
  /** With the wait for a processor, ms. */
  all: number
  /** What the worker's own turns took, ms. */
  own: number
}

/** The longest delays of a worker's loop while a reload ran and while none did; the first second of the workers is their start. */
function loopDelays(text: string, spans: readonly Span[]): { during: Delay; otherwise: Delay } {
  const during: Delay = { all: 0, own: 0 }
  const otherwise: Delay = { all: 0, own: 0 }
  const first = Number(text.split(' ')[1])
  for (const line of text.trim().split('\n')) {
    const [, at = 0, all = 0, own = 0] = line.split(' ').map(Number)
    if (at < first + 1_000) continue
    const longest = spans.some(span => at >= span.from && at - 50 <= span.to) ? during : otherwise
    longest.all = Math.max(longest.all, all)
    longest.own = Math.max(longest.own, own)
  }
  return { during, otherwise }
}

/** A configuration of `count` routes with JWT and limit each; `round` changes every one of them. */
function manyRoutes(count: number, round: number): string {
  const template = readFileSync(new URL('./configs/secured.yaml', import.meta.url), 'utf8')
  const head = template.slice(0, template.indexOf('routes:')).replace(/^workers: .*$/m, 'workers: 2')
  const routes = Array.from(
    { length: count },
    (_, index) => `  - name: r${index}
    match: { path: /r${index}/** }
    service: origin
    policies:
      - use: jwt
        with: { issuer: https://auth.internal.net/, audience: gw, jwks: env:JWKS_URL, algorithms: [RS256] }
      - { use: rate-limit, with: { algorithm: token-bucket, limit: ${1_000_000_000 - round}/min, by: [principal] } }
`,
  )
  return `${head}routes:\n${routes.join('')}`
}
