import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { seenExchange } from '../../../test/support/seen-exchange.ts'
import { Actors, type KnownActor } from './actors.ts'
import { createWho } from './who.ts'

const timeMs = Date.UTC(2026, 0, 5)

function world(room = 2) {
  const actors = new Actors(() => {}, { principal: room, session: room, address: room })
  const who = createWho(actors)
  const call = (subject: string | null, { client = '192.0.2.7', method = 'jwt', issuer = 'i' } = {}): KnownActor => {
    const principal = subject === null ? null : { subject, method, issuer }
    const where = who.where(client)
    return who.actor(seenExchange('GET', '/', 0, { event: { principal, client } }), timeMs, { where, answered: true })
  }
  return { actors, who, call }
}

describe('who called', () => {
  it('is told by method, issuer and subject, and by the address where nobody is proved', () => {
    const { actors, call } = world(10)
    const names = [
      call('ann'),
      call('ann', { method: 'api-key' }),
      call('ann', { issuer: 'j' }),
      call('ann'),
      call(null),
      call(null, { client: '192.0.2.8' }),
    ].map(({ name }) => name)
    assert.deepEqual(names, [
      'jwt i ann',
      'api-key i ann',
      'jwt j ann',
      'jwt i ann',
      'address 192.0.2.7',
      'address 192.0.2.8',
    ])
    assert.equal(call('ann'), actors.find('jwt i ann'))
  })

  it('who was forgotten and comes again is somebody new, whom all know', () => {
    const { actors, who, call } = world()
    const [ann, address] = [call('ann'), call(null)]
    for (let n = 0; n < 10; n++) {
      call(`user ${n}`)
      call(null, { client: `192.0.2.${100 + n}` })
    }
    assert.deepEqual([actors.find(ann.name), actors.find(address.name)], [undefined, undefined])
    const again = call('ann')
    assert.notEqual(again, ann)
    assert.equal(actors.find('jwt i ann'), again)
    const source = who.source(who.where('192.0.2.7'), timeMs)
    assert.notEqual(source, address)
    assert.equal(actors.find(address.name), source)
  })
})
