import type { LoadResult } from './load.ts'
import { cpuUs, rssBytes } from './process-cost.ts'
import type { Subject } from './subjects.ts'

/** Medians of one subject over the rounds of a case. */
export interface Measured {
  readonly subject: string
  readonly cpuUsPerRequest: number
  readonly rps: number
  readonly p99Ms: number
  readonly rssMb: number
  readonly failed: number
}

export interface Rounds {
  readonly subjects: readonly Subject[]
  readonly rounds: number
  /** CPU time that a process has used so far, µs; by default with its descendants. */
  readonly cpuOf?: (pid: number) => number
  warmUp(subject: Subject): Promise<unknown>
  load(subject: Subject): Promise<LoadResult>
}

/**
 * Alternating rounds: every subject once per round, so that what else the machine does hits all alike. CPU is that of the proxy's
 * process tree (user + system) over the requests that completed.
 */
export async function measureRounds({ subjects, rounds, cpuOf = cpuUs, warmUp, load }: Rounds): Promise<Measured[]> {
  const samples = new Map<Subject, Measured[]>(subjects.map(subject => [subject, []]))
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) {
      await warmUp(subject)
      const before = cpuOf(subject.pid)
      const result = await load(subject)
      const used = cpuOf(subject.pid) - before
      samples.get(subject)?.push({
        subject: subject.name,
        cpuUsPerRequest: used / Math.max(1, result.requests),
        rps: result.rps,
        p99Ms: result.p99Ms,
        rssMb: rssBytes(subject.pid) / 1e6,
        failed: result.failed,
      })
    }
  }
  return subjects.map(subject => medians(subject.name, samples.get(subject) ?? []))
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

function medians(subject: string, samples: readonly Measured[]): Measured {
  const of = (pick: (sample: Measured) => number) => median(samples.map(pick))
  return {
    subject,
    cpuUsPerRequest: of(sample => sample.cpuUsPerRequest),
    rps: of(sample => sample.rps),
    p99Ms: of(sample => sample.p99Ms),
    rssMb: of(sample => sample.rssMb),
    failed: samples.reduce((sum, sample) => sum + sample.failed, 0),
  }
}
