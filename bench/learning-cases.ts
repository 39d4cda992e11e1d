import { execFile } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Bench, Case } from './cases.ts'
import { type TrafficOptions, writeSpans, writeTraffic } from './insight-traffic.ts'
import type { Learned } from './learn-file.ts'
import type { Row } from './results.ts'
import { median } from './rounds.ts'
import { spansPerTrace, writeSpanLines } from './span-lines.ts'
import { outFolder, root } from './subjects.ts'

const run = promisify(execFile)
const learner = path.join(import.meta.dirname, 'learn-file.ts')

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

/** The parts that discover, without the detectors on top of them. */
const discovery = ['inventory', 'traces']

const large = { operations: 1000, principals: 10_000 }

/** What learning itself takes, live traffic aside: CPU time of one process, since a machine that others use says little by the clock. */
export const learningCases: readonly Case[] = [
  {
    name: 'insight-events',
    title:
      'events a second through everything that learns, as they come from the data plane, after the first 200,000 (1,000 operations, 10,000 principals, 6 % hostile)',
    run: eventsCase,
  },
  { name: 'insight-spans', title: 'OTLP protobuf spans a second, decoded and learnt', run: spansCase },
  { name: 'insight-train', title: '`portcullis learn --format spans` of 1 M traces', run: trainCase },
  { name: 'insight-replay', title: '`portcullis replay` of 1 M events', run: replayCase },
  {
    name: 'insight-memory',
    title: 'memory of insight after 1 M events, every one of 10,000 principals at any of 1,000 operations',
    run: memoryCase,
  },
]

async function eventsCase({ pace }: Bench): Promise<Row[]> {
  const rows = await withTraffic(
    { ...large, seed: 'events', events: full(pace) ? 1_000_000 : 300_000, use: 'roles' },
    async file => [
      perSecond(
        'insight-events',
        'portcullis (inventory and traces)',
        await learn(file, pace.rounds, discovery, { mode: 'live' }),
        100_000,
      ),
      perSecond(
        'insight-events',
        'portcullis (all detectors)',
        await learn(file, pace.rounds, [], { mode: 'live' }),
        50_000,
      ),
    ],
  )
  return rows
}

async function spansCase({ pace }: Bench): Promise<Row[]> {
  const file = fileOf('spans.bin')
  try {
    writeSpans(file, full(pace) ? 600_000 : 120_000)
    return [perSecond('insight-spans', 'portcullis (all detectors)', await learn(file, pace.rounds), 60_000)]
  } finally {
    rmSync(file, { force: true })
  }
}

async function trainCase({ pace }: Bench): Promise<Row[]> {
  const traces = full(pace) ? 1_000_000 : 100_000
  const file = fileOf('spans.ndjson')
  const model = fileOf('model.json')
  try {
    writeSpanLines(file, traces, 'train')
    const { seconds, cpuUs } = await timed(['learn', '--format', 'spans', '--to', model, file])
    const most = (60 * traces) / 1_000_000
    return [
      {
        ...empty,
        case: 'insight-train',
        subject: 'portcullis learn',
        cpuUsPerRequest: cpuUs / traces,
        rps: traces / seconds,
        must: `≤ ${most} s`,
        holds: seconds <= most,
        note: `${traces.toLocaleString('en')} traces of ${spansPerTrace} spans in ${seconds.toFixed(1)} s by the clock, ${(cpuUs / 1e6).toFixed(1)} s of CPU`,
      },
    ]
  } finally {
    rmSync(file, { force: true })
    rmSync(model, { force: true })
  }
}

async function replayCase({ pace }: Bench): Promise<Row[]> {
  const events = full(pace) ? 1_000_000 : 200_000
  return withTraffic({ ...large, seed: 'replay', events, use: 'roles' }, async file => {
    const rows: Row[] = []
    for (const [name, options] of [
      ['portcullis replay', []],
      ['portcullis replay --no-detection', ['--no-detection']],
      ['portcullis replay --no-detection --state', ['--no-detection', '--state', fileOf('state')]],
    ] as const) {
      rmSync(fileOf('state'), { recursive: true, force: true })
      const { seconds, cpuUs, items } = await replay(file, options)
      const most = (15 * events) / 1_000_000
      rows.push({
        ...empty,
        case: 'insight-replay',
        subject: name,
        cpuUsPerRequest: cpuUs / items,
        rps: items / seconds,
        must: `≤ ${most} s`,
        holds: items === events && seconds <= most,
        note: `${seconds.toFixed(1)} s by the clock, ${(cpuUs / 1e6).toFixed(1)} s of CPU`,
      })
    }
    return rows
  })
}

async function memoryCase({ pace }: Bench): Promise<Row[]> {
  const events = full(pace) ? 1_000_000 : 200_000
  return withTraffic({ ...large, seed: 'memory', events, use: 'all' }, async file => {
    const rows: Row[] = []
    for (const [subject, parts, mostMb] of [
      ['portcullis (inventory and traces)', discovery, 400],
      ['portcullis (all detectors)', [], 600],
    ] as const) {
      // As the gateway starts insight when it may take as much (cli/insight-keeper.ts): without it V8 lets garbage lie as long as the machine has room.
      const [found] = await learn(file, 1, parts, { flags: [`--max-old-space-size=${mostMb * 0.6}`] })
      if (found === undefined) throw new Error('nothing was learnt')
      rows.push({
        ...empty,
        case: 'insight-memory',
        subject,
        cpuUsPerRequest: found.cpuUs / found.items,
        rssMb: found.rssMb,
        must: `≤ ${mostMb} MB`,
        holds: found.rssMb <= mostMb && found.operations >= 1000 && found.items === events,
        note: `${found.operations} operations, up to ${found.callers} callers each by name`,
      })
    }
    return rows
  })
}

function perSecond(name: string, subject: string, runs: readonly Learned[], least: number): Row {
  const cpuUs = median(runs.map(one => one.cpuUs / one.items))
  const bad = runs.reduce((sum, one) => sum + one.quarantined, 0)
  const [first] = runs
  return {
    ...empty,
    case: name,
    subject,
    cpuUsPerRequest: cpuUs,
    rps: 1e6 / cpuUs,
    rssMb: median(runs.map(one => one.rssMb)),
    must: `≥ ${least.toLocaleString('en')} a CPU second`,
    holds: 1e6 / cpuUs >= least && bad === 0,
    note: `${Math.round(1e6 / cpuUs).toLocaleString('en')} a CPU second; ${first?.operations} operations, ${first?.traces.toLocaleString('en')} traces`,
  }
}

/** `parts`: none means all. With the young generation that insight's process has. */
async function learn(
  file: string,
  rounds: number,
  parts: readonly string[] = [],
  { mode = 'file', flags = [] }: { readonly mode?: 'file' | 'live'; readonly flags?: readonly string[] } = {},
): Promise<Learned[]> {
  const runs: Learned[] = []
  for (let round = 0; round < rounds; round++) {
    const { stdout } = await run(process.execPath, ['--max-semi-space-size=8', ...flags, learner, mode, file, ...parts])
    runs.push(JSON.parse(stdout) as Learned)
  }
  return runs
}

/** The command as an operator gives it, by the clock of whoever waits for it. */
async function replay(file: string, options: readonly string[]) {
  const { stdout, seconds, cpuUs } = await timed(['replay', '--json', ...options, file])
  const { counts } = JSON.parse(stdout) as { readonly counts: { readonly events: number } }
  return { seconds, cpuUs, items: counts.events }
}

async function timed(args: readonly string[]) {
  const command = `TIMEFORMAT='%R %U %S'; time "$0" "$@"`
  const { stdout, stderr } = await run('bash', ['-c', command, path.join(root, 'portcullis'), ...args], {
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, LC_ALL: 'C' },
  })
  const [seconds = Number.NaN, user = Number.NaN, system = Number.NaN] = (stderr.trim().split('\n').at(-1) ?? '')
    .split(' ')
    .map(Number)
  return { stdout, seconds, cpuUs: (user + system) * 1e6 }
}

async function withTraffic<T>(options: TrafficOptions, use: (file: string) => Promise<T>): Promise<T> {
  const file = fileOf('events.ndjson')
  try {
    writeTraffic(file, options)
    return await use(file)
  } finally {
    rmSync(file, { force: true })
  }
}

function fileOf(name: string): string {
  mkdirSync(outFolder, { recursive: true })
  return path.join(outFolder, name)
}

function full(pace: Bench['pace']): boolean {
  return pace.rounds >= 3
}
