import type { Material } from './material.ts'
import { newConnections, wrk } from './load.ts'
import { measureRounds } from './rounds.ts'
import type { Measured } from './rounds.ts'
import type { Row } from './results.ts'
import { startEnvoy, startHaproxy, startNginx, startPortcullis } from './subjects.ts'
import type { Origin, Subject } from './subjects.ts'

export interface Pace {
  readonly rounds: number
  readonly warmUpSeconds: number
  readonly seconds: number
  /** Connections of the new-connection case, and how many a second. */
  readonly connections: number
  readonly connectionsPerSecond: number
  /** Requests a second of the open loop, and for how long. */
  readonly openLoopRate: number
  readonly openLoopSeconds: number
  /** Idle connections of the memory case. */
  readonly idleConnections: number
}

export interface Bench {
  readonly origin: Origin
  readonly material: Material
  readonly pace: Pace
}

export interface Case {
  readonly name: string
  /** What it is, as the table says it. */
  readonly title: string
  run(bench: Bench): Promise<Row[]>
}

/** Bars on our CPU over a peer's, by subject name. */
type Bars = Readonly<Record<string, number>>

interface Comparison {
  readonly name: string
  readonly title: string
  readonly bars: Bars
  start(bench: Bench): Array<Promise<Subject>>
  readonly tokens?: true
  readonly body?: true
}

const comparisons: readonly Comparison[] = [
  {
    name: 'plain',
    title: 'plain HTTP/1.1 GET proxied, one worker, no log',
    bars: { nginx: 1.4 },
    start: ({ origin }) => [
      startPortcullis('plain', origin),
      startNginx('plain', origin),
      startHaproxy('plain', origin),
      startEnvoy('plain', origin),
    ],
  },
  {
    name: 'tls',
    title: 'the same with TLS 1.3',
    bars: { haproxy: 1.5 },
    start: ({ origin }) => [
      startPortcullis('tls', origin),
      startHaproxy('tls', origin),
      startNginx('tls', origin),
      startEnvoy('tls', origin),
    ],
  },
  {
    name: 'secured-get',
    title: 'secured GET: TLS 1.3, RS256 JWT (200 tokens), per-principal limit, JSON event, metrics',
    bars: { haproxy: 0.65, 'envoy (token cache)': 0.65 },
    tokens: true,
    start: ({ origin }) => [
      startPortcullis('secured', origin),
      startHaproxy('secured', origin),
      startEnvoy('secured', origin),
      startEnvoy('secured', origin, false),
    ],
  },
  {
    name: 'secured-post',
    title: 'secured POST, 1 KB JSON body against a schema of 12 properties (peers without schema)',
    bars: { 'envoy (token cache)': 0.9 },
    tokens: true,
    body: true,
    start: ({ origin }) => [
      startPortcullis('secured-post', origin),
      startEnvoy('secured-post', origin),
      startHaproxy('secured-post', origin),
    ],
  },
  {
    name: 'two-workers',
    title: 'secured GET, two workers on two cores, against one worker',
    bars: { portcullis: 1.1 },
    tokens: true,
    start: ({ origin }) => [startPortcullis('secured', origin, 2), startPortcullis('secured', origin)],
  },
]

/** Cases that compare CPU per request, each with the first subject as ours. */
export const comparisonCases: readonly Case[] = [
  ...comparisons.map(comparison => ({
    name: comparison.name,
    title: comparison.title,
    run: async (bench: Bench) => {
      const load = {
        ...(comparison.tokens && { tokens: bench.material.tokens }),
        ...(comparison.body && { body: bench.material.body }),
      }
      return withSubjects(comparison.start(bench), async subjects => {
        const measured = await measureRounds({
          subjects,
          rounds: bench.pace.rounds,
          warmUp: subject => wrk({ url: `${subject.url}/orders?a=1`, seconds: bench.pace.warmUpSeconds, ...load }),
          load: subject => wrk({ url: `${subject.url}/orders?a=1`, seconds: bench.pace.seconds, ...load }),
        })
        return rowsOf(comparison.name, measured, comparison.bars)
      })
    },
  })),
  {
    name: 'new-tls',
    title: 'new TLS 1.3 connection with a full handshake and one GET',
    run: ({ origin, pace }) =>
      withSubjects(
        [
          startPortcullis('tls', origin),
          startNginx('tls', origin),
          startHaproxy('tls', origin),
          startEnvoy('tls', origin),
        ],
        async subjects => {
          const measured = await measureRounds({
            subjects,
            rounds: pace.rounds,
            warmUp: subject =>
              newConnections(`${subject.url}/orders`, pace.connectionsPerSecond, pace.connectionsPerSecond),
            load: subject => newConnections(`${subject.url}/orders`, pace.connections, pace.connectionsPerSecond),
          })
          return rowsOf('new-tls', measured, { nginx: 1.5 })
        },
      ),
  },
]

async function withSubjects<T>(
  starting: Array<Promise<Subject>>,
  use: (subjects: Subject[]) => Promise<T>,
): Promise<T> {
  const settled = await Promise.allSettled(starting)
  const subjects = settled.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
  try {
    const failed = settled.find(result => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    return await use(subjects)
  } finally {
    await Promise.all(subjects.map(subject => subject.stop()))
  }
}

/** One row a subject; `ratio` is our CPU over that subject's. A failed request of anybody spoils the case. */
function rowsOf(name: string, measured: readonly Measured[], bars: Bars): Row[] {
  const [ours] = measured
  return measured.map((sample, index) => {
    const must = index === 0 ? undefined : bars[sample.subject]
    const ratio = index === 0 || ours === undefined ? null : ours.cpuUsPerRequest / sample.cpuUsPerRequest
    return {
      case: name,
      subject: sample.subject,
      cpuUsPerRequest: sample.cpuUsPerRequest,
      rps: sample.rps,
      p99Ms: sample.p99Ms,
      rssMb: sample.rssMb,
      ratio,
      must: must === undefined ? null : `≤ ${must}`,
      holds:
        must === undefined
          ? index === 0
            ? sample.failed === 0
            : null
          : ratio !== null && ratio <= must && sample.failed === 0,
      note: sample.failed > 0 ? `${sample.failed} failed requests` : '',
    }
  })
}
