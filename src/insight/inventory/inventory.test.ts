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
      `/api/${['orders', 'invoices', 'customers'][i % 3]}/${i % 2 === 0 ? 'search' : 'export'}`,
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
      ? inventory.edit({ kind: 'merge', service: 'shop', template: '/api/{kind}/{action}' }, signed)
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
      ['shop GET /api/{kind}/{action}', 'operator', 80],
      ['shop POST /api/{kind}/{action}', 'operator', 40],
    ],
  )
  assert.deepEqual(undone.operations, never.operations)
  assert.deepEqual(undone.rows, never.rows)
})

test('what was written comes back as it was, and goes on', () => {
  const calls = repeat(
    300,
    i =>
      [
        ['GET', 'POST', 'DELETE'][i % 3] as string,
        `/orders/${i}/${['items', 'notes'][i % 2]}`,
        {
          event: { ...principal(`u${i % 150}`), status: i % 10 === 0 ? 404 : 200, target: `http://10.0.0.${i % 4}` },
          observation: {
            query: [{ name: 'page', shape: { kind: 'integer', value: i } as const }],
            response: jsonBody(objectShape({ id: { kind: 'integer' }, [`n${i % 3}`]: { kind: 'string', length: i } })),
            responseFields: { server: 'nginx' },
            setCookies: [{ name: 'sid', secure: i % 2 === 0, httpOnly: true, sameSite: 'Lax' }],
          },
        },
      ] as const,
  )
  const whole = new Inventory()
  const before = new Inventory()
  const rows = new Map<string, string>()
  const write = (inventory: Inventory): void => {
    for (const [key, value] of inventory.changes()) {
      if (value === null) rows.delete(key)
      else rows.set(key, value)
    }
  }
  const change = {
    kind: 'rename',
    service: 'shop',
    template: '/orders/{orderId}/items',
    variable: 'orderId',
    name: 'order',
  } as const
  for (const [i, [method, path, sketch]] of calls.entries()) {
    if (i === 100) for (const inventory of [whole, before]) inventory.edit(change, signed)
    const record = seenExchange(method, path, i, sketch)
    whole.take(record)
    if (i >= 200) continue
    before.take(record)
    if (i % 37 === 0) write(before)
  }
  write(before)
  assert.deepEqual([...before.changes()], [], 'nothing is written twice')
  const after = new Inventory()
  // A store gives rows in no particular order.
  after.restore([...rows].toReversed())
  assert.equal(after.lost, 0)
  assert.deepEqual([...after.changes()], [])
  assert.deepEqual(after.operations(), before.operations())
  assert.ok(after.operations().some(operation => operation.template === '/orders/{order}/items'))
  for (const [i, [method, path, sketch]] of calls.entries())
    if (i >= 200) after.take(seenExchange(method, path, i, sketch))
  assert.deepEqual(after.operations(), whole.operations())
  assert.deepEqual(after.services(), whole.services())
})

test('rows that do not read are skipped and counted', () => {
  const inventory = new Inventory()
  inventory.restore([
    ['use/shop/GET/0', '{'],
    ['use/shop/GET/x', '{}'],
    ['callers/shop/GET/0/0', '[[0]]'],
    ['shapes/shop/GET/1', '{"taught":"x"}'],
    ['nonsense', '1'],
    ['edit/2', '{"number":2}'],
    ['caller/5', '"late"'],
    ['service/%', '{}'],
  ])
  assert.ok(inventory.lost >= 7)
  inventory.take(seenExchange('GET', '/a'))
  assert.equal(inventory.operations().length >= 1, true)
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
