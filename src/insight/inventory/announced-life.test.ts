import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadWritten } from '../../../test/support/configuration.ts'
import { seenExchange } from '../../../test/support/seen-exchange.ts'
import type { Config } from '../../config/types.ts'
import { policies } from '../../policies/index.ts'
import { Inventory } from './inventory.ts'
import { lifeOf } from './lifecycle.ts'

const anonymous = { use: 'anonymous' }
const ends = (dates: Record<string, string>, more: Record<string, unknown> = {}) => ({
  use: 'lifecycle',
  with: dates,
  ...more,
})

async function configOf(more: Record<string, unknown>, routes: readonly Record<string, unknown>[]): Promise<Config> {
  const { loaded, issues } = await loadWritten({
    policies,
    files: {
      'portcullis.yaml': JSON.stringify({
        version: 1,
        listeners: [{ name: 'local', address: '127.0.0.1:8080' }],
        services: { shop: { targets: ['http://127.0.0.1:3000'] } },
        ...more,
        routes: routes.map(({ path, methods, policies: own = [], ...rest }, i) => ({
          name: `r${i}`,
          service: 'shop',
          match: { path, ...(methods === undefined ? {} : { methods }) },
          policies: [...(own as unknown[]), anonymous],
          ...rest,
        })),
      }),
    },
  })
  assert.ok(loaded !== null, JSON.stringify(issues))
  return loaded.config
}

/** Template → state and end, of calls in 2026-01. */
function lives(config: Config, paths: readonly string[]): Record<string, string> {
  const inventory = new Inventory()
  inventory.configure(config)
  for (const [i, path] of paths.entries()) inventory.take(seenExchange('GET', path, i))
  return Object.fromEntries(
    inventory
      .operations()
      .map(({ template, state, sunset }) => [template, `${state} ${sunset?.slice(0, 10) ?? 'no end'}`]),
  )
}

test('the policy lifecycle of the route that takes the calls says the state of an operation, and of no other', async () => {
  const config = await configOf({}, [
    { path: '/**' },
    { path: '/v1/orders', policies: [ends({ deprecated: '2025-06-01', sunset: '2030-01-01' })] },
    { path: '/v1/carts', policies: [ends({ sunset: '2025-12-01' })] },
    { path: '/v1/users', policies: [ends({ deprecated: '2029-01-01', sunset: '2030-01-01' })] },
    { path: '/v1/plans', methods: ['POST'], policies: [ends({ deprecated: '2025-06-01' })] },
    { path: '/v1/tried', policies: [ends({ sunset: '2025-12-01' }, { mode: 'observe' })] },
  ])
  assert.deepEqual(lives(config, ['/v1/orders', '/v1/carts', '/v1/users', '/v1/plans', '/v1/tried', '/v2/orders']), {
    '/v1/orders': 'deprecated 2030-01-01',
    '/v1/carts': 'retired 2025-12-01',
    '/v1/users': 'live 2030-01-01',
    '/v1/plans': 'live no end',
    '/v1/tried': 'live no end',
    '/v2/orders': 'live no end',
  })
})

test('an entry above the route counts where it is not disabled', async () => {
  const config = await configOf({ policies: [ends({ sunset: '2025-12-01' })] }, [
    { path: '/a' },
    { path: '/b', disable: ['lifecycle'] },
  ])
  assert.deepEqual(lives(config, ['/a', '/b']), { '/a': 'retired 2025-12-01', '/b': 'live no end' })
})

test('the operator outweighs what the gateway announces, and that what the service sends', () => {
  const signs = {
    declared: null,
    deprecation: ['@1700000000'],
    sunset: ['Sat, 01 Mar 2025 00:00:00 GMT'],
    nowMs: Date.parse('2026-01-01T00:00:00Z'),
    announced: { deprecated: null, sunset: Date.parse('2027-01-01T00:00:00Z') },
  }
  assert.deepEqual(lifeOf({ ...signs, operator: null }), { state: 'deprecated', sunset: '2027-01-01T00:00:00.000Z' })
  assert.deepEqual(lifeOf({ ...signs, operator: 'live' }), { state: 'live', sunset: '2027-01-01T00:00:00.000Z' })
  assert.equal(lifeOf({ ...signs, operator: null, announced: null }).state, 'retired')
})
