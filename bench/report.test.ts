import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { cases } from './case-list.ts'
import { comparisonCases } from './cases.ts'
import { performanceDoc } from './report.ts'
import { resourceCases } from './resource-cases.ts'
import type { PublishedRow } from './results.ts'

const root = path.resolve(import.meta.dirname, '..')
const row: PublishedRow = {
  case: 'plain',
  subject: 'nginx',
  cpuUsPerRequest: 10.1,
  rps: 50_000,
  p99Ms: 2,
  rssMb: 19,
  ratio: 1.5,
  must: '≤ 1.4',
  holds: false,
  note: '',
  machine: '2 × test',
  commit: 'abc',
  version: '1.22.1',
  pace: 'full',
}

test('a missed must is shown as missed, and a figure without a bar has none', () => {
  const text = performanceDoc([row, { ...row, subject: 'haproxy', must: null, holds: null }], cases)
  assert.match(text, /\| nginx \| 10\.1 \| 50000 \| 19 \| 1\.50 \| ≤ 1\.4 \| \*\*no\*\* \|/)
  assert.match(text, /\| haproxy \| 10\.1 \| 50000 \| 19 \| 1\.50 \|  \|  \|/)
})

test('every row of the speed table has a case', () => {
  const names = [...comparisonCases, ...resourceCases].map(({ name }) => name)
  assert.deepEqual(names, [
    'plain',
    'tls',
    'secured-get',
    'secured-post',
    'two-workers',
    'new-tls',
    'open-loop',
    'open-loop-holds',
    'memory',
    'start',
    'reload',
  ])
})

const published = path.join(root, 'bench/results.json')
test('docs/performance.md is what bench/results.json says', {
  skip: existsSync(published) ? false : 'no results yet',
}, () => {
  const rows = JSON.parse(readFileSync(published, 'utf8')) as PublishedRow[]
  assert.ok(rows.length > 0)
  assert.equal(readFileSync(path.join(root, 'docs/performance.md'), 'utf8'), performanceDoc(rows, cases))
  assert.deepEqual([...new Set(rows.map(({ pace }) => pace))], ['full'], 'quick figures are for development only')
})
