import assert from 'node:assert/strict'
import type { Resolver } from 'node:dns'
import { describe, it } from 'node:test'
import { createLookup } from './resolve.ts'

/** Name servers that answer what they are told, or nothing. */
function nameServers() {
  const asked: string[] = []
  const state: { answer: Array<{ address: string; ttl: number }> | null } = {
    answer: [{ address: '192.0.2.1', ttl: 10 }],
  }
  const resolver = {
    resolve4(name: string, _: object, done: (error: Error | null, records?: object[]) => void) {
      asked.push(name)
      if (state.answer === null) done(Object.assign(new Error('queryA ESERVFAIL'), { code: 'ESERVFAIL' }))
      else done(null, state.answer)
    },
    resolve6(_: string, __: object, done: (error: Error | null, records?: object[]) => void) {
      done(Object.assign(new Error('queryAaaa ENODATA'), { code: 'ENODATA' }))
    },
  } as unknown as Resolver
  return { asked, state, resolver }
}

function open() {
  const servers = nameServers()
  let now = 0
  const lookup = createLookup(() => now, servers.resolver)
  const ask = (name: string): Promise<string> =>
    new Promise((resolve, reject) =>
      lookup(name, {}, (error, address) => (error === null ? resolve(String(address)) : reject(error))),
    )
  return { ...servers, ask, advance: (ms: number) => (now += ms) }
}

describe('names of services', () => {
  it('when name servers are away keep their last addresses for five minutes, then fail', async () => {
    const { ask, state, advance } = open()
    assert.equal(await ask('orders.internal'), '192.0.2.1')
    state.answer = null
    advance(299_000)
    assert.equal(await ask('orders.internal'), '192.0.2.1')
    advance(12_000)
    await assert.rejects(ask('orders.internal'), /ESERVFAIL/)
    state.answer = [{ address: '192.0.2.2', ttl: 10 }]
    assert.equal(await ask('orders.internal'), '192.0.2.2')
  })

  it('that were never known fail at once', async () => {
    const { ask, state } = open()
    state.answer = null
    await assert.rejects(ask('orders.internal'), /ESERVFAIL/)
  })

  it('are asked for again when their time to live is over, not before, at least after 1 s and at most after 1 min', async () => {
    for (const [ttl, lives] of [
      [0, 1],
      [10, 10],
      [86_400, 60],
    ] as const) {
      const { ask, state, asked, advance } = open()
      state.answer = [{ address: '192.0.2.1', ttl }]
      await ask('orders.internal')
      advance(lives * 1000 - 1)
      await ask('orders.internal')
      assert.equal(asked.length, 1, `ttl ${ttl}`)
      advance(1)
      await ask('orders.internal')
      assert.equal(asked.length, 2, `ttl ${ttl}`)
    }
  })

  it('that are addresses, or localhost, ask nobody', async () => {
    const { ask, asked } = open()
    assert.equal(await ask('192.0.2.7'), '192.0.2.7')
    assert.equal(await ask('localhost'), '127.0.0.1')
    assert.deepEqual(asked, [])
  })
})
