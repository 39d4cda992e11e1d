import assert from 'node:assert/strict'
import { it } from 'node:test'
import { inspect } from 'node:util'
import * as fc from 'fast-check'
import { exchange } from '../../../test/support/exchange.ts'
import { testHost } from '../../../test/support/host.ts'
import { headers } from './policy.ts'
import { schema } from './schema.ts'

it('keeps the security headers of the service', () => {
  const compiled = headers.compile(schema.parse({}), testHost())
  const x = exchange({
    answer: { status: 200, headers: { 'cache-control': 'public', 'X-Frame-Options': 'SAMEORIGIN' } },
  })
  compiled.response?.(x)
  const set = (x.responseEdits?.set ?? []).map(([name]) => name)
  assert.deepEqual(set, ['Content-Security-Policy', 'Referrer-Policy', 'X-Content-Type-Options'])
})

it('adds security headers to answers that the gateway makes itself', () => {
  const compiled = headers.compile(schema.parse({}), testHost())
  const x = exchange()
  compiled.response?.(x)
  assert.equal(x.responseEdits?.set.length, 5)
})

it('has no hook where nothing is to be done', () => {
  assert.deepEqual(Object.keys(headers.compile(schema.parse({ security: false }), testHost())), [])
})

it('reserves every field that it sets toward the service', () => {
  const config = schema.parse({
    request: { set: { 'X-User': '${principal.subject}', 'X-ENV': 'prod' }, remove: ['Cookie'] },
  })
  assert.deepEqual(headers.setsUpstream?.(config), ['x-user', 'x-env'])
})

it('never shows a credential that it sets', () => {
  const config = schema.parse({ request: { set: { Authorization: 'Bearer hush-hush', 'X-Api-Key': 'hush-hush' } } })
  assert.doesNotMatch(`${JSON.stringify(config)}${inspect(config, { depth: 9 })}`, /hush/)
})

it('makes of any subject a value that decodes to exactly that subject and cannot leave its field', () => {
  const compiled = headers.compile(schema.parse({ request: { set: { 'X-User': '${principal.subject}' } } }), testHost())
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), subject => {
      const x = exchange({ principal: { subject } })
      compiled.request?.(x)
      const value = x.requestEdits?.set[0]?.[1] ?? ''
      assert.match(value, /^[\x21-\x7e]+$/)
      assert.doesNotMatch(value, /[",;\\]/)
      assert.equal(decodeURIComponent(value), subject.toWellFormed())
    }),
    { numRuns: 2_000 },
  )
})
