import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadWritten } from '../../../test/support/configuration.ts'
import { openEngine } from '../engine.ts'
import { questions } from '../questions.ts'
import type { Assessment } from './assess.ts'

const settings = {
  version: 1,
  stateDir: 'state',
  listeners: [{ name: 'local', address: '127.0.0.1:8080' }],
  services: { shop: { targets: ['http://127.0.0.1:3000'] } },
  routes: [{ name: 'all', match: { path: '/**' }, service: 'shop', policies: [{ use: 'anonymous' }] }],
}
const written = (insight: unknown, accept = '', more = {}) =>
  loadWritten({
    files: {
      'portcullis.yaml': JSON.stringify({ ...settings, insight, ...more }),
      ...(accept === '' ? {} : { 'accept.yaml': accept }),
    },
  })

test('what the configuration accepts costs nothing in the running insight either, until its day', async () => {
  const engine = await openEngine(
    { folder: null, memoryBytesMax: 1e9, retentionMs: 1e9, historyBytesMax: 1e9, record: null },
    { info() {}, warn() {}, error() {} },
  )
  const { loaded, issues } = await written(
    { accept: 'file:accept.yaml' },
    '- { rule: no-event-log, reason: a demo, until: 2027-01-31 }\n- { rule: anonymous-route, subject: route other, reason: open, until: 2027-01-31 }\n',
  )
  assert.ok(loaded !== null, JSON.stringify(issues))
  const on = (day: string) =>
    questions['posture']?.({ engine, config: loaded.config, now: Date.parse(day) }, {}) as Assessment
  const before = on('2026-06-01')
  assert.deepEqual(
    before.suppressed.map(({ finding, reason }) => [finding.rule, reason]),
    [['no-event-log', 'a demo']],
  )
  assert.ok(before.findings.some(({ rule }) => rule === 'anonymous-route'))
  assert.deepEqual(
    before.unusedSuppressions.map(({ rule }) => rule),
    ['anonymous-route'],
  )
  const after = on('2027-01-31')
  assert.deepEqual([after.suppressed.length, after.expiredSuppressions.length], [0, 2])
  assert.ok(after.findings.some(({ rule }) => rule === 'no-event-log'))
  await engine.close()
})

test('an accepted finding without rule, reason or day is refused, in its own file and line', async () => {
  const cases: ReadonlyArray<readonly [accept: string, place: RegExp]> = [
    ['- { rule: a, until: 2027-01-31 }\n', /\/insight\/accept\/0\/reason/],
    ['- { rule: a, reason: " ", until: 2027-01-31 }\n', /\/insight\/accept\/0\/reason/],
    ['- { reason: b, until: 2027-01-31 }\n', /\/insight\/accept\/0\/rule/],
    ['- { rule: a, reason: b }\n', /\/insight\/accept\/0\/until/],
    ['- { rule: a, reason: b, until: 2027-02-31 }\n', /\/insight\/accept\/0\/until/],
    ['- { rule: a, reason: b, until: 2027-01-31, forever: true }\n', /\/insight\/accept\/0\/forever/],
  ]
  for (const [accept, place] of cases) {
    const { issues } = await written({ accept: 'file:accept.yaml' }, accept)
    assert.match(issues?.map(issue => issue.pointer).join() ?? '', place, accept)
    assert.match(issues?.[0]?.place?.file ?? '', /accept\.yaml$/, accept)
  }
  const noList = await written({ accept: 'file:accept.yaml' }, 'all: true\n')
  assert.deepEqual(
    noList.issues?.map(({ pointer, reason }) => [pointer, reason]),
    [['/insight/accept', 'must be a list']],
  )
  const homeless = await written({ accept: [{ rule: 'a', reason: 'b', until: '2027-01-31' }] }, '', {
    stateDir: undefined,
  })
  assert.deepEqual(
    homeless.issues?.map(({ pointer }) => pointer),
    ['/insight/accept'],
  )
})
