// npm run bench:micro [-- NAME…]: ns and bytes allocated per operation of the hot parts, in about a minute.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import path from 'node:path'
import type { MicroCase } from './micro-case.ts'

const folder = import.meta.dirname
/** Results go here, so that the compiler cannot leave the work out. */
const sink: { value: unknown } = { value: undefined }

if (globalThis.gc === undefined) {
  // Allocation is measured between two collections; the flag cannot be set later.
  const result = spawnSync(process.execPath, ['--expose-gc', path.join(folder, 'main.ts'), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  process.exit(result.status ?? 1)
}
const collect = globalThis.gc

const filters = process.argv.slice(2)
const files = globSync('*.ts', { cwd: folder, exclude: ['main.ts', 'micro-case.ts'] }).toSorted()
const all: MicroCase[] = []
for (const file of files) {
  const module = (await import(path.join(folder, file))) as { cases?: readonly MicroCase[] }
  all.push(...(module.cases ?? []))
}
const chosen = all.filter(({ name }) => filters.length === 0 || filters.some(filter => name.includes(filter)))
if (chosen.length === 0) {
  console.error(`no micro case matches; there are: ${all.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}
const budgetMs = Math.min(3_000, 55_000 / chosen.length)
console.log(`${'case'.padEnd(48)} ${'ns/op'.padStart(10)} ${'B/op'.padStart(8)}`)
for (const { name, run } of chosen) {
  const { ns, bytes } = measure(run)
  console.log(`${name.padEnd(48)} ${ns.toFixed(ns < 100 ? 1 : 0).padStart(10)} ${bytes.toFixed(0).padStart(8)}`)
}

/** The best of several rounds: what disturbs only ever adds. */
function measure(run: () => unknown): { ns: number; bytes: number } {
  let iterations = 1
  for (;;) {
    const took = time(run, iterations)
    if (took > budgetMs / 20) break
    iterations = Math.ceil(iterations * (took < 1 ? 10 : 1.8))
  }
  let best = Number.POSITIVE_INFINITY
  const until = performance.now() + budgetMs * 0.6
  do best = Math.min(best, (time(run, iterations) * 1e6) / iterations)
  while (performance.now() < until)
  // Few enough that no collection falls between, many enough that the probe itself does not show.
  const counted = Math.max(10, Math.min(iterations, 2_000))
  let bytes = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round++) {
    collect()
    const before = process.memoryUsage()
    for (let i = 0; i < counted; i++) sink.value = run()
    const after = process.memoryUsage()
    bytes = Math.min(bytes, (after.heapUsed + after.external - before.heapUsed - before.external) / counted)
  }
  return { ns: best, bytes: Math.max(0, bytes) }
}

function time(run: () => unknown, iterations: number): number {
  const startedAt = performance.now()
  for (let i = 0; i < iterations; i++) sink.value = run()
  return performance.now() - startedAt
}
