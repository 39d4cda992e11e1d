// What `npm test` runs: the services, then every test file; the totals are the last lines.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import path from 'node:path'
import { run } from 'node:test'
import { inspect } from 'node:util'

const root = path.resolve(import.meta.dirname, '..')
const filters = process.argv.slice(2)

// A run for a few files is a developer's, who has the services already.
if (filters.length === 0) spawnSync(path.join(root, 'scripts/services.sh'), { stdio: ['ignore', 'inherit', 'inherit'] })

const files = globSync(
  [
    'src/**/*.test.ts',
    'test/**/*.test.ts',
    'testbed/**/*.test.ts',
    'bench/**/*.test.ts',
    'quality/**/*.test.ts',
    'docs/**/*.test.ts',
  ],
  {
    cwd: root,
  },
)
  .filter(file => filters.length === 0 || filters.some(filter => file.includes(filter)))
  .toSorted()
if (files.length === 0) {
  console.error(`no test file matches ${filters.join(' ')}`)
  process.exit(1)
}

interface Seen {
  passed: number
  failed: number
}
const perFile = new Map<string, Seen>(files.map(file => [file, { passed: 0, failed: 0 }]))
const failures: string[] = []
const skipped: string[] = []
const startedAt = performance.now()

const stream = run({
  files: files.map(file => path.join(root, file)),
  cwd: root,
  concurrency: 2,
  // A hanging file must not hang CI; the slowest honest one takes a fraction of this.
  timeout: 600_000,
})

interface Ended {
  readonly name: string
  readonly file?: string | undefined
  readonly line?: number | undefined
  readonly nesting: number
  readonly skip?: string | boolean | undefined
  readonly todo?: string | boolean | undefined
  readonly details: { readonly type?: string | undefined; readonly error?: Error }
}

function place(data: Ended): string {
  return data.file === undefined ? '' : path.relative(root, data.file)
}

stream.on('test:pass', (data: Ended) => {
  const seen = perFile.get(place(data))
  if (data.skip !== undefined && data.skip !== false) {
    skipped.push(`${place(data)}: ${data.name}${typeof data.skip === 'string' ? ` (${data.skip})` : ''}`)
  } else if (seen !== undefined && data.details.type !== 'suite') seen.passed++
})
stream.on('test:fail', (data: Ended) => {
  const seen = perFile.get(place(data))
  if (seen !== undefined && data.details.type !== 'suite') seen.failed++
  const error = data.details.error?.cause ?? data.details.error
  // A suite fails because a test in it did; that test has its own entry.
  if (data.details.type === 'suite' && /subtests? failed/.test(String(error))) return
  const words = `${place(data)}${data.line === undefined ? '' : `:${data.line}`}: ${data.name}`
  failures.push(`${words}\n${indent(error instanceof Error ? (error.stack ?? inspect(error)) : inspect(error))}`)
  console.log(`not ok  ${words}`)
})
stream.on('test:stderr', ({ message }) => process.stderr.write(message))
stream.on('test:summary', summary => {
  if (summary.file !== undefined) {
    const file = path.relative(root, summary.file)
    const seen = perFile.get(file) ?? { passed: 0, failed: 0 }
    console.log(
      `${summary.success ? 'ok    ' : 'FAILED'}  ${file}  ${seen.passed} passed${seen.failed > 0 ? `, ${seen.failed} failed` : ''}  ${Math.round(summary.duration_ms)} ms`,
    )
    return
  }
  const { counts } = summary
  if (failures.length > 0) console.log(`\nFailed:\n${failures.map(failure => `- ${failure}`).join('\n')}`)
  if (skipped.length > 0) console.log(`\nSkipped:\n${skipped.map(name => `- ${name}`).join('\n')}`)
  console.log(
    [
      '',
      `# files ${files.length}`,
      `# duration_ms ${Math.round(performance.now() - startedAt)}`,
      `# cancelled ${counts.cancelled}`,
      `# tests ${counts.tests}`,
      `# pass ${counts.passed}`,
      `# fail ${counts.tests - counts.passed - counts.skipped - counts.todo}`,
      `# skipped ${counts.skipped}`,
    ].join('\n'),
  )
  // A run that ran nothing is not a success.
  process.exitCode = summary.success && counts.passed > 0 ? 0 : 1
})
// Without a reader of the stream no event is delivered.
stream.resume()

function indent(text: string): string {
  return text
    .split('\n')
    .map(line => `    ${line}`)
    .join('\n')
}
