import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonBody, objectShape, seenExchange, type SeenExchange } from '../../../test/support/seen-exchange.ts'
import type { Operation } from '../model/operation.ts'
import { Inventory } from './inventory.ts'

const signed = { author: 'ada', reason: 'test', time: '2026-01-05T08:00:00.000Z' }

function inventoryOf(calls: ReadonlyArray<readonly [method: string, path: string, sketch?: SeenExchange]>): Inventory {
  const inventory = new Inventory()
  calls.forEach(([method, path, sketch], i) => inventory.take(seenExchange(method, path, i, sketch)))
  return inventory
}

function repeat<T>(times: number, make: (i: number) => T): T[] {
  return Array.from({ length: times }, (_, i) => make(i))
}

function only(inventory: Inventory): Operation {
  const [operation, ...more] = inventory.operations()
  assert.ok(operation !== undefined)
  assert.deepEqual(
    more.map(other => other.id),
    [],
  )
  return operation
}

const principal = (subject: string, method = 'jwt') => ({ principal: { subject, method, issuer: 'https://idp' } })

test('a scanner makes no operation: only what the service answered is one', () => {
  const statuses = [404, 404, 405, 400, 500, 501]
  const inventory = inventoryOf([
    ...repeat(600, i => ['GET', `/probe-${i}/.env`, { event: { status: statuses[i % 6] as number } }] as const),
    ...repeat(50, i => ['GET', `/nowhere/${i}`, { event: { verdict: 'refuse', status: 404, service: null } }] as const),
    ['GET', '/orders/1'],
  ])
  assert.deepEqual(
    inventory.operations().map(operation => operation.id),
    ['shop GET /orders/{id}'],
  )
  const [shop, ...others] = inventory.services()
  assert.deepEqual(others, [])
  assert.deepEqual(inventory.unrouted, { 404: 50 })
  assert.deepEqual(shop?.aside, { 404: 200, 405: 100, 400: 100, 500: 100, 501: 100 })
})

test('refused and failed calls count as traffic of an operation and teach nothing', () => {
  const evil = {
    query: [{ name: 'evil', shape: { kind: 'string', length: 9 } as const }],
    request: jsonBody(objectShape({ admin: { kind: 'boolean' } })),
  }
  const inventory = inventoryOf([
    ['POST', '/orders/1', { observation: { request: jsonBody(objectShape({ sku: { kind: 'string' } })) } }],
    ['POST', '/orders/2', { event: { verdict: 'refuse', status: 403 }, observation: evil }],
    ['POST', '/orders/3', { event: { status: 422 }, observation: evil }],
    [
      'POST',
      '/orders/4',
      {
        event: { status: 500 },
        observation: { ...evil, response: jsonBody(objectShape({}), { marks: ['stack-trace'] }) },
      },
    ],
  ])
  const operation = only(inventory)
  assert.equal(operation.traffic.calls, 4)
  assert.equal(operation.traffic.refused, 1)
  assert.deepEqual(operation.traffic.status, { '2xx': 1, '3xx': 0, '4xx': 2, '5xx': 1 })
  assert.deepEqual(
    operation.parameters.map(parameter => parameter.in),
    ['path'],
  )
  assert.deepEqual(
    Object.keys(operation.requests.map(({ schema }) => schema as { properties: object }).at(0)?.properties ?? {}),
    ['sku'],
  )
  assert.deepEqual(operation.marks, { 'stack-trace': 1 })
  assert.deepEqual(
    operation.responses.map(response => response.status),
    [200, 422, 500],
  )
})

test('exchanges without a time or method that can be read are counted, not thrown', () => {
  const inventory = inventoryOf([
    ['GET', '/a', { event: { time: 'yesterday' } }],
    ['get /x HTTP/1.1\r\n', '/a'],
  ])
  assert.equal(inventory.lost, 2)
  assert.deepEqual(inventory.operations(), [])
})

test('says how calls prove who they are, in one word, from answered calls only', () => {
  const credential = { place: 'header', name: 'authorization', scheme: 'bearer' } as const
  const cookie = { place: 'cookie', name: 'sid', scheme: 'session' } as const
  const sends = (...credentials: Array<typeof credential | typeof cookie>): SeenExchange => ({
    observation: { credentials },
  })
  const verdict = (...calls: SeenExchange[]): string =>
    only(inventoryOf(calls.flatMap(call => repeat(20, () => ['GET', '/a', call] as const)))).authentication.verdict
  assert.equal(verdict({}), 'none')
  assert.equal(verdict({ event: principal('u') }), 'jwt')
  assert.equal(verdict({ event: principal('anonymous', 'anonymous') }), 'none')
  assert.equal(verdict(sends(credential)), 'bearer')
  assert.equal(verdict(sends(cookie)), 'session')
  // Refused without a credential: that is the proof that one is asked for.
  assert.equal(verdict(sends(credential), { event: { status: 401 } }), 'bearer')
  assert.equal(verdict(sends(credential), {}), 'mixed')
  assert.equal(verdict({ event: principal('u') }, { event: principal('k', 'api-key') }), 'mixed')
  // A cookie that the browser adds to calls which need none proves nothing.
  assert.equal(verdict(sends(cookie), {}), 'none')
  const { authentication } = only(inventoryOf(repeat(20, () => ['GET', '/a', sends(credential)] as const)))
  assert.deepEqual(authentication.credentials, [{ seen: 20, credential }])
  assert.ok(authentication.confidence > 0.8 && authentication.confidence < 0.9)
})

test('callers are principals, else networks, with the heaviest first', () => {
  const operation = only(
    inventoryOf([
      ...repeat(3, () => ['GET', '/a', { event: principal('eve') }] as const),
      ...repeat(2, i => ['GET', '/a', { event: { client: `198.51.100.${i}` } }] as const),
      ['GET', '/a', { event: { client: '2001:db8::1', verdict: 'refuse', status: 401 } }],
    ]),
  )
  assert.deepEqual(
    operation.callers.map(({ caller, calls, refused }) => [caller, calls, refused]),
    [
      ['jwt https://idp eve', 3, 0],
      ['address 198.51.100.0/24', 2, 0],
      ['address 2001:db8:0:0::/64', 1, 1],
    ],
  )
  assert.equal(operation.distinctCallers, 3)
})

test('classes of data are told with their places', () => {
  const email = { kind: 'string', format: 'email', class: 'email' } as const
  const operation = only(
    inventoryOf([
      [
        'POST',
        '/users/7',
        {
          observation: {
            path: [{ kind: 'string' }, { kind: 'integer', class: 'national-id' }],
            query: [{ name: 'mail', shape: email }],
            request: jsonBody(objectShape({ to: email })),
            response: jsonBody(
              objectShape({
                list: { kind: 'array', count: 2, items: [objectShape({ m: email }), objectShape({ m: email })] },
              }),
            ),
          },
        },
      ],
    ]),
  )
  assert.deepEqual(operation.classes.map(({ class: name, where, seen }) => [name, where, seen]).sort(), [
    ['email', 'query.mail', 1],
    ['email', 'request:/to', 1],
    ['email', 'response 200:/list/[]/m', 1],
    ['national-id', 'path.id', 1],
  ])
})

test('templates that were joined and parted again leave exactly what was never joined', () => {
  const traffic = (from: number): Array<readonly [string, string, SeenExchange]> =>
    repeat(60, i => [
      i % 3 === 0 ? 'POST' : 'GET',
      `/reports/${['daily', 'weekly', 'monthly'][i % 3]}/${i % 2 === 0 ? 'pdf' : 'html'}`,
      {
        event: principal(`u${(from + i) % 7}`),
        observation: { response: jsonBody(objectShape({ [`f${i % 5}`]: { kind: 'integer', value: i } })) },
      },
    ])
  const run = (
    edits: boolean,
  ): { rows: ReadonlyMap<string, string | null>; operations: Operation[]; during: Operation[] } => {
    const inventory = new Inventory()
    let at = 0
    const take = (from: number): void => {
      for (const [method, path, sketch] of traffic(from)) inventory.take(seenExchange(method, path, at++, sketch))
    }
    take(0)
    const edit = edits
      ? inventory.edit({ kind: 'merge', service: 'shop', template: '/reports/{period}/{format}' }, signed)
      : null
    take(3)
    const during = inventory.operations()
    if (edit !== null) inventory.undo(edit.number, signed)
    take(5)
    const rows = new Map([...inventory.changes()].filter(([key]) => !key.startsWith('edit/')))
    return { rows, operations: inventory.operations(), during }
  }
  const never = run(false)
  const undone = run(true)
  assert.ok(never.operations.length >= 6)
  assert.deepEqual(
    undone.during.map(operation => [operation.id, operation.origin, operation.traffic.calls]),
    [
      ['shop GET /reports/{period}/{format}', 'operator', 80],
      ['shop POST /reports/{period}/{format}', 'operator', 40],
    ],
  )
  assert.deepEqual(undone.operations, never.operations)
  assert.deepEqual(undone.rows, never.rows)
})

test('only what changed is written', () => {
  const inventory = inventoryOf(
    repeat(40, i => ['GET', `/${'abcdefgh'[i % 8]}x/list`, { event: principal(`u${i}`) }] as const),
  )
  assert.ok([...inventory.changes()].length > 8)
  inventory.take(seenExchange('GET', '/ax/list', 90, { event: principal('u1') }))
  const keys = [...inventory.changes()].map(([key]) => key.split('/')[0]).sort()
  assert.deepEqual(
    keys.filter(key => key !== 'templates'),
    ['callers', 'service', 'shapes', 'totals', 'use'],
  )
})
