import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Finding, Severity } from '../../core/finding.ts'
import { operation } from '../../../test/support/operation.ts'
import { estateOf } from './estate.ts'
import { arithmetic } from './report/arithmetic.ts'
import { points, scoresOf } from './score.ts'

const estate = estateOf({
  config: null,
  operations: ['/orders', '/orders/{id}', '/users'].map(template => operation({ method: 'GET', template })),
  documents: [],
  imported: [],
  suppressions: [],
  now: 0,
})

function finding(rule: string, severity: Severity, subject: string, confidence = 1): Finding {
  return { rule, severity, subject, message: '', evidence: [''], confidence, fix: { advice: '' }, references: [] }
}

const many = [
  finding('missing-authentication', 'critical', 'shop GET /orders'),
  finding('mixed-authentication', 'high', 'shop GET /orders', 0.7),
  finding('stack-traces', 'medium', 'shop GET /orders', 0.93),
  finding('unbounded-string', 'low', 'shop GET /users', 0.9),
  finding('plaintext-upstream', 'medium', 'service shop'),
  finding('no-event-log', 'medium', 'gateway'),
  finding('tls-1.2-allowed', 'low', 'listener public'),
  finding('unused-operation', 'info', 'shop GET /orders/{id}'),
  finding('imported:ZAP/1', 'high', 'shop GET /users', 0.8),
]

it('an operation without findings has 100', () => {
  const { operations, services, overall } = scoresOf(estate, [])
  assert.deepEqual(
    operations.map(({ score }) => score),
    [100, 100, 100],
  )
  assert.deepEqual([services[0]?.name, services[0]?.score, overall], ['shop', 100, 100])
})

it('to fix any finding never lowers any score', () => {
  for (const [i, fixed] of many.entries()) {
    const before = scoresOf(estate, many)
    const after = scoresOf(estate, many.toSpliced(i, 1))
    for (const [n, one] of before.operations.entries())
      assert.ok((after.operations[n]?.score ?? -1) >= one.score, `${fixed.rule} at ${one.subject}`)
    assert.ok((after.services[0]?.score ?? -1) >= (before.services[0]?.score ?? 0), fixed.rule)
    assert.ok((after.overall ?? -1) >= (before.overall ?? 0), fixed.rule)
  }
})

it('a lesser severity or confidence never lowers any score', () => {
  const order: readonly Severity[] = ['info', 'low', 'medium', 'high', 'critical']
  for (const [i, one] of many.entries()) {
    const milder = order[Math.max(0, order.indexOf(one.severity) - 1)] as Severity
    for (const changed of [
      { ...one, severity: milder },
      { ...one, confidence: one.confidence / 2 },
    ]) {
      const [before, after] = [scoresOf(estate, many), scoresOf(estate, many.with(i, changed))]
      assert.ok((after.overall ?? -1) >= (before.overall ?? 0), one.rule)
    }
  }
})

it('the arithmetic shown gives the score, part by part', () => {
  for (const one of scoresOf(estate, many).operations) {
    for (const part of [one.security, one.data]) {
      const left = Math.max(0, part.max - part.losses.reduce((sum, loss) => sum + loss.points, 0))
      assert.equal(part.score, Math.round(left * 10) / 10)
    }
    assert.equal(one.score, Math.round((one.security.score + one.data.score) * 10) / 10)
    const shown = arithmetic(one)
    for (const loss of [...one.security.losses, ...one.data.losses])
      assert.ok(shown.includes(`− ${loss.points} ${loss.rule}`), shown)
    assert.ok(shown.endsWith(`together ${one.score}`))
  }
})

it('what is said of a service, a listener or the gateway is charged to every operation behind it', () => {
  const [, quiet] = scoresOf(estate, many).operations
  assert.equal(quiet?.subject, 'shop GET /orders/{id}')
  assert.deepEqual(quiet?.security.losses.map(({ rule }) => rule).toSorted(), [
    'no-event-log',
    'plaintext-upstream',
    'tls-1.2-allowed',
  ])
  assert.equal(quiet?.score, 100 - 2 * points.medium - points.low)
})

it('tenants have the mean of their operations; operations without one count for none', () => {
  const owned = estateOf({
    config: null,
    operations: [
      operation({
        method: 'GET',
        template: '/a',
        owner: {
          pod: null,
          workload: null,
          service: null,
          application: null,
          tenant: 'acme',
          contact: null,
          source: 'configuration',
        },
      }),
      operation({ method: 'GET', template: '/b' }),
    ],
    documents: [],
    imported: [],
    suppressions: [],
    now: 0,
  })
  const { tenants } = scoresOf(owned, [finding('stack-traces', 'medium', 'shop GET /a')])
  assert.deepEqual(tenants, [{ name: 'acme', score: 92, operations: 1, lowest: { subject: 'shop GET /a', score: 92 } }])
})
