import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { operation } from '../../../test/support/operation.ts'
import { assess, FINDINGS_MAX } from './assess.ts'
import { fieldsOf } from './fields.ts'
import type { PostureInput } from './input.ts'
import { applyPatch } from './patch.ts'
import { readSuppressions } from './suppressions.ts'

const day = (text: string) => Date.parse(text)

function input(over: Partial<PostureInput>): PostureInput {
  return {
    config: null,
    operations: [],
    documents: [],
    imported: [],
    suppressions: [],
    now: day('2026-01-01'),
    ...over,
  }
}

const weak = operation({ method: 'GET', template: '/orders', marks: { 'stack-trace': 12 } })
const subject = 'shop GET /orders'

describe('suppressions', () => {
  const one = { rule: 'stack-traces', subject, reason: 'the team repairs it', until: day('2026-03-01') }

  it('an accepted finding does not count until its day, and counts again from then on', () => {
    const before = assess(input({ operations: [weak], suppressions: [one] }))
    assert.deepEqual(before.findings, [])
    assert.equal(before.suppressed[0]?.reason, 'the team repairs it')
    assert.equal(before.scores.overall, 100)
    const after = assess(input({ operations: [weak], suppressions: [one], now: one.until }))
    assert.deepEqual(
      after.findings.map(({ rule }) => rule),
      ['stack-traces'],
    )
    assert.deepEqual(after.expiredSuppressions, [one])
  })

  it('one that fits nothing is told', () => {
    const { unusedSuppressions } = assess(input({ suppressions: [one] }))
    assert.deepEqual(unusedSuppressions, [one])
  })

  it('needs rule, reason and a day', () => {
    const read = readSuppressions([
      { rule: 'stack-traces', reason: 'known', until: '2026-03-01' },
      { rule: 'stack-traces', until: '2026-03-01' },
      { rule: 'stack-traces', reason: ' ', until: '2026-03-01' },
      { rule: 'stack-traces', reason: 'known' },
      { rule: 'stack-traces', reason: 'known', until: 'never' },
      { rule: 'stack-traces', reason: 'known', until: '2026-03-01', who: 'me' },
      'stack-traces',
    ])
    assert.equal(read.entries.length, 1)
    assert.deepEqual(
      read.faults.map(words => words.replace(/:.*/, '')),
      ['entry 2', 'entry 3', 'entry 4', 'entry 5', 'entry 6', 'entry 7'],
    )
    assert.equal(readSuppressions({}).faults.length, 1)
  })
})

describe('findings of other scanners', () => {
  const zap = {
    tool: 'ZAP',
    rule: '90022',
    severity: 'medium' as const,
    message: 'Application Error Disclosure',
    method: 'GET',
    path: 'https://api.example.com/orders?id=1',
  }

  it('are evidence where a rule of ours says the same of the operation', () => {
    const { findings } = assess(input({ operations: [weak], imported: [{ ...zap, references: ['CWE-209'] }] }))
    assert.equal(findings.length, 1)
    assert.equal(findings[0]?.rule, 'stack-traces')
    assert.ok(findings[0]?.evidence.at(-1)?.startsWith('ZAP 90022'))
    assert.equal(findings[0]?.confidence, 0.95)
  })

  it('stand for themselves elsewhere, at the operation that they mean, once each', () => {
    const user = operation({ method: 'GET', template: '/users/{id}' })
    const me = operation({ method: 'GET', template: '/users/me' })
    const imported = ['/users/7', '/users/8', '/users/me', '/nowhere'].map(path => ({
      ...zap,
      path,
      references: ['CWE-89'],
    }))
    const { findings } = assess(input({ operations: [user, me], imported }))
    assert.deepEqual(findings.map(one => one.subject).toSorted(), [
      'gateway',
      'shop GET /users/me',
      'shop GET /users/{id}',
    ])
    assert.ok(findings.every(({ rule }) => rule === 'imported:ZAP/90022'))
  })
})

describe('hostile estates', () => {
  it('schemas that refer to themselves, branch without end or are no schemas end', () => {
    const circle: Record<string, unknown> = { type: 'object' }
    circle['properties'] = { self: circle, other: { $ref: '#/$defs/a' } }
    assert.ok(fieldsOf({ ...circle, $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } }).length < 100)
    let wide: unknown = { type: 'string' }
    for (let i = 0; i < 60; i++) wide = { anyOf: [wide, wide], allOf: [wide, wide] }
    assert.ok(fieldsOf(wide).length <= 2_000)
    let deep: unknown = { type: 'string' }
    for (let i = 0; i < 5_000; i++) deep = { type: 'array', items: deep }
    assert.ok(fieldsOf(deep).length < 100)
    for (const odd of [null, 7, 'x', [], { properties: 7, allOf: 'x', items: [1], type: [7] }]) fieldsOf(odd)
  })

  it('findings are capped, and the rest is counted', () => {
    const operations = Array.from({ length: FINDINGS_MAX + 50 }, (_, i) =>
      operation({ method: 'GET', template: `/o/${i}`, marks: { 'stack-trace': 9 } }),
    )
    const { findings, dropped } = assess(input({ operations }))
    assert.equal(findings.length, FINDINGS_MAX)
    assert.equal(dropped, 50)
  })

  it('what the operator ignores is not judged', () => {
    assert.deepEqual(assess(input({ operations: [{ ...weak, ignored: true }] })).findings, [])
  })

  it('the same estate in another order gives the same findings in the same order', () => {
    const operations = ['/a', '/b', '/c'].map(template =>
      operation({ method: 'GET', template, marks: { 'stack-trace': 9, 'sql-error': 2 } }),
    )
    assert.deepEqual(
      assess(input({ operations })).findings,
      assess(input({ operations: operations.toReversed() })).findings,
    )
  })
})

it('a patch changes what it names and nothing else', () => {
  const before = {
    routes: [
      { name: 'a', match: { path: '/a', host: 'x.example' }, policies: [{ use: 'jwt' }, { use: 'headers' }] },
      { name: 'b', match: { path: '/b' } },
    ],
  }
  const copy = structuredClone(before)
  const after = applyPatch(before, {
    routes: [
      {
        name: 'a',
        match: { host: null, hosts: ['y.example'] },
        policies: [{ use: 'json-schema', with: { request: true } }],
      },
    ],
  })
  assert.deepEqual(before, copy)
  assert.deepEqual(after, {
    routes: [
      {
        name: 'a',
        match: { path: '/a', hosts: ['y.example'] },
        policies: [{ use: 'jwt' }, { use: 'json-schema', with: { request: true } }, { use: 'headers' }],
      },
      { name: 'b', match: { path: '/b' } },
    ],
  })
})
