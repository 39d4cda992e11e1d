import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonBody, objectShape, seenExchange, type SeenExchange } from '../../../test/support/seen-exchange.ts'
import type { Config } from '../../config/types.ts'
import type { Operation } from '../model/operation.ts'
import { serviceOfDocument } from './assign-document.ts'
import { Inventory } from './inventory.ts'
import { lifeOf } from './lifecycle.ts'
import type { OpenApiDocument } from './openapi/document.ts'
import { readOpenApi } from './openapi/read-openapi.ts'

function documentOf(paths: Record<string, unknown>, more: Record<string, unknown> = {}): OpenApiDocument {
  const read = readOpenApi(
    JSON.stringify({ openapi: '3.1.0', info: { title: 'Shop API' }, paths, ...more }),
    'shop.yaml',
  )
  assert.ok('document' in read)
  return read.document
}

/** As much of a configuration as reach is told from. */
function configOf(routes: ReadonlyArray<{ path: string; methods?: string[]; stripPrefix?: boolean }>): Config {
  return {
    services: [],
    policies: [],
    routes: routes.map(({ path, methods = [], stripPrefix = false }, i) => ({
      name: `r${i}`,
      service: 'shop',
      stripPrefix,
      match: { hosts: [], path, methods, headers: {} },
      policies: [],
      disable: [],
    })),
  } as unknown as Config
}

const plain = { responses: { 200: { description: '' } } }

function take(
  inventory: Inventory,
  calls: ReadonlyArray<readonly [string, string, SeenExchange?]>,
  times = 1,
): Inventory {
  for (let i = 0; i < times; i++)
    for (const [method, path, sketch] of calls) inventory.take(seenExchange(method, path, i, sketch))
  return inventory
}

function standings(operations: readonly Operation[]): Record<string, string> {
  return Object.fromEntries(
    operations.map(({ method, template, standing }) => [`${method} ${template}`, standing.join() || 'in order']),
  )
}

test('what is called but not declared is a shadow, what is declared but not called an orphan', () => {
  const inventory = new Inventory()
  inventory.declare(
    'shop',
    documentOf({
      '/orders/{orderId}': { get: plain, delete: plain },
      '/plans': { get: { ...plain, 'x-lifecycle': 'design' } },
    }),
  )
  take(inventory, [
    ['GET', '/orders/7'],
    ['POST', '/orders/7'],
    ['DELETE', '/orders/7', { event: { status: 405 } }],
    ['GET', '/debug'],
    ['GET', '/nothing', { event: { status: 404 } }],
  ])
  assert.deepEqual(standings(inventory.operations()), {
    'GET /debug': 'shadow',
    'DELETE /orders/{orderId}': 'orphan',
    'GET /orders/{orderId}': 'in order',
    'POST /orders/{orderId}': 'shadow',
    'GET /plans': 'in order',
  })
  // Refused calls of a declared operation are its traffic, though it was never answered.
  const [, deleted] = inventory.operations()
  assert.equal(deleted?.traffic.calls, 1)
  assert.equal(deleted?.used, false)
})

test('a zombie is called though deprecated, retired, or replaced by a version that alone is declared', () => {
  const inventory = new Inventory()
  const old = { ...plain, deprecated: true }
  inventory.declare(
    'shop',
    documentOf({
      '/v2/orders/{id}': { get: plain },
      '/v2/old': { get: old },
      '/v2/gone': { get: { ...plain, 'x-sunset': '2020-01-01' } },
    }),
  )
  take(inventory, [
    ['GET', '/v1/orders/7'],
    ['PUT', '/v1/orders/7'],
    ['GET', '/v2/orders/7'],
    ['GET', '/v2/old'],
    ['GET', '/v2/gone'],
    ['GET', '/said', { observation: { responseFields: { sunset: 'Sat, 01 Jan 2050 00:00:00 GMT' } } }],
  ])
  const operations = inventory.operations()
  assert.deepEqual(standings(operations), {
    'GET /said': 'zombie',
    'GET /v1/orders/{id}': 'zombie',
    'PUT /v1/orders/{id}': 'shadow',
    'GET /v2/gone': 'zombie',
    'GET /v2/old': 'zombie',
    'GET /v2/orders/{id}': 'in order',
  })
  assert.deepEqual(
    operations
      .filter(({ state }) => state !== 'live')
      .map(({ template, state, sunset }) => [template, state, sunset?.slice(0, 4)]),
    [
      ['/said', 'deprecated', '2050'],
      ['/v2/gone', 'retired', '2020'],
      ['/v2/old', 'deprecated', undefined],
    ],
  )
})

test('without a document nothing is a shadow', () => {
  const inventory = take(new Inventory(), [['GET', '/debug']])
  assert.deepEqual(standings(inventory.operations()), { 'GET /debug': 'in order' })
  assert.equal(inventory.operations()[0]?.declared, null)
})

test('a document is found below its servers, what routes strip, or both, wherever its operations are met', () => {
  const paths = { '/orders/{id}': { get: plain }, '/plans': { get: plain } }
  const servers = [{ url: 'https://x/api' }, { url: 'https://y/v2' }]
  for (const [path, routes] of [
    ['/api/orders/7', [{ path: '/**' }]],
    ['/v2/orders/7', [{ path: '/**' }]],
    ['/orders/7', [{ path: '/**' }]],
    ['/shop/api/orders/7', [{ path: '/shop/**', stripPrefix: true }]],
    ['/shop/orders/7', [{ path: '/shop/**', stripPrefix: true }]],
  ] as const) {
    const inventory = new Inventory()
    inventory.configure(configOf([...routes]))
    inventory.declare('shop', documentOf(paths, { servers }))
    take(inventory, [['GET', path]])
    const prefix = path.slice(0, -'/orders/7'.length)
    assert.deepEqual(standings(inventory.operations()), {
      [`GET ${prefix}/orders/{id}`]: 'in order',
      [`GET ${prefix}/plans`]: 'orphan',
    })
  }
})

test('a declared variable may be a part of a segment', () => {
  const inventory = new Inventory()
  inventory.declare(
    'shop',
    documentOf({
      '/reports/{day}_{kind}.csv': { get: plain },
      '/places/${city}': { get: plain },
      '/reports/latest': { get: plain },
    }),
  )
  take(inventory, [
    ['GET', '/reports/2026-01-05_sales.csv'],
    ['GET', '/reports/2026-01-06_stock.csv'],
    ['GET', '/reports/latest'],
    ['GET', '/places/$paris'],
    ['GET', '/places/$rome'],
    ['GET', '/reports/other.txt'],
  ])
  assert.deepEqual(
    inventory
      .operations()
      .map(({ template, standing, traffic, parameters }) => [
        template,
        standing.join(),
        traffic.calls,
        parameters.map(({ name }) => name).join(),
      ]),
    [
      ['/places/${city}', '', 2, 'city'],
      ['/reports/latest', '', 1, ''],
      ['/reports/other.txt', 'shadow', 1, ''],
      ['/reports/{day}_{kind}.csv', '', 2, 'day,kind'],
    ],
  )
})

test('reachable is what some route of the service lets through', () => {
  const inventory = new Inventory()
  inventory.configure(
    configOf([{ path: '/orders/{x}', methods: ['GET'] }, { path: '/files/**' }, { path: '/users/me' }]),
  )
  const get = { get: plain }
  inventory.declare(
    'shop',
    documentOf({
      '/orders/{id}': { get: plain, head: plain, post: plain },
      '/files/{name}/raw': get,
      '/users/{id}': get,
      '/orders': get,
    }),
  )
  assert.deepEqual(
    inventory
      .operations()
      .map(({ method, template, reachable, routes }) => [`${method} ${template}`, reachable, routes.join()]),
    [
      ['GET /files/{name}/raw', true, 'r1'],
      ['GET /orders', false, ''],
      ['GET /orders/{id}', true, 'r0'],
      ['HEAD /orders/{id}', true, 'r0'],
      ['POST /orders/{id}', false, ''],
      ['GET /users/{id}', true, 'r2'],
    ],
  )
})

test('drift: every kind of difference is told, and what fits is not', () => {
  const order = {
    type: 'object',
    properties: {
      id: { type: 'integer' },
      note: { type: ['string', 'null'] },
      open: { type: 'object' },
      total: { type: 'number' },
    },
  }
  const inventory = new Inventory()
  inventory.declare(
    'shop',
    documentOf(
      {
        '/orders/{id}': {
          post: {
            security: [{ token: [] }],
            parameters: [
              { in: 'query', name: 'page', schema: { type: 'integer' } },
              { in: 'query', name: 'q', schema: { type: 'string' } },
              { in: 'query', name: 'must', required: true, schema: { type: 'string' } },
            ],
            requestBody: { content: { 'application/json': { schema: order } } },
            responses: { 200: { description: '', content: { 'application/json': { schema: order } } } },
          },
          get: { responses: { '2XX': { description: '' } } },
        },
      },
      { components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } } },
    ),
  )
  const query = (name: string, kind: 'integer' | 'string') => ({ name, shape: { kind } as const })
  take(
    inventory,
    [
      [
        'POST',
        '/orders/7',
        {
          observation: {
            query: [query('page', 'string'), query('q', 'integer'), query('debug', 'string')],
            request: jsonBody(
              objectShape({ id: { kind: 'string' }, role: { kind: 'string' }, total: { kind: 'integer' } }),
            ),
            response: jsonBody(
              objectShape({
                id: { kind: 'integer' },
                note: { kind: 'null' },
                open: objectShape({ any: { kind: 'string' } }),
                secret: { kind: 'string' },
              }),
            ),
          },
        },
      ],
      [
        'POST',
        '/orders/7',
        {
          observation: {
            query: [query('must', 'string')],
            request: { ...jsonBody(objectShape({})), mediaType: 'text/xml' },
          },
          event: { status: 202 },
        },
      ],
      ['GET', '/orders/7', { event: { status: 206 } }],
    ],
    3,
  )
  const [get, post] = inventory.operations()
  assert.deepEqual(get?.drift, [])
  assert.deepEqual(
    post?.drift
      .map(({ kind, where, declared, seen, calls }) => `${kind} ${where}: ${declared} / ${seen} (${calls})`)
      .sort(),
    [
      'authentication request: bearer / none, and answered (6)',
      'field request:/role: not declared / string (3)',
      'field response 200:/secret: not declared / string (3)',
      'media-type request: application/json / text/xml (3)',
      'parameter query.debug: not declared / sent (3)',
      'parameter query.must: required / left out (3)',
      'status response 202: not declared / 202 (3)',
      'type query.page: integer / string (3)',
      'type request:/id: integer / string (3)',
    ],
  )
})

test('states of life: operator, then what the service sends, then the document', () => {
  const nowMs = Date.UTC(2026, 5, 1)
  const life = (signs: Partial<Parameters<typeof lifeOf>[0]>) =>
    lifeOf({ operator: null, announced: null, declared: null, deprecation: [], sunset: [], nowMs, ...signs }).state
  assert.equal(life({}), 'live')
  assert.equal(life({ deprecation: ['true'] }), 'deprecated')
  assert.equal(life({ deprecation: ['@1767225600'] }), 'deprecated')
  assert.equal(life({ deprecation: ['@1893456000'] }), 'live', 'a deprecation that has not begun')
  assert.equal(life({ deprecation: ['nonsense'], sunset: ['nonsense'] }), 'live')
  assert.equal(life({ sunset: ['Fri, 01 Jan 2027 00:00:00 GMT'] }), 'deprecated')
  assert.equal(life({ sunset: ['Thu, 01 Jan 2026 00:00:00 GMT'] }), 'retired')
  assert.equal(life({ operator: 'live', sunset: ['Thu, 01 Jan 2026 00:00:00 GMT'] }), 'live')
})

test('a document goes to the service at its hosts, else where its operations are met, else stands alone', () => {
  const seen = take(new Inventory(), [
    ['GET', '/orders/7', { event: { service: 'orders', host: 'orders.example.com:8443' } }],
    ['GET', '/users/7', { event: { service: 'users', host: 'users.example.com' } }],
  ]).operations()
  const orders = { '/orders/{id}': { get: plain } }
  assert.equal(serviceOfDocument(documentOf(orders), seen), 'orders')
  assert.equal(
    serviceOfDocument(documentOf(orders, { servers: [{ url: 'https://users.example.com' }] }), seen),
    'users',
  )
  assert.equal(serviceOfDocument(documentOf({ '/x': { get: plain } }), seen), 'shop-api')
  assert.equal(serviceOfDocument(documentOf({ '/x': { get: plain } }), seen.slice(0, 1)), 'orders')
  assert.equal(serviceOfDocument(documentOf({}), []), 'shop-api')
})

const signed = { author: 'ada', reason: 'test', time: '2026-01-05T08:00:00.000Z' }

test('operators pin, split, rename, ignore, name owners and states, and take each back', () => {
  const inventory = new Inventory()
  take(
    inventory,
    ['ada', 'ben', 'cleo', 'me'].map(person => ['GET', `/users/${person}`] as const),
  )
  const before = inventory.operations()
  const changes = [
    { kind: 'merge', service: 'shop', template: '/users/{name}' },
    { kind: 'split', service: 'shop', template: '/users/{name}', variable: 'name', value: 'me' },
    { kind: 'rename', service: 'shop', template: '/users/{name}', variable: 'name', name: 'login' },
    { kind: 'pin', service: 'shop', template: '/users/{login}' },
    { kind: 'ignore', operation: 'shop GET /users/{login}' },
    { kind: 'state', operation: 'shop GET /users/me', state: 'retired' },
    { kind: 'owner', of: 'shop', application: 'storefront', tenant: null, contact: 'ada' },
    { kind: 'owner', of: 'shop GET /users/{login}', application: null, tenant: 'people', contact: null },
  ] as const
  for (const change of changes) inventory.edit(change, signed)
  const after = new Map(inventory.operations().map(operation => [operation.template, operation]))
  const login = after.get('/users/{login}')
  assert.ok(login !== undefined, [...after.keys()].join())
  assert.equal(login.ignored, true)
  assert.equal(login.pinned, true)
  assert.deepEqual(
    [login.owner?.application, login.owner?.tenant, login.owner?.contact],
    ['storefront', 'people', 'ada'],
  )
  const split = after.get('/users/me')
  assert.deepEqual([split?.state, split?.standing, split?.traffic.calls], ['retired', ['zombie'], 1])
  for (let number = changes.length; number > 0; number--) assert.ok(inventory.undo(number, signed) !== null)
  assert.deepEqual(inventory.operations(), before)
  assert.equal(inventory.undo(1, signed), null, 'only once')
  assert.equal(inventory.undo(99, signed), null)
  assert.equal(inventory.edits().length, changes.length, 'the list keeps what was taken back')
})

test('an edit that cannot hold is refused, and the list says so', () => {
  const inventory = take(new Inventory(), [['GET', '/users/7']])
  assert.throws(
    () =>
      inventory.edit({ kind: 'rename', service: 'shop', template: '/users/{id}', variable: 'no', name: 'x' }, signed),
    RangeError,
  )
  assert.throws(() => inventory.edit({ kind: 'merge', service: 'shop', template: 'users' }, signed), RangeError)
  assert.deepEqual(
    inventory.edits().map(edit => edit.undone?.reason),
    ['could not be carried out', 'could not be carried out'],
  )
})

test('documents of the configuration are replaced whole, and what is gone leaves nothing behind', () => {
  const calls = [
    ['GET', '/orders/17'],
    ['GET', '/orders/29'],
    ['GET', '/debug/cache'],
  ] as const
  const said = (inventory: Inventory) => JSON.stringify(inventory.operations())
  const plainly = take(new Inventory(), calls, 12)
  const without = said(plainly)
  const inventory = take(new Inventory(), calls, 12)
  const first = documentOf({ '/orders/{orderNumber}': { get: plain, delete: plain } })
  inventory.describe([{ service: 'shop', document: first }])
  assert.deepEqual(standings(inventory.operations()), {
    'GET /orders/{orderNumber}': 'in order',
    'DELETE /orders/{orderNumber}': 'orphan',
    'GET /debug/cache': 'shadow',
  })
  inventory.describe([{ service: 'shop', document: documentOf({ '/debug/{what}': { get: plain } }) }])
  assert.deepEqual(standings(inventory.operations()), {
    'GET /debug/{what}': 'in order',
    'GET /orders/{id}': 'shadow',
  })
  assert.equal(inventory.documents().length, 1)
  inventory.describe([])
  assert.equal(said(inventory), without)
  // One that somebody else told of stays.
  inventory.declare('shop', first)
  inventory.describe([{ service: 'shop', document: documentOf({ '/debug/{what}': { get: plain } }) }])
  inventory.describe([])
  assert.deepEqual(
    inventory.documents().map(({ document }) => document === first),
    [true],
  )
})
