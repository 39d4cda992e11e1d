import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seenExchange } from '../../../test/support/seen-exchange.ts'
import type { Span } from '../model/span.ts'
import { Inventory } from './inventory.ts'
import { readOpenApi } from './openapi/read-openapi.ts'
import { templateOfRoute, ToldRoutes } from './told-routes.ts'

function span(route: string, n = 0, sketch: Partial<Span> = {}): Span {
  return {
    traceId: `t${n}`,
    spanId: `s${n}`,
    parentId: null,
    service: 'shop',
    name: `GET ${route}`,
    kind: 'server',
    startUs: 1,
    durationUs: 1,
    error: false,
    resource: {},
    attributes: { 'http.route': route },
    ...sketch,
  }
}

test('routes of every framework are one kind of template; what is no plain template is none', () => {
  const cases: Array<[route: string, template: string | null]> = [
    ['/orders/{id}', '/orders/{id}'],
    ['/orders/:id/items', '/orders/{id}/items'],
    ['orders/<int:pk>/', '/orders/{pk}/'],
    ['/shop/[slug]', '/shop/{slug}'],
    ['/', '/'],
    ['/*', null],
    ['/{proxy+}', null],
    ['/{a}/{b}', null],
    ['/orders/{id}/{id}', null],
    ['^orders/(?P<id>\\d+)$', null],
    ['/orders/{id:[0-9]+}', null],
    [`/${'x/'.repeat(30)}`, null],
    ['/'.repeat(400), null],
  ]
  for (const [route, template] of cases) assert.equal(templateOfRoute(route), template, route)
})

test('a single span is not believed, and floods are bounded', () => {
  const told = new ToldRoutes()
  assert.deepEqual(
    [1, 2, 3, 4].map(() => told.add('shop', '/a/{b}')),
    [false, false, true, false],
  )
  assert.deepEqual(told.of('shop'), ['/a/{b}'])
  for (let i = 0; i < 1000; i++) for (let n = 0; n < 3; n++) told.add('shop', `/x${i}/{b}`)
  assert.equal(told.of('shop').length, 500)
  for (let i = 0; i < 300; i++) for (let n = 0; n < 3; n++) told.add(`s${i}`, '/a')
  assert.deepEqual(told.of('s299'), [])
})

test("the router's own templates stand before inferred ones, whenever its spans come, and survive the process", () => {
  for (const first of ['spans', 'calls']) {
    const inventory = new Inventory()
    const spans = (): void => {
      for (let i = 0; i < 3; i++) inventory.takeSpan(span('/pages/:name', i))
      for (let i = 0; i < 9; i++) inventory.takeSpan(span('/pages/:other', i, { kind: 'client' }))
    }
    if (first === 'spans') spans()
    for (const name of ['home', 'about']) inventory.take(seenExchange('GET', `/pages/${name}`))
    if (first === 'calls') spans()
    const operations = inventory.operations()
    assert.deepEqual(
      operations.map(({ template, origin, evidence, declared, standing }) => [
        template,
        origin,
        evidence,
        declared,
        standing,
      ]),
      [['/pages/{name}', 'openapi', ['named by the service in its spans (http.route)'], null, []]],
    )
    const again = new Inventory()
    again.restore([...inventory.changes()].flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])))
    assert.deepEqual(again.operations(), operations)
  }
})

test('a document stands before what spans tell', () => {
  const inventory = new Inventory()
  const read = readOpenApi('{"openapi":"3.1.0","paths":{"/pages/{title}":{"get":{"responses":{}}}}}', 'test')
  assert.ok('document' in read)
  inventory.declare('shop', read.document)
  for (let i = 0; i < 3; i++) inventory.takeSpan(span('/pages/:name', i))
  inventory.take(seenExchange('GET', '/pages/home'))
  assert.deepEqual(
    inventory.operations().map(({ template, declared }) => [template, declared]),
    [['/pages/{title}', true]],
  )
})
