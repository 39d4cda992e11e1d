import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as holds, boolean, constantFrom, property, record, subarray, tuple } from 'fast-check'
import type { RouteConfig } from '../../config/types.ts'
import { Router } from '../../gateway/router.ts'
import { Takers } from './taker.ts'

const segment = constantFrom('a', 'b', 'c', '{x}', '{y}')
const path = tuple(array(segment, { maxLength: 3 }), boolean()).map(([segments, rest]) => {
  const named = segments.map((text, i) => (text.startsWith('{') ? `{v${i}}` : text))
  return `/${[...named, ...(rest ? ['**'] : [])].join('/')}`
})
const route = record({
  path,
  methods: subarray(['GET', 'POST', 'HEAD', 'DELETE']),
  hosts: subarray(['a.example', '*.example', 'b.example', '*.b.example']),
  headers: constantFrom<Record<string, string>>({}, { 'x-a': '1' }, { 'x-a': '1', 'x-b': '2' }),
})
const call = record({
  host: constantFrom('a.example', 'b.example', 'c.example', 'x.b.example', 'other'),
  method: constantFrom('GET', 'HEAD', 'POST', 'DELETE', 'PUT'),
  segments: array(constantFrom('a', 'b', 'c', 'd', ''), { maxLength: 4 }),
  headers: constantFrom<Record<string, string>>({}, { 'x-a': '1' }, { 'x-a': '1', 'x-b': '2' }),
})

test('the route of a call is the one that the router of the gateway finds', () => {
  let met = 0
  holds(
    property(array(route, { maxLength: 6 }), call, (patterns, { host, method, segments, headers }) => {
      const routes = patterns.map((match, i) => ({ name: `r${i}`, match }) as unknown as RouteConfig)
      const template = `/${segments.join('/')}`
      const router = new Router<RouteConfig>()
      for (const one of routes) router.add({ ...one.match, value: one })
      const found = router.seal().match(host, method, template, name => headers[name])
      const taker = new Takers(routes).of({ host, method, template, headers })
      if (!('value' in found)) return assert.equal(taker, null)
      met++
      // Two that nothing tells apart are a configuration error; either may be named.
      assert.ok(taker !== null)
      assert.deepEqual(rankOf(taker), rankOf(found.value))
      assert.ok(new Takers(routes).near(template).includes(taker))
    }),
    { numRuns: 6_000, seed: 11 },
  )
  assert.ok(met > 900, `only ${met} calls met a route`)
})

function rankOf({ match }: RouteConfig) {
  const shape = match.path.replace(/\{\w+\}/g, '{}')
  return [shape, Object.keys(match.headers).length, match.methods.length === 0]
}
