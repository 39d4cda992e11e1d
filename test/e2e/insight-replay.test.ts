import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import path from 'node:path'
import { describe, it } from 'node:test'
import { portcullis } from '../support/command.ts'
import { type InsightWorld, startInsightWorld, stateRows } from '../support/insight-world.ts'

// What live traffic leaves and what a replay of its recording leaves are one and the same, row by row.

const origin: RequestListener = (req, res) => {
  req.resume()
  const { pathname } = new URL(req.url ?? '/', 'http://x')
  const id = Number(/\d+/.exec(pathname)?.[0] ?? 0)
  if (pathname.startsWith('/missing'))
    return void res.writeHead(404, { 'content-type': 'application/problem+json' }).end('{"title":"none"}')
  if (pathname.startsWith('/broken'))
    return void res.writeHead(500, { 'content-type': 'text/html' }).end('<pre>Error\n    at f (/srv/app.js:1:1)</pre>')
  res.setHeader('set-cookie', `session=${'s'.repeat(20)}${id}; HttpOnly`)
  if (pathname.endsWith('.csv')) return void res.setHeader('content-type', 'text/csv').end('a,b\n1,2\n')
  res.setHeader('content-type', 'application/json')
  res.end(
    JSON.stringify({
      id,
      email: `jane${id}@example.org`,
      items: Array.from({ length: id % 4 }, (_, i) => ({ sku: `A-${i}`, price: i + 0.5 })),
      ...(id % 3 === 0 ? { note: null } : {}),
    }),
  )
}

async function call(world: InsightWorld, i: number): Promise<void> {
  const method = ['GET', 'POST', 'PUT', 'DELETE', 'GET'][i % 5] as string
  const target = [
    `/orders/${i}`,
    `/carts/${i}/items?page=${i % 3}&sort=name`,
    `/users/user-${i % 9}@example.org`,
    `/reports/${i}.csv`,
    `/missing/${i}`,
    `/broken/${i}`,
    `/files/My%20file%20${i}`,
  ][i % 7] as string
  const form = i % 6 === 0
  const answer = await fetch(`http://127.0.0.1:${world.port}${target}`, {
    method,
    headers: {
      ...(i % 2 === 0 ? { authorization: `Bearer token-${i % 11}` } : { cookie: `session=${'c'.repeat(16)}${i % 5}` }),
      ...(i % 4 === 0 ? { traceparent: `00-${(i % 8).toString(16).padStart(32, 'a')}-b7ad6b7169203331-01` } : {}),
      ...(method === 'POST' || method === 'PUT'
        ? { 'content-type': form ? 'application/x-www-form-urlencoded' : 'application/json' }
        : {}),
    },
    ...(method === 'POST' || method === 'PUT'
      ? {
          body: form
            ? `name=x${i}&amount=${i}`
            : JSON.stringify({ amount: i, tags: ['a', `t${i % 4}`], nested: { at: '2026-11-22', deep: [i, null] } }),
        }
      : {}),
  })
  await answer.arrayBuffer()
}

/** Sends that many calls, several at once, and waits until all are learnt. */
async function traffic(world: InsightWorld, from: number, count: number): Promise<void> {
  const before = (await world.insightWhen('it tells', () => true)).status
  for (let i = from; i < from + count; i += 10)
    await Promise.all(Array.from({ length: 10 }, (_, j) => call(world, i + j)))
  const wanted = (before?.counts.events ?? 0) + count
  const { status } = await world.insightWhen('all is learnt', one => one.counts.events === wanted)
  assert.deepEqual([status?.eventsDropped, status?.contentsDropped, status?.counts.failed], [0, 0, 0])
}

/** Rows of a replay of what the world recorded, beside the live state, so that they are hashed with the same key. */
async function replayedRows(world: InsightWorld): Promise<ReturnType<typeof stateRows>> {
  const replayed = path.join(world.stateDir, 'replayed')
  const { code, stderr } = await portcullis(world.folder, ['replay', '--json', '--state', replayed, world.record], 512)
  assert.equal(code, 0, stderr)
  return stateRows(replayed)
}

describe('a replay of what was recorded', { timeout: 120_000 }, () => {
  it('leaves the rows that live traffic left, over several workers', async () => {
    await using world = await startInsightWorld({ origin, workers: 2 })
    await traffic(world, 0, 250)
    assert.equal(await world.gateway.stop(), 0)
    const live = stateRows(path.join(world.stateDir, 'insight'))
    assert.ok(live.some(({ part }) => part === 'detection'))
    assert.deepEqual(await replayedRows(world), live)
  })

  it('leaves them over a restart too, but for what detectors keep in memory alone: who was given which object', async () => {
    await using world = await startInsightWorld({ origin, workers: 2 })
    await traffic(world, 0, 150)
    assert.equal(await world.gateway.stop(), 0)
    const half = stateRows(path.join(world.stateDir, 'insight'))
    await world.restart()
    await world.insightWhen('both workers stream again', status => status.connections === 2)
    await traffic(world, 150, 100)
    assert.equal(await world.gateway.stop(), 0)
    const known = (rows: ReturnType<typeof stateRows>) => rows.filter(({ part }) => part !== 'detection')
    const live = stateRows(path.join(world.stateDir, 'insight'))
    assert.notDeepEqual(known(live), known(half))
    assert.ok(live.length > 20, `${live.length} rows`)
    assert.deepEqual(known(await replayedRows(world)), known(live))
  })
})
