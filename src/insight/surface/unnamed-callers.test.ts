import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judge, worldOf, type Made, type Who } from '../../../test/support/surface-world.ts'

// More callers than are kept by name, more operations than there is room for: what is not known must stay open.

const idp = 'https://idp.example.com/'
const written = {
  version: 1,
  listeners: [{ name: 'public', address: '127.0.0.1:8080' }],
  services: { shop: { targets: ['http://127.0.0.1:3000'] } },
  routes: [
    {
      name: 'shop',
      match: { path: '/**' },
      service: 'shop',
      policies: [{ use: 'jwt', with: { issuer: idp, audience: ['shop'], jwks: `${idp}jwks` } }],
    },
  ],
}
const person = (i: number): Who => ({ method: 'jwt', issuer: idp, subject: `person-${i}` })
const persons = 2_500

describe('the patch where callers are counted and not named', () => {
  it('lets everyone on who made a call where a leaf has more than 1,024 callers, and closes what nobody used', async () => {
    const made: Made[] = [
      ...Array.from({ length: persons }, (_, i): Made => ({ who: person(i), call: 'GET /orders', times: 1 + (i % 2) })),
      ...[0, 1, 2].map((i): Made => ({ who: person(i), call: 'POST /refunds', times: 40 })),
    ]
    let unnamed = 0
    let named = 0
    const world = await worldOf(written, made, {
      strict: true,
      change(operation) {
        if (operation.template === '/orders') {
          unnamed = operation.otherCallers.calls
          named = operation.callers.length
        }
        return operation
      },
    })
    assert.ok(unnamed > 0 && named <= 1024, `${named} have names, ${unnamed} calls have none`)
    for (let i = 0; i < persons; i += 50)
      assert.equal((await judge(world.after, person(i), 'GET /orders')).outcome, 'forwarded', `person ${i}`)
    assert.equal((await judge(world.after, person(2), 'POST /refunds')).outcome, 'forwarded')
    assert.equal((await judge(world.after, person(2), 'DELETE /orders')).outcome, 'refused')
  })

  it('lets everyone on where the room for callers ran out; where all have names it is as narrow as ever', async () => {
    const made: Made[] = [
      ...Array.from({ length: 200 }, (_, i): Made => ({ who: person(i), call: 'GET /orders', times: 3 })),
      ...[0, 1, 2].map((i): Made => ({ who: person(i), call: 'POST /refunds', times: 40 })),
    ]
    // As the tables of callers tell it when no entry is left beyond the eight that each has.
    const world = await worldOf(written, made, {
      strict: true,
      change(operation) {
        if (operation.template !== '/orders') return operation
        const rest = operation.callers.slice(8)
        const calls = rest.reduce((sum, one) => sum + one.calls, 0)
        return { ...operation, callers: operation.callers.slice(0, 8), otherCallers: { calls, refused: 0 } }
      },
    })
    for (let i = 0; i < 200; i += 9)
      assert.equal((await judge(world.after, person(i), 'GET /orders')).outcome, 'forwarded', `person ${i}`)
    assert.match(world.surface.notes.join('\n'), /nobody knows who made them, so its callers are not narrowed/)
    assert.equal((await judge(world.after, person(2), 'POST /refunds')).outcome, 'forwarded')
    assert.equal((await judge(world.after, person(3), 'POST /refunds')).outcome, 'refused')
    assert.equal((await judge(world.after, person(3), 'DELETE /orders')).outcome, 'refused')
  })

  it('closes nothing of a service that has more operations than there is room for', async () => {
    const words = (i: number): string => i.toString(26).replace(/\d/g, digit => 'qrstuvwxyz'[Number(digit)] as string)
    const made = Array.from(
      { length: 21_000 },
      (_, i): Made => ({
        who: person(i % 3),
        call: `GET /${words(i % 150)}/${words(150 + (i % 140))}/${words(i)}`,
        times: 1,
      }),
    )
    const world = await worldOf(written, made)
    assert.deepEqual(world.patch, {})
    assert.equal((await judge(world.after, person(0), 'GET /never/called')).outcome, 'forwarded')
    assert.match(world.surface.notes.join('\n'), /no room for all operations of service shop/)
  })
})
