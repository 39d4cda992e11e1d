import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { cases } from './cases/index.ts'
import { qualityDoc } from './report.ts'
import { readResults } from './results.ts'

const one = { name: 'a', what: 'x | y', must: '≥ 0.9', aim: '1', method: 'As written.' }

test('docs/quality.md is what the results say (npm run quality)', () => {
  const written = readFileSync(path.resolve(import.meta.dirname, '../docs/quality.md'), 'utf8')
  assert.ok(written === qualityDoc(cases, readResults()), 'docs/quality.md is stale: run npm run quality and commit it')
})

test('a missed bar is shown as missed, and what was not measured says so', () => {
  const text = qualityDoc(
    [one, { ...one, name: 'b' }],
    [{ name: 'a', value: 0.5, of: 10, holds: false, note: 'n', commit: 'c' }],
  )
  assert.match(text, /\| x \\\| y \| ≥ 0\.9 \| 1 \| 0\.5000 \| 10 \| \*\*no\*\* \| c \|/)
  assert.match(text, /\| not measured \|/)
  assert.match(text, /Measured: n\./)
})

test('names are unique and usable as --only', () => {
  const names = cases.map(({ name }) => name)
  assert.equal(new Set(names).size, names.length)
  for (const name of names) assert.match(name, /^[a-z\d]+(-[a-z\d]+)*$/)
})
