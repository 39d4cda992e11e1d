import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FileLine, Model } from '../../model.ts'
import type { EventItem } from './event-model.ts'
import { events } from './events.ts'

const start = Date.parse('2026-11-02T08:00:00Z')

async function itemsOf(texts: readonly string[], skipped: number[] = []): Promise<EventItem[]> {
  async function* lines(): AsyncGenerator<FileLine> {
    for (const [i, text] of texts.entries()) yield { text, number: i + 1 }
  }
  const items: EventItem[] = []
  for await (const item of events.read(lines(), line => skipped.push(line))) items.push(item)
  return items
}

/** Four people who read orders during the day; one of them deletes some. */
const normal = Array.from({ length: 600 }, (_, i) => ({
  time: new Date(start + (i % 8) * 3_600_000 + Math.floor(i / 8) * 40_000).toISOString(),
  id: `n-${i}`,
  method: i % 12 === 0 ? 'DELETE' : 'GET',
  path: `/orders/${100 + (i % 90)}`,
  query: i % 2 === 0 ? [{ name: 'page', type: 'integer' }] : [],
  status: i % 12 === 0 ? 204 : 200,
  durationMs: 10 + (i % 7),
  responseBytes: 500 + (i % 50),
  principal: { subject: i % 12 === 0 ? 'root' : ['jane', 'joe', 'ann'][i % 3], method: 'jwt' },
}))

async function trained(): Promise<{ model: Model<EventItem>; items: EventItem[] }> {
  const items = await itemsOf(normal.map(value => JSON.stringify(value)))
  const model = events.create()
  for (const item of items) model.learn(item)
  return { model, items }
}

test('who does what nobody of his kind did, when and how much: each on its axis', async () => {
  const { model } = await trained()
  const rows: ReadonlyArray<readonly [axis: string, change: Readonly<Record<string, unknown>>, least: number]> = [
    ['caller', { method: 'DELETE', status: 204 }, 4],
    ['method', { method: 'PATCH' }, 4],
    ['path', { path: '/admin' }, 6],
    ['names', { query: [{ name: 'debug', type: 'boolean' }] }, 6],
    ['values', { query: [{ name: 'page', type: 'string' }] }, 6],
    ['status', { status: 500 }, 6],
    ['duration', { durationMs: 30_000 }, 6],
    ['size', { responseBytes: 5_000_000 }, 6],
    ['hour', { time: '2026-11-03T03:00:00Z' }, 4],
  ]
  for (const [axis, change, least] of rows) {
    const [item] = await itemsOf([JSON.stringify({ ...normal[2], ...change })])
    const { deviation } = model.judge(item as EventItem)
    assert.ok((deviation[axis] ?? 0) >= least, `${axis}: ${JSON.stringify(deviation)}`)
  }
})

test('a run through many ids is told by its pace and its targets, whatever the order of the lines', async () => {
  const { model } = await trained()
  const walk = Array.from({ length: 300 }, (_, i) =>
    JSON.stringify({
      ...normal[1],
      id: `w-${i}`,
      time: new Date(start + 90_000_000 + i * 100).toISOString(),
      path: `/orders/${5000 + i}`,
    }),
  )
  const [forth, back] = [await itemsOf(walk), await itemsOf(walk.toReversed())]
  const last = forth.at(-1) as EventItem
  assert.deepEqual(last.before, { calls: 300, alike: 300, failures: 0 })
  assert.deepEqual(back[0], last)
  const { deviation, explain } = model.judge(last)
  assert.ok((deviation['volume'] ?? 0) > 5 && (deviation['enumeration'] ?? 0) > 5)
  assert.match(
    explain()
      .map(({ text }) => text)
      .join(),
    /300 targets/,
  )
})

test('a dump reads back as it was, and nothing else does', async () => {
  const { model, items } = await trained()
  const restored = events.restore(JSON.parse(JSON.stringify(model.dump())))
  assert.deepEqual(restored.dump(), model.dump())
  for (const item of items.slice(0, 20)) assert.deepEqual(restored.judge(item).deviation, model.judge(item).deviation)
  for (const bad of [null, {}, { hours: [1] }]) assert.throws(() => events.restore(bad as never), RangeError)
})

test('lines that are no events are told', async () => {
  const skipped: number[] = []
  await itemsOf(
    ['', '{}', '[]', '{"time":"never","method":"GET","path":"/","status":200}', JSON.stringify(normal[0])],
    skipped,
  )
  assert.deepEqual(skipped, [1, 2, 3, 4])
})

test('what a line leaves out is not known: no axis judges it, neither against what others say nor as nothing', async () => {
  const { model } = await trained()
  const { durationMs: _, responseBytes: __, principal: ___, ...bare } = normal[2] as (typeof normal)[number]
  const [item] = await itemsOf([JSON.stringify(bare)])
  const { deviation } = model.judge(item as EventItem)
  for (const axis of ['duration', 'size', 'caller', 'volume', 'enumeration', 'failures'])
    assert.equal(deviation[axis], undefined, axis)
  const silent = events.create()
  for (const one of await itemsOf(
    normal.map(value => JSON.stringify({ ...value, durationMs: undefined, responseBytes: undefined })),
  ))
    silent.learn(one)
  const [told] = await itemsOf([JSON.stringify(normal[2])])
  const judged = silent.judge(told as EventItem).deviation
  assert.deepEqual([judged['duration'], judged['size']], [undefined, undefined])
})

test('ids are given back as they are, numbers and texts of any kind, and by line where there is none', async () => {
  const skipped: number[] = []
  const { id: _, ...bare } = normal[2] as (typeof normal)[number]
  const lines = [7, 'a b@c', 'é', undefined, { x: 1 }].map(id =>
    JSON.stringify({ ...bare, ...(id === undefined ? {} : { id }) }),
  )
  const items = await itemsOf(lines, skipped)
  assert.deepEqual(
    items.map(item => events.id(item)),
    [7, 'a b@c', 'é', 'line 4'],
  )
  assert.deepEqual(skipped, [5])
})
