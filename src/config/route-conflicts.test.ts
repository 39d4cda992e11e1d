import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Router } from '../gateway/router.ts'
import { routeConflicts } from './route-conflicts.ts'
import type { RouteConfig } from './types.ts'

function routeOf(name: string, match: Partial<RouteConfig['match']>): RouteConfig {
  return {
    name,
    match: { hosts: [], path: '/', methods: [], headers: {}, ...match },
    service: 'origin',
    stripPrefix: false,
    bufferedBodyMax: 1,
    bodyMax: null,
    learn: true,
    trace: 'trusted',
    policies: [],
    disable: [],
    reason: null,
    owner: null,
    at: { file: 'x', line: 1, column: 1 },
  }
}

function routerOf(routes: readonly RouteConfig[]): Router<string> {
  const router = new Router<string>()
  for (const route of routes) router.add({ ...route.match, value: route.name })
  return router.seal()
}

interface Asked {
  readonly host: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

function taker(router: Router<string>, { host, method, path, headers }: Asked): string | null {
  const found = router.match(host, method, path, name => headers[name])
  return 'value' in found ? found.value : null
}

const segment = fc.constantFrom('a', 'b', '{x}', '{y}')
const path = fc.tuple(fc.array(segment, { maxLength: 2 }), fc.constantFrom('', '/', '/**')).map(([segments, end]) => {
  const unique = segments.map((one, i) => (segments.indexOf(one) === i || !one.startsWith('{') ? one : '{z}'))
  const written = `${unique.map(one => `/${one}`).join('')}${end}`
  return written === '' ? '/' : written
})
const match = fc.record({
  hosts: fc.uniqueArray(fc.constantFrom('a.test', 'b.test', '*.test'), { maxLength: 2 }),
  path,
  methods: fc.uniqueArray(fc.constantFrom('GET', 'HEAD', 'POST'), { maxLength: 2 }),
  headers: fc.constantFrom({}, { k: '1' }, { k: '2' }, { l: '1' }, { k: '1', l: '1' }),
})
const asked: fc.Arbitrary<Asked> = fc.record({
  host: fc.constantFrom('a.test', 'b.test', 'c.test', 'other'),
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT'),
  path: fc
    .array(fc.constantFrom('a', 'b', 'c', ''), { minLength: 1, maxLength: 4 })
    .map(parts => `/${parts.join('/')}`.replace(/\/+/g, '/')),
  headers: fc.constantFrom({}, { k: '1' }, { k: '2' }, { l: '1' }, { k: '1', l: '1' }),
})
const routesOf = (matches: readonly RouteConfig['match'][]): RouteConfig[] =>
  matches.map((one, i) => routeOf(`r${i}`, one))

test('among routes without conflict the written order never decides who answers', () => {
  let judged = 0
  fc.assert(
    fc.property(
      fc.array(match, { minLength: 2, maxLength: 5 }),
      fc.array(asked, { minLength: 5, maxLength: 20 }),
      (matches, requests) => {
        const routes = routesOf(matches)
        if (routeConflicts(routes).some(conflict => !conflict.reason.includes('never reached'))) return
        judged++
        const [forward, backward] = [routerOf(routes), routerOf(routes.toReversed())]
        for (const request of requests)
          assert.equal(taker(forward, request), taker(backward, request), JSON.stringify(request))
      },
    ),
    { numRuns: 3000 },
  )
  assert.ok(judged > 300, `only ${judged} sets had no conflict`)
})

test('a route that is said to be never reached never answers', () => {
  let judged = 0
  const wide = fc.record({
    prefix: fc.constantFrom('', '/a', '/{p}'),
    methods: fc.constantFrom<string[]>([], ['GET'], ['GET', 'POST']),
  })
  fc.assert(
    fc.property(
      wide,
      fc.array(match, { maxLength: 2 }),
      fc.array(asked, { minLength: 10, maxLength: 30 }),
      ({ prefix, methods }, others, requests) => {
        const covering = prefix === '' ? ['/', '/{q}/**'] : [prefix, `${prefix}/`, `${prefix}/{q}/**`]
        const routes = routesOf([
          { hosts: [], path: `${prefix}/**`, methods, headers: {} },
          ...covering.map(one => ({ hosts: [], path: one, methods, headers: {} })),
          ...others,
        ])
        const said = routeConflicts(routes)
          .filter(conflict => conflict.reason.includes('never reached'))
          .map(conflict => `r${conflict.route}`)
        assert.ok(said.includes('r0'))
        judged++
        const router = routerOf(routes)
        for (const request of requests) assert.ok(!said.includes(taker(router, request) ?? ''), JSON.stringify(request))
      },
    ),
    { numRuns: 1000 },
  )
  assert.equal(judged, 1000)
})

test('two routes are told apart by host, path, methods, headers; and not by the names of their variables', () => {
  const conflicts = (a: Partial<RouteConfig['match']>, b: Partial<RouteConfig['match']>): number =>
    routeConflicts([routeOf('a', a), routeOf('b', b)]).length
  assert.equal(conflicts({ path: '/x/{a}' }, { path: '/x/{b}' }), 1)
  assert.equal(conflicts({ path: '/x', methods: ['GET'] }, { path: '/x', methods: ['HEAD'] }), 1)
  assert.equal(conflicts({ path: '/x', hosts: ['a', 'b'] }, { path: '/x', hosts: ['b', 'c'] }), 1)
  assert.equal(conflicts({ path: '/x', headers: { a: '1' } }, { path: '/x', headers: { b: '1' } }), 1)
  assert.equal(conflicts({ path: '/x', headers: { a: '1' } }, { path: '/x', headers: { a: '2' } }), 0)
  assert.equal(conflicts({ path: '/x', methods: ['GET'] }, { path: '/x', methods: ['POST'] }), 0)
  assert.equal(conflicts({ path: '/x', methods: ['GET'] }, { path: '/x' }), 0)
  assert.equal(conflicts({ path: '/x', hosts: ['a'] }, { path: '/x' }), 0)
  assert.equal(conflicts({ path: '/x/{a}' }, { path: '/x/y' }), 0)
})
