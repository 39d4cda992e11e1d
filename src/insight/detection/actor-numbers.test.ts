import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ActorNumbers } from './actor-numbers.ts'
import { ActorParts } from './actor-parts.ts'
import { Actors, type KnownActor } from './actors.ts'

const timeMs = Date.UTC(2026, 0, 5)

describe('numbers of actors', () => {
  it('are 0 at first, and nobody writes in those of another', () => {
    const numbers = new ActorNumbers()
    const first = numbers.reserve(2, 3)
    const second = numbers.reserve(1, 1)
    assert.deepEqual(
      [first, second],
      [
        { hot: 0, cold: 0 },
        { hot: 2, cold: 3 },
      ],
    )
    const all = Array.from({ length: 300 }, () => numbers.take())
    for (const [n, { hot, hotAt, cold, coldAt }] of all.entries()) {
      assert.deepEqual([...hot.subarray(hotAt, hotAt + 3), ...cold.subarray(coldAt, coldAt + 4)], [0, 0, 0, 0, 0, 0, 0])
      hot.fill(n + 1, hotAt, hotAt + 3)
      cold.fill(n + 1, coldAt, coldAt + 4)
    }
    for (const [n, { hot, hotAt, cold, coldAt }] of all.entries())
      assert.deepEqual(
        new Set([...hot.subarray(hotAt, hotAt + 3), ...cold.subarray(coldAt, coldAt + 4)]),
        new Set([n + 1]),
      )
    assert.throws(() => numbers.reserve(1, 1))
  })

  it('of who was forgotten are 0 for the next, and stay his who still holds them', () => {
    const actors = new Actors(() => {}, { principal: 1, session: 1, address: 1 })
    const { hot } = actors.numbers.reserve(1, 1)
    const ada = actors.of('principal', 'jwt i ada', { method: 'jwt', timeMs })
    ada.hot[ada.hotAt + hot] = 7
    const bob = actors.of('principal', 'jwt i bob', { method: 'jwt', timeMs })
    assert.equal(actors.find('jwt i ada'), undefined)
    assert.equal(bob.hot[bob.hotAt + hot], 0)
    ada.hot[ada.hotAt + hot] = 8
    assert.deepEqual([bob.hot[bob.hotAt + hot], ada.hot[ada.hotAt + hot]], [0, 8])
  })
})

describe('parts of actors', () => {
  it('are what each added, the heaviest first, of equal ones who came first; 512 are told apart', () => {
    const actors = new Actors()
    const known = Array.from({ length: 600 }, (_, n) =>
      actors.of('principal', `jwt i ${n}`, { method: 'jwt', timeMs }),
    ) as KnownActor[]
    const parts = new ActorParts()
    const usual = new Map<string, number>()
    for (let n = 0; n < 5000; n++) {
      const actor = known[(n * 7 + (n % 3)) % 600] as KnownActor
      parts.add(actor, 1 + (n % 5))
      if (usual.has(actor.name) || usual.size < 512) usual.set(actor.name, (usual.get(actor.name) ?? 0) + 1 + (n % 5))
    }
    assert.equal(usual.size, 512)
    assert.deepEqual(
      parts.heaviest(600).map(([{ name }, part]) => [name, part]),
      [...usual].sort((a, b) => b[1] - a[1]),
    )
  })
})
