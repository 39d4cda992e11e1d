import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Bench, Case } from './cases.ts'
import { detectionCases } from './detection-cases.ts'
import { learningCases } from './learning-cases.ts'
import { wrk } from './load.ts'
import { ownCpuUs } from './process-cost.ts'
import type { Row } from './results.ts'
import { measureRounds } from './rounds.ts'
import { outFolder, root, startPortcullisWith } from './subjects.ts'
import type { Subject } from './subjects.ts'

/** What learning costs. */
export const insightCases: readonly Case[] = [
  {
    name: 'insight-cost',
    title:
      'what the data plane pays for insight: secured POST of 1 KB (the gateway’s own process; insight’s is not counted)',
    run: costCase,
  },
  ...learningCases,
  ...detectionCases,
]

/** The secured POST with insight away, with insight told of events alone, and with observations of every exchange. */
async function costCase({ origin, material, pace }: Bench): Promise<Row[]> {
  const subjects: Subject[] = []
  try {
    for (const [name, insight, learn] of [
      ['without insight', false, 'off'],
      ['events', true, 'off'],
      ['events and observations', true, 'on'],
    ] as const) {
      const folder = path.join(outFolder, `insight-${subjects.length}`)
      mkdirSync(folder, { recursive: true })
      const config = path.join(folder, 'portcullis.yaml')
      const text = readFileSync(path.join(root, 'bench/configs/secured-post.yaml'), 'utf8')
      writeFileSync(
        config,
        text
          .replace('insight: { enabled: false }', `insight: { enabled: ${insight} }`)
          .replace('    service: origin\n', `    service: origin\n    learn: ${learn}\n`),
      )
      subjects.push(
        await startPortcullisWith({ config, folder, job: 'secured-post', origin, name: `portcullis (${name})` }),
      )
    }
    const load = { tokens: material.tokens, body: material.body }
    const measured = await measureRounds({
      subjects,
      // The differences are small against the noise of a shared machine.
      rounds: pace.rounds * 3,
      cpuOf: ownCpuUs,
      warmUp: subject => wrk({ url: `${subject.url}/orders?a=1`, seconds: pace.warmUpSeconds, ...load }),
      load: subject => wrk({ url: `${subject.url}/orders?a=1`, seconds: Math.ceil(pace.seconds / 2), ...load }),
    })
    let before = Number.NaN
    return measured.map(({ subject, cpuUsPerRequest, rps, p99Ms, rssMb, failed }, index) => {
      const more = cpuUsPerRequest - before
      before = cpuUsPerRequest
      const most = [null, 2, 6][index] ?? null
      return {
        case: 'insight-cost',
        subject,
        cpuUsPerRequest,
        rps,
        p99Ms,
        rssMb,
        ratio: null,
        must: most === null ? null : `≤ ${most} µs more`,
        holds: most === null ? null : more <= most && failed === 0,
        note: most === null ? '' : `${more.toFixed(1)} µs more than the row above`,
      }
    })
  } finally {
    await Promise.all(subjects.map(subject => subject.stop()))
  }
}
