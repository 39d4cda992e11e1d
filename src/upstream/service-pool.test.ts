import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, it } from 'node:test'
import { lookup } from 'node:dns'
import { until } from '../../test/support/until.ts'
import type { UpstreamConnection } from '../net/h1/upstream-connection.ts'
import { Pulse } from '../net/pulse.ts'
import { ServicePool } from './service-pool.ts'
import type { NoConnection, TargetSettings, Waiting } from './target-pool.ts'

const ends: Array<() => unknown> = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** A service that accepts and says nothing. */
async function target(): Promise<TargetSettings & { readonly accepted: readonly Socket[]; readonly server: Server }> {
  const accepted: Socket[] = []
  const server = createServer(socket => {
    socket.on('error', () => {})
    accepted.push(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(() => {
    for (const socket of accepted) socket.destroy()
    server.close()
  })
  return { ...settingsOf((server.address() as AddressInfo).port), accepted, server }
}

function settingsOf(port: number): TargetSettings {
  const authority = `127.0.0.1:${port}`
  return { url: `http://${authority}`, authority, address: { kind: 'tcp', host: '127.0.0.1', port }, tls: null }
}

interface Asked {
  readonly waiting: Waiting | null
  readonly got: Array<UpstreamConnection | NoConnection>
  readonly first: Promise<UpstreamConnection | NoConnection>
}

function poolOf(targets: readonly TargetSettings[], { connectionsMax = 1, connectMs = 60_000 } = {}) {
  const pulse = new Pulse()
  const pool = new ServicePool(
    targets,
    { connectMs, timeouts: { responseMs: 60_000, idleMs: 60_000, keepAliveMs: 60_000 }, connectionsMax, lookup },
    pulse,
    () => {},
  )
  ends.push(() => {
    pool.close()
    pulse.stop()
  })
  const ask = (fresh = false): Asked => {
    const got: Asked['got'] = []
    const { promise, resolve } = Promise.withResolvers<UpstreamConnection | NoConnection>()
    const waiting = pool.take((connection, _target, failure) => {
      const one = connection ?? (failure as NoConnection)
      got.push(one)
      resolve(one)
    }, fresh)
    return { waiting, got, first: promise }
  }
  /** The connection that an exchange got, and an error when it got none. */
  const connected = async (asked: Asked): Promise<UpstreamConnection> => {
    const one = await asked.first
    assert.ok('socket' in one, JSON.stringify(one))
    return one
  }
  return { ask, connected }
}

describe('an exchange that departs while it waits for a connection', () => {
  it('gives its place in the queue up: the next one gets the connection', async () => {
    const { ask, connected } = poolOf([await target()])
    const busy = await connected(ask())
    const [departed, next, last] = [ask(), ask(), ask()]
    departed.waiting?.giveUp()
    busy.giveBack()
    assert.equal(await connected(next), busy)
    assert.deepEqual([departed.got, last.got], [[], []])
  })

  it('leaves room in the queue for others', async () => {
    const { ask, connected } = poolOf([await target()])
    const busy = await connected(ask())
    const queued = Array.from({ length: 1024 }, () => ask())
    const refused = await ask().first
    assert.ok('kind' in refused && refused.kind === 'overloaded' && /queue is full/.test(refused.reason))
    for (const { waiting } of queued) waiting?.giveUp()
    const late = ask()
    assert.deepEqual(late.got, [])
    busy.giveBack()
    assert.equal(await connected(late), busy)
    assert.ok(queued.every(({ got }) => got.length === 0))
  })

  it('is told nothing when the time to wait is over', async () => {
    const { ask, connected } = poolOf([await target()], { connectMs: 30 })
    await connected(ask())
    const [departed, staying] = [ask(), ask()]
    departed.waiting?.giveUp()
    const refused = await staying.first
    assert.ok('kind' in refused && /became free in time/.test(refused.reason))
    assert.deepEqual(departed.got, [])
  })

  it('leaves the connection that was being set up for it to the next in the queue, or to a later one', async () => {
    for (const queue of [true, false]) {
      const service = await target()
      const { ask, connected } = poolOf([service])
      const departed = ask()
      const next = queue ? ask() : null
      departed.waiting?.giveUp()
      if (next === null) await until('it is accepted', 30_000, () => service.accepted.length === 1)
      const connection = await connected(next ?? ask())
      assert.ok(connection.open)
      assert.equal(service.accepted.length, 1)
      assert.deepEqual(departed.got, [])
    }
  })

  it('does not go on to the next target when the first one fails', async () => {
    const gone = await target()
    gone.server.close()
    await once(gone.server, 'close')
    const second = await target()
    const { ask, connected } = poolOf([gone, second])
    const departed = ask()
    departed.waiting?.giveUp()
    // The next turn is the second target's, the one after that the first's, and so the second's again.
    const busy = await connected(ask())
    const waits = ask()
    busy.giveBack()
    assert.equal(await connected(waits), busy)
    assert.deepEqual(departed.got, [])
    assert.equal(second.accepted.length, 1)
  })

  it('gives up its place at the second target when the queue of the first was full', async () => {
    const { ask, connected } = poolOf([await target(), await target()])
    await connected(ask())
    const busy = await connected(ask())
    const queued = Array.from({ length: 2048 }, () => ask())
    for (const [i, { waiting }] of queued.entries()) if (i % 2 === 1) waiting?.giveUp()
    const [departed, next] = [ask(), ask()]
    departed.waiting?.giveUp()
    busy.giveBack()
    assert.equal(await connected(next), busy)
    assert.deepEqual(departed.got, [])
  })
})

it('whoever waits and stays is answered exactly once, also after it was', async () => {
  const { ask, connected } = poolOf([await target()])
  const first = ask()
  const connection = await connected(first)
  first.waiting?.giveUp()
  assert.ok(connection.open)
  const second = ask()
  connection.giveBack()
  assert.equal(await connected(second), connection)
  second.waiting?.giveUp()
  second.waiting?.giveUp()
  assert.deepEqual([first.got.length, second.got.length], [1, 1])
})
