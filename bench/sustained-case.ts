import type { Bench, Case } from './cases.ts'
import { wrk } from './load.ts'
import { faults, fromDueP99Ms, limitTo, openLoop, openLoopWords } from './open-loop.ts'
import { cpuUs, peakRssBytes } from './process-cost.ts'
import type { Row } from './results.ts'
import { startPortcullis } from './subjects.ts'

/** Where the machine is too small for the rate of `open-loop`: what it can carry. */
export const sustainedCase: Case = {
  name: 'open-loop-holds',
  title: 'the highest of some rates that holds where generator and origin share the two cores',
  run: runSustained,
}

/** Requests a second, the highest first. */
const rates = [10_000, 8_000, 7_000, 6_000, 5_000, 4_000, 3_000]

/** A rate holds when nothing fails and nothing piles up: each is tried for a while, the first that does runs longer. */
async function runSustained({ origin, material, pace }: Bench): Promise<Row[]> {
  const subject = await startPortcullis('secured-post', origin, 2)
  const load = { tokens: material.tokens, body: material.body }
  try {
    limitTo(subject, 2)
    await wrk({ url: `${subject.url}/orders?a=1`, seconds: pace.warmUpSeconds, ...load })
    const notes: string[] = []
    for (const rate of rates) {
      const tried = await openLoop(subject.url, { ...load, rate, seconds: 8 })
      notes.push(`${rate}/s: ${faults(tried)} errors, p99 ${fromDueP99Ms(tried).toFixed(0)} ms`)
      if (faults(tried) > 0 || fromDueP99Ms(tried) >= 500) continue
      const seconds = Math.min(60, pace.openLoopSeconds)
      const before = cpuUs(subject.pid)
      const result = await openLoop(subject.url, { ...load, rate, seconds })
      return [
        {
          case: 'open-loop-holds',
          subject: subject.name,
          cpuUsPerRequest: (cpuUs(subject.pid) - before) / Math.max(1, result.answered),
          rps: rate,
          p99Ms: fromDueP99Ms(result),
          rssMb: peakRssBytes(subject.pid) / 1e6,
          ratio: null,
          must: '0 errors',
          holds: faults(result) === 0 && result.answered > 0,
          note: `${rate} a second for ${seconds} s: ${result.answered} answered, ${faults(result)} errors; ${openLoopWords(result)}. Tried for 8 s each: ${notes.join('; ')}`,
        },
      ]
    }
    throw new Error(`no rate holds: ${notes.join('; ')}`)
  } finally {
    await subject.stop()
  }
}
