// npm run fuzz -- --seconds N: every fuzzer for its share of the time. Exit 1 on the first finding.
import { inspect, parseArgs } from 'node:util'
import { fuzzers } from './fuzzers.ts'

const { values, positionals } = parseArgs({
  options: { seconds: { type: 'string', default: '60' } },
  allowPositionals: true,
})
const seconds = Number(values.seconds)
if (!(seconds > 0)) {
  console.error(`--seconds must be a positive number, not ${values.seconds}`)
  process.exit(2)
}
const chosen = fuzzers.filter(([name]) => positionals.length === 0 || positionals.includes(name))
if (chosen.length === 0) {
  console.error(`no such fuzzer; there are: ${fuzzers.map(([name]) => name).join(', ')}`)
  process.exit(2)
}
const budgetMs = (seconds * 1000) / chosen.length
let green = true
for (const [name, load] of chosen) {
  const heapBefore = process.memoryUsage().heapUsed
  const startedAt = performance.now()
  try {
    const result = await (await load()).fuzz(budgetMs)
    const elapsedMs = Math.round(performance.now() - startedAt)
    const grownMb = Math.round((process.memoryUsage().heapUsed - heapBefore) / 1e6)
    console.log(`${result.name}: ${result.runs} runs in ${elapsedMs} ms, heap ${grownMb >= 0 ? '+' : ''}${grownMb} MB`)
    // A fuzzer that ran nothing is not a success.
    if (result.runs === 0) green = false
  } catch (error) {
    green = false
    console.log(`${name}: FAILED\n${inspect(error)}`)
  }
}
process.exit(green ? 0 : 1)
