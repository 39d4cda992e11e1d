// npm run quality [-- --only NAME]…: measures what is learnt, writes quality/results.json and docs/quality.md. Exit code 1: a bar was missed.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { cases } from './cases/index.ts'
import { qualityDoc } from './report.ts'
import { type Result, describeCommit, readResults, resultsFile } from './results.ts'

const { values } = parseArgs({ options: { only: { type: 'string', multiple: true, default: [] } } })
const chosen = cases.filter(({ name }) => values.only.length === 0 || values.only.includes(name))
if (chosen.length === 0) {
  console.error(`no such case; there are: ${cases.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}
const commit = describeCommit()
const results = new Map(readResults().map(result => [result.name, result]))
for (const { name, must, run } of chosen) {
  const startedAt = performance.now()
  const figure = await run()
  const took = `${((performance.now() - startedAt) / 1000).toFixed(1)} s`
  if (figure === null) {
    console.log(`${name}: its data are not here; the former figure stays`)
    continue
  }
  results.set(name, { name, ...figure, commit })
  const bar = must === '' ? '' : `, must ${must}: ${figure.holds ? 'holds' : 'MISSED'}`
  console.log(`${name}: ${figure.value} of ${figure.of}${bar} (${took})\n  ${figure.note}`)
  if (!figure.holds) process.exitCode = 1
}
// In the order of the list, and without what is no case any more.
const kept: Result[] = cases.flatMap(({ name }) => results.get(name) ?? [])
writeFileSync(resultsFile, `${JSON.stringify(kept, null, 2)}\n`)
writeFileSync(path.resolve(import.meta.dirname, '../docs/quality.md'), qualityDoc(cases, kept))
