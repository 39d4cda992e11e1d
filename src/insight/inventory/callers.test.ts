import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallerNames, type CallerShare, CallerTable, joinCallers } from './callers.ts'

function share(entriesLeft = 1_000_000): CallerShare {
  return { names: new CallerNames(), entriesLeft }
}

test('who calls much stays, whatever flood of others comes, and every call is counted', () => {
  const common = share()
  const table = new CallerTable(common)
  let refused = 0
  for (let i = 0; i < 60_000; i++) {
    table.add(`jwt - heavy${i % 5}`, 'passed', i * 1000)
    const no = i % 7 === 0
    if (no) refused++
    table.add(`jwt - light${i}`, no ? 'refused' : 'passed', i * 1000)
  }
  assert.ok(table.size <= 1024)
  const { callers, others, distinct } = joinCallers([table], common.names)
  assert.deepEqual(
    callers.slice(0, 5).map(caller => [caller.caller, caller.calls]),
    [0, 1, 2, 3, 4].map(i => [`jwt - heavy${i}`, 12_000]),
  )
  assert.equal(
    callers.reduce((sum, caller) => sum + caller.calls, others.calls),
    120_000,
  )
  assert.equal(
    callers.reduce((sum, caller) => sum + caller.refused, others.refused),
    refused,
  )
  assert.ok(distinct > 45_000 && distinct < 75_000, `${distinct}`)
})

test('a flood of addresses crowds out no principal', () => {
  const common = share()
  const table = new CallerTable(common)
  for (let i = 0; i < 40_000; i++) table.add(`address ${i >> 8}.${i & 255}.0.0/24`, 'passed', 0)
  assert.ok(common.names.size <= 16_384)
  for (let i = 0; i < 100; i++) table.add('jwt - late', 'passed', 0)
  assert.equal(joinCallers([table], common.names).callers[0]?.caller, 'jwt - late')
})

test('without room a table keeps a few entries and goes on counting', () => {
  const common = share(0)
  const table = new CallerTable(common)
  for (let i = 0; i < 1000; i++) table.add(`jwt - u${i % 40}`, 'passed', i)
  const { callers, others } = joinCallers([table], common.names)
  assert.equal(callers.length, 8)
  assert.equal(
    callers.reduce((sum, caller) => sum + caller.calls, others.calls),
    1000,
  )
})

test('several tables join by caller, and stay as they are', () => {
  const common = share()
  const tables = [0, 1, 2].map(n => {
    const table = new CallerTable(common)
    for (let i = 0; i <= n; i++)
      table.add('jwt - ada', i === 0 ? 'refused' : i === 2 ? 'denied' : 'passed', (10 * n + i) * 1000)
    table.add(`jwt - only${n}`, 'passed', 0)
    return table
  })
  const { callers, distinct } = joinCallers(tables, common.names)
  assert.deepEqual(callers[0], {
    caller: 'jwt - ada',
    calls: 6,
    refused: 3,
    denied: 1,
    firstSeen: '1970-01-01T00:00:00.000Z',
    lastSeen: '1970-01-01T00:00:22.000Z',
  })
  assert.equal(distinct, 4)
  assert.deepEqual(
    tables.map(table => table.size),
    [2, 2, 2],
  )
})

test('only changed chunks are written, and they restore the table', () => {
  const common = share()
  const table = new CallerTable(common)
  for (let i = 0; i < 300; i++) table.add(`jwt - u${i}`, 'passed', 1000)
  const chunks = new Map(table.changed())
  assert.deepEqual([...chunks.keys()], [0, 1, 2])
  table.add('jwt - u200', 'refused', 9000)
  const [changed, ...more] = table.changed()
  assert.ok(changed !== undefined && more.length === 0)
  assert.equal(changed[0], 1)
  chunks.set(...changed)
  const again = new CallerTable(common)
  for (const [, entries] of [...chunks].sort(([a], [b]) => a - b)) again.restore(entries)
  assert.deepEqual(joinCallers([again], common.names), joinCallers([table], common.names))
  again.add('jwt - u299', 'passed', 9000)
  assert.deepEqual(
    again.changed().map(([chunk]) => chunk),
    [2],
  )
})
