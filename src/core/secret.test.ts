import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { packSecrets, Secret, unpackSecrets } from './secret.ts'

test('a secret prints as [redacted] wherever it is printed', () => {
  const secret = new Secret('hunter2')
  for (const printed of [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ secret }),
    inspect(new Error('x', { cause: secret })),
  ])
    assert.ok(!printed.includes('hunter2'), printed)
  assert.equal(secret.reveal(), 'hunter2')
})

test('a secret that crosses unpacked is lost, not shown', () => {
  assert.deepEqual(structuredClone(new Secret('hunter2')), {})
})

test('packed secrets cross a message and everything arrives frozen', () => {
  const shared = { name: 'plain', list: [1, 2] }
  const sent = { a: { key: new Secret('one') }, b: [new Secret('two'), null, shared], shared }
  const packed = packSecrets(sent) as typeof sent
  assert.equal(packed.shared, shared, 'what holds no secret is not copied')
  const got = unpackSecrets(structuredClone(packed)) as typeof sent
  assert.equal(got.a.key.reveal(), 'one')
  assert.equal((got.b[0] as Secret).reveal(), 'two')
  assert.equal(got.b[2], got.shared, 'what was one thing is one thing')
  for (const part of [got, got.a, got.b, got.shared, got.shared.list]) assert.ok(Object.isFrozen(part))
  assert.ok(sent.a.key instanceof Secret, 'the original stays as it was')
})
