import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ActorRows } from './actor-rows.ts'
import { Actors, type KnownActor, trailMax } from './actors.ts'

const HOUR = 3_600_000
const start = Date.UTC(2026, 0, 5)
const room = { principal: 100, session: 50, address: 50 }

function called(actors: Actors, actor: KnownActor, timeMs: number, turnedAway = false): void {
  actors.called(actor, { timeMs, event: 'e', address: '192.0.2.7', operation: 'GET /' }, turnedAway)
}

const principal = (actors: Actors, name: string, timeMs = start) =>
  actors.of('principal', name, { method: 'jwt', timeMs })

describe('actors', () => {
  it('are the same while they are known, and count their calls', () => {
    const actors = new Actors()
    const ada = principal(actors, 'jwt i ada')
    for (let n = 0; n < 20; n++) called(actors, principal(actors, 'jwt i ada', start + n), start + n)
    assert.deepEqual([ada.calls, ada.firstMs, ada.lastMs, actors.size], [20, start, start + 19, 1])
    assert.deepEqual(
      ada.trail.map(({ timeMs }) => timeMs - start).sort((a, b) => a - b),
      [12, 13, 14, 15, 16, 17, 18, 19],
    )
    assert.equal(ada.trail.length, trailMax)
  })

  it('have room by kind: made-up sessions and addresses push out no principal', () => {
    const gone: string[] = []
    const actors = new Actors(({ kind }) => gone.push(kind), room)
    for (let n = 0; n < 100; n++) principal(actors, `jwt i ${n}`)
    for (let n = 0; n < 5000; n++) {
      actors.of('session', `session ${n}`, { method: 'session', timeMs: start + n })
      actors.of('address', `address ${n}`, { method: 'address', timeMs: start + n })
    }
    assert.equal(actors.size, 200)
    assert.deepEqual([gone.includes('principal'), gone.length, actors.evicted], [false, 9900, 9900])
    assert.equal([...actors.all()].length, 200)
  })

  it('are forgotten the harmless first: chaff for hours pushes out no offender', () => {
    const actors = new Actors(() => {}, room)
    const offender = principal(actors, 'jwt i mallory')
    called(actors, offender, start)
    actors.suspect(offender, start, 1)
    const prober = principal(actors, 'jwt i prober')
    // Calls that were turned away count, before anybody reported them.
    for (let n = 0; n < 20; n++) called(actors, prober, start + n, true)
    for (let n = 0; n < 20_000; n++) {
      const timeMs = start + (n * 10 * HOUR) / 20_000
      called(actors, principal(actors, `jwt i chaff ${n}`, timeMs), timeMs)
    }
    assert.equal(actors.find('jwt i mallory'), offender)
    assert.equal(actors.find('jwt i prober'), prober)
    assert.equal(actors.size, room.principal)
  })

  it('who is silent goes before who calls, and an old suspicion fades', () => {
    const actors = new Actors(() => {}, room)
    const idle = principal(actors, 'jwt i idle')
    const once = principal(actors, 'jwt i once')
    actors.suspect(once, start, 1)
    const busy = principal(actors, 'jwt i busy')
    for (let n = 0; n < 5000; n++) {
      const timeMs = start + (n * 30 * 24 * HOUR) / 5000
      called(actors, busy, timeMs)
      called(actors, principal(actors, `jwt i ${n}`, timeMs), timeMs)
    }
    assert.deepEqual(
      [actors.find(busy.name), actors.find(idle.name), actors.find(once.name)],
      [busy, undefined, undefined],
    )
    actors.suspect(busy, start, 1)
    actors.suspect(busy, busy.lastMs + 12 * HOUR, 1)
    assert.equal(busy.suspicion, 1.25)
  })

  it('leave no row behind when they are forgotten, and keep what detectors know of them over a restart', () => {
    let rows: ActorRows | null = null
    const actors = new Actors(actor => rows?.forget(actor), { ...room, principal: 2 })
    rows = new ActorRows(actors)
    const kept = {
      dump: (state: unknown) => state,
      restore(dump: unknown) {
        if (typeof dump !== 'number') throw new RangeError('no number')
        return dump
      },
    }
    rows.slot(0, 'volume 0', kept)
    const ada = principal(actors, 'jwt i ada')
    ada.state[0] = 42
    actors.suspect(ada, start, 1)
    ada.suspectUntilMs = start + HOUR
    rows.changed(ada)
    const stored = new Map([...rows.changes()] as Array<[string, string]>)
    assert.deepEqual([...rows.changes()], [], 'nothing changed since')

    const again = new Actors()
    const againRows = new ActorRows(again)
    againRows.slot(0, 'volume 0', kept)
    const hostile: Array<[string, string]> = [
      ['a', '{'],
      ['b', '{"kind":"nobody","slots":{}}'],
      ['c', 'null'],
    ]
    assert.equal(againRows.restore([...stored, ...hostile]), hostile.length)
    const back = again.find('jwt i ada') as KnownActor
    assert.deepEqual([back.suspicion, back.suspectUntilMs, back.firstMs], [1, start + HOUR, start])
    assert.deepEqual(
      [againRows.revive(back, 'volume 0', kept), againRows.revive(back, 'volume 0', kept)],
      [42, undefined],
    )

    ada.suspicion = 0
    for (let n = 0; n < 3; n++) called(actors, principal(actors, `jwt i ${n}`, start + HOUR), start + HOUR)
    assert.equal(actors.find('jwt i ada'), undefined)
    assert.deepEqual([...rows.changes()], [['jwt i ada', null]])
  })
})
