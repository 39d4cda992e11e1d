import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventsOf, worldOf, type Made } from '../../../test/support/surface-world.ts'
import type { Config } from '../../config/types.ts'
import type { Engine } from '../engine.ts'
import { createParts } from '../parts.ts'
import { questions } from '../questions.ts'

const made: Made[] = [{ who: { method: 'api-key', subject: 'a' }, call: 'GET /orders/{}' }]
const written = {
  version: 1,
  listeners: [{ name: 'l', address: '127.0.0.1:8080' }],
  services: { shop: { targets: ['http://127.0.0.1:3000'] } },
  routes: [
    {
      name: 'orders',
      match: { path: '/orders/**' },
      service: 'shop',
      policies: [{ use: 'api-key', with: { keys: ['a', 'b'].map(id => ({ id, sha256: id.repeat(64) })) } }],
    },
  ],
}

test('the control API gets the surface of what is learnt under the configuration in force', async () => {
  const { before, surface } = await worldOf(written, made)
  const parts = createParts()
  for (const event of eventsOf(made)) parts.inventory.take({ event, observation: null })
  const engine = { parts } as Engine
  const ask = (config: Config | null) => questions['surface']?.({ engine, config, now: parts.inventory.nowMs }, {})
  assert.equal(ask(null), undefined, 'without a configuration there is nothing to say')
  // As it comes to the process of insight: through JSON.
  const told = JSON.parse(JSON.stringify(before.config)) as Config
  parts.inventory.configure(told)
  const answer = ask(told) as { surplus: number; surplusAfter: number; plan: unknown[]; patch: unknown }
  assert.equal(answer.surplus, surface.surplus)
  assert.ok(answer.surplus > 0)
  assert.equal(answer.surplusAfter, 0)
  assert.equal(answer.plan.length, 1)
  assert.equal(answer.patch, null)
  assert.equal(JSON.stringify(answer).includes('aaaaaaaa'), false, 'no hash of a key')
})
