import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Bench, Case } from './cases.ts'
import type { PreparedRun } from './learn-prepared.ts'
import type { Row } from './results.ts'
import { median } from './rounds.ts'

const run = promisify(execFile)
const learner = path.join(import.meta.dirname, 'learn-prepared.ts')
const perSecondMin = 50_000
const rssMbMax = 600
/** As the gateway starts insight (cli/insight-keeper.ts) when it may take as much: without it V8 lets garbage lie as long as the machine has room. */
const flags = ['--disable-sigusr1', `--max-old-space-size=${rssMbMax * 0.7}`]

/** What the detectors cost, without reading what they are told. */
export const detectionCases: readonly Case[] = [
  {
    name: 'insight-detection',
    title:
      'events a second through the detectors, records made beforehand (1,000 operations, 10,000 principals; 6 % refused or absent)',
    run: detectionCase,
  },
]

async function detectionCase({ pace }: Bench): Promise<Row[]> {
  const events = pace.rounds >= 3 ? 200_000 : 60_000
  const rows: Row[] = []
  for (const [subject, mode, use] of [
    ['portcullis (detection alone, sessions)', 'alone', 'sessions'],
    ['portcullis (detection alone, any caller with any operation)', 'alone', 'any'],
    ['portcullis (all that learns, any caller with any operation)', 'learner', 'any'],
  ] as const) {
    const runs: PreparedRun[] = []
    for (let round = 0; round < pace.rounds; round++) {
      const { stdout } = await run(process.execPath, [...flags, learner, mode, String(events), use])
      runs.push(JSON.parse(stdout) as PreparedRun)
    }
    const cpuUs = median(runs.map(one => one.cpuUs))
    const rssMb = median(runs.map(one => one.rssMb))
    rows.push({
      case: 'insight-detection',
      subject,
      cpuUsPerRequest: cpuUs,
      rps: 1e6 / cpuUs,
      p99Ms: null,
      rssMb,
      ratio: null,
      must: `≥ ${perSecondMin.toLocaleString('en')} a CPU second, ≤ ${rssMbMax} MB`,
      holds: 1e6 / cpuUs >= perSecondMin && rssMb <= rssMbMax,
      note: `${median(runs.map(one => one.thinCpuUs)).toFixed(1)} µs when calls are rare, ${median(runs.map(one => one.writeCpuUs)).toFixed(1)} µs more to write rows down; ${runs[0]?.actors.toLocaleString('en')} callers`,
    })
  }
  return rows
}
