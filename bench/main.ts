// npm run bench [-- --only CASE] [--quick]: measures us beside real peers in the same run, writes bench/results.json and
// docs/performance.md, and exits 1 on a missed must.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { cases } from './case-list.ts'
import type { Pace } from './cases.ts'
import { makeMaterial } from './material.ts'
import { performanceDoc } from './report.ts'
import { publish } from './results.ts'
import type { PublishedRow, Row } from './results.ts'
import { outFolder, root, startOrigin } from './subjects.ts'

const full: Pace = {
  rounds: 3,
  warmUpSeconds: 2,
  seconds: 6,
  connections: 3_000,
  connectionsPerSecond: 500,
  openLoopRate: 10_000,
  openLoopSeconds: 300,
  idleConnections: 5_000,
}
const quick: Pace = {
  ...full,
  rounds: 2,
  warmUpSeconds: 1,
  seconds: 3,
  connections: 900,
  connectionsPerSecond: 300,
  openLoopSeconds: 10,
}

const { values } = parseArgs({
  options: { only: { type: 'string', multiple: true }, quick: { type: 'boolean', default: false } },
})
const chosen = cases.filter(({ name }) => values.only === undefined || values.only.includes(name))
if (chosen.length === 0) {
  console.error(`no such case; there are: ${cases.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

// Event and access logs of a run take gigabytes.
process.once('exit', () => rmSync(outFolder, { recursive: true, force: true }))
const material = makeMaterial(outFolder)
const origin = await startOrigin()
const pace = values.quick ? quick : full
const rows: Row[] = []
try {
  for (const { name, title, run } of chosen) {
    console.log(`${name}: ${title}`)
    try {
      const found = await run({ origin, material, pace })
      rows.push(...found)
      for (const row of found) console.log(`  ${line(row)}`)
    } catch (error) {
      const note = error instanceof Error ? error.message : String(error)
      console.log(`  FAILED: ${error instanceof Error ? error.stack : note}`)
      rows.push({
        case: name,
        subject: 'portcullis',
        cpuUsPerRequest: null,
        rps: null,
        p99Ms: null,
        rssMb: null,
        ratio: null,
        must: 'to be measured',
        holds: false,
        note,
      })
    }
  }
} finally {
  await origin.stop()
}

const resultsFile = path.join(root, 'bench/results.json')
const published = publish(rows, values.quick ? 'quick' : 'full')
// Development runs must not replace published figures.
if (!values.quick) {
  const kept = (existing() ?? []).filter(row => !chosen.some(({ name }) => name === row.case))
  const order = (row: PublishedRow) => cases.findIndex(({ name }) => name === row.case)
  const all = [...kept, ...published].toSorted((a, b) => order(a) - order(b))
  writeFileSync(resultsFile, `${JSON.stringify(all, null, 1)}\n`)
  writeFileSync(path.join(root, 'docs/performance.md'), performanceDoc(all, cases))
}
const missed = published.filter(row => row.holds === false)
if (missed.length > 0)
  console.log(`\nMissed:\n${missed.map(row => `- ${row.case}, ${row.subject}: ${line(row)}`).join('\n')}`)
process.exit(missed.length > 0 ? 1 : 0)

function existing(): PublishedRow[] | null {
  try {
    return JSON.parse(readFileSync(resultsFile, 'utf8')) as PublishedRow[]
  } catch {
    // The first run.
    return null
  }
}

function line(row: Row): string {
  const parts = [
    row.subject.padEnd(24),
    row.cpuUsPerRequest === null ? '' : `${row.cpuUsPerRequest.toFixed(1)} µs/request`,
    row.rps === null ? '' : `${row.rps.toFixed(0)} rps`,
    row.rssMb === null ? '' : `${row.rssMb.toFixed(0)} MB`,
    row.ratio === null ? '' : `ours is ${row.ratio.toFixed(2)} ×`,
    row.must === null ? '' : `must ${row.must}`,
    row.holds === null ? '' : row.holds ? 'holds' : 'MISSED',
    row.note,
  ]
  return parts.filter(Boolean).join('  ')
}
