import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { connect } from 'node:net'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { type InsightWorld, startInsightWorld } from '../support/insight-world.ts'
import { startLoad } from '../support/steady-load.ts'
import { until } from '../support/until.ts'

// Insight ends, or stands still, while requests are served.

const origin: RequestListener = (req, res) => {
  req.resume()
  res.setHeader('content-type', 'application/json').end('{"id":7,"items":[1,2,3]}')
}

/** Whole lines of the recording; fails at one that does not read. */
function recorded(file: string): number {
  const text = readFileSync(file, 'utf8')
  const lines = text.split('\n').slice(0, -1)
  for (const line of lines) assert.equal(typeof JSON.parse(line).event.id, 'string')
  return lines.length
}

function checkState(world: InsightWorld): void {
  const database = new DatabaseSync(path.join(world.stateDir, 'insight/state.sqlite'), { readOnly: true })
  assert.deepEqual(
    database
      .prepare('PRAGMA integrity_check')
      .all()
      .map(row => Object.values(row)),
    [['ok']],
  )
  database.close()
}

const learnt = async (world: InsightWorld): Promise<number> =>
  (JSON.parse((await world.ask('/traces')).text) as { counts: { spans: number } }).counts.spans

const failures = (load: ReturnType<typeof startLoad>): string[] =>
  load.connections.flatMap(({ failure }) => failure ?? [])

describe('insight under load', { timeout: 180_000 }, () => {
  it('killed: nothing that was saved is lost or half, requests are served, and it goes on', async () => {
    await using world = await startInsightWorld({ origin, workers: 2 })
    const load = startLoad(world.port, '/orders/7', 4)
    try {
      for (const round of [1, 2]) {
        const before = await world.insightWhen('much is saved', status => status.savedEvents > 100)
        const answered = load.connections.reduce((sum, { answers }) => sum + answers, 0)
        process.kill(before.pid as number, 'SIGKILL')
        const after = await world.insightWhen(
          'it is back and takes the streams',
          (status, { restarts }) => restarts === round && status.connections === 2 && status.counts.events > 0,
        )
        assert.notEqual(after.pid, before.pid)
        const [spans, saved] = [await learnt(world), before.status?.savedEvents ?? 0]
        assert.ok(spans >= saved, `${spans} are known of ${saved} that had been saved`)
        assert.deepEqual(failures(load), [])
        assert.ok(load.connections.reduce((sum, { answers }) => sum + answers, 0) > answered)
        checkState(world)
      }
    } finally {
      await load.stop()
    }
    assert.ok((await world.metric('portcullis_insight_drops_total')) > 0, 'what came while it was away is counted')
    assert.equal(await world.gateway.stop(), 0)
    assert.doesNotMatch(world.gateway.lines.join('\n'), /put aside|could not be read/)
    assert.ok(recorded(world.record) > 200)
  })

  it('the gateway killed as a whole: what was saved is there at the next start', async () => {
    await using world = await startInsightWorld({ origin })
    const load = startLoad(world.port, '/orders/7', 4)
    const before = await world.insightWhen('much is saved', status => status.savedEvents > 100)
    process.kill(before.pid as number, 'SIGKILL')
    world.gateway.kill('SIGKILL')
    await world.gateway.exited
    await load.stop()
    recorded(world.record)
    await world.restart()
    await world.insightWhen('insight runs', status => status.connections === 1)
    const spans = await learnt(world)
    assert.ok(spans >= (before.status?.savedEvents ?? 0), `${spans} of ${before.status?.savedEvents}`)
    checkState(world)
    const answer = await fetch(`http://127.0.0.1:${world.port}/orders/8`)
    assert.equal(answer.status, 200)
    await world.insightWhen('it learns on', status => status.counts.events > 0)
    assert.equal(await world.gateway.stop(), 0)
    assert.doesNotMatch(world.gateway.lines.join('\n'), /put aside|could not be read/)
    recorded(world.record)
  })

  it('standing still: requests are served, memory is bounded, what is lost is counted, and it goes on', async () => {
    const body = JSON.stringify({ note: 'x'.repeat(24 * 1024) })
    await using world = await startInsightWorld({
      origin: (req, res) => {
        req.resume()
        req.on('end', () => res.setHeader('content-type', 'application/json').end(body))
      },
    })
    /** Requests with bodies, one after the other; fails unless all are answered. */
    async function traffic(count: number): Promise<void> {
      for (let i = 0; i < count; i++) {
        const answer = await fetch(`http://127.0.0.1:${world.port}/notes`, {
          method: 'POST',
          body,
          headers: { 'content-type': 'application/json' },
        })
        assert.equal(answer.status, 200)
        assert.equal((await answer.arrayBuffer()).byteLength, body.length)
      }
    }
    await traffic(5)
    const { pid } = await world.insightWhen('it learns', status => status.counts.events === 5)
    process.kill(pid as number, 'SIGSTOP')
    try {
      await until('its buffers are full', 30_000, async () => {
        await traffic(20)
        return (await world.metric('portcullis_insight_drops_total')) > 0
      })
      const full = rssOf(world.gateway.pid)
      await traffic(200)
      const drops = await world.metric('portcullis_insight_drops_total')
      assert.ok(drops > 150, `${drops} drops`)
      // 200 exchanges of 48 KB would be 10 MB; a little is anybody's garbage.
      const grown = rssOf(world.gateway.pid) - full
      assert.ok(grown < 64 * 1024, `${grown} kB more`)
      // A question to it does not hang for ever, and does not stop the others.
      assert.equal((await world.ask('/status')).status, 200)
    } finally {
      process.kill(pid as number, 'SIGCONT')
    }
    await world.insightWhen('it goes on and heard of its losses', status => status.eventsDropped > 100)
    const before =
      (await world.insightWhen('it settles', status => status.savedEvents === status.counts.events)).status?.counts
        .events ?? 0
    await traffic(5)
    await world.insightWhen('it learns again', status => status.counts.events === before + 5)
    // Standing still at the end of the gateway: it is not waited for without end.
    process.kill(pid as number, 'SIGSTOP')
    assert.equal(await world.gateway.stop(), 0)
    assert.throws(() => process.kill(pid as number, 0), /ESRCH/)
  })

  it('its socket full of strangers: the workers have theirs', async () => {
    await using world = await startInsightWorld({ origin })
    const socket = path.join(world.stateDir, 'insight.sock')
    const strangers = Array.from({ length: 600 }, () => connect(socket).on('error', () => {}))
    await Promise.all(strangers.map(one => Promise.race([once(one, 'connect'), once(one, 'close')]).catch(() => {})))
    const answer = await fetch(`http://127.0.0.1:${world.port}/orders/8`)
    assert.equal(answer.status, 200)
    await world.insightWhen('it learns', status => status.counts.events === 1)
    for (const one of strangers) one.destroy()
    await world.insightWhen('they are gone', status => status.connections === 1)
    assert.equal(await world.gateway.stop(), 0)
  })
})

/** Resident memory, kB. The launcher has become the gateway by exec. */
function rssOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}
