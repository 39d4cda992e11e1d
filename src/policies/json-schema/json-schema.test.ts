import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Problem } from '../../core/problem.ts'
import { PASS } from '../../core/verdict.ts'
import { exchange } from '../../../test/support/exchange.ts'
import { testHost } from '../../../test/support/host.ts'
import { compilePattern } from './pattern.ts'
import { jsonSchema } from './policy.ts'
import { schema } from './schema.ts'

const headers = { 'Content-Type': 'application/json' }

describe('json-schema', () => {
  it('never gives bytes back: what was checked is what is forwarded', () => {
    const compiled = jsonSchema.compile(schema.parse({ request: { type: 'array' } }), testHost())
    const sent = Buffer.from(' [ 1.0, "\\u0061" ]\n')
    const before = Buffer.from(sent)
    assert.equal(compiled.body?.(exchange({ method: 'POST', headers, body: sent }), sent), PASS)
    assert.deepEqual(sent, before)
  })

  it('reads a body that lies inside a larger buffer, and a plain Uint8Array', () => {
    const compiled = jsonSchema.compile(schema.parse({ request: { const: 'é' } }), testHost())
    const around = Buffer.from('xx"é"yy')
    const x = exchange({ method: 'POST', headers })
    assert.equal(compiled.body?.(x, around.subarray(2, 6)), PASS)
    assert.equal(compiled.body?.(x, new Uint8Array(around.buffer, around.byteOffset + 2, 4)), PASS)
  })

  it('keeps schemas and scanners by their content, so that a reload that changes nothing compiles nothing', () => {
    const host = testHost()
    const settings = (request: unknown): ReturnType<typeof schema.parse> => schema.parse({ request })
    jsonSchema.compile(settings({ type: 'object' }), host)
    const kept = host.kept.size
    jsonSchema.compile(settings({ type: 'object' }), host)
    assert.equal(host.kept.size, kept)
    jsonSchema.compile(settings({ type: 'array' }), host)
    assert.equal(host.kept.size, kept + 1)
    jsonSchema.compile(schema.parse({ request: { type: 'array' }, formats: 'annotate' }), host)
    assert.equal(host.kept.size, kept + 2)
  })

  it('two policies that share a scanner do not see each other', () => {
    const host = testHost()
    const one = jsonSchema.compile(schema.parse({ request: { type: 'object' } }), host)
    const two = jsonSchema.compile(schema.parse({ request: { type: 'array' } }), host)
    const x = exchange({ method: 'POST', headers })
    for (let i = 0; i < 3; i++) {
      assert.equal(one.body?.(x, Buffer.from('{"a":1}')), PASS)
      assert.equal(two.body?.(x, Buffer.from('["é"]')), PASS)
      assert.ok(one.body?.(x, Buffer.from('{"a":1,"a":1}')) instanceof Problem)
      assert.ok(two.body?.(x, Buffer.from('{"a":1}')) instanceof Problem)
    }
  })

  it('puts no value and no long name of a body into its words', () => {
    const compiled = jsonSchema.compile(schema.parse({ request: { additionalProperties: false } }), testHost())
    const body = Buffer.from(JSON.stringify({ ['n'.repeat(250)]: 'hunter2' }))
    const refusal = compiled.body?.(exchange({ method: 'POST', headers }), body)
    assert.ok(refusal instanceof Problem)
    const words = `${refusal.detail} ${refusal.reason}`
    assert.ok(!words.includes('hunter2') && (refusal.detail?.length ?? 999) < 240, words)
  })

  it('tells check about settings that weaken it', () => {
    const warnings = (more: object): number =>
      jsonSchema.warnings?.(schema.parse({ request: true, ...more })).length ?? -1
    assert.equal(warnings({}), 0)
    assert.equal(warnings({ formats: 'annotate' }), 1)
    assert.equal(warnings({ limits: { allowNul: true, allowLossyNumbers: true } }), 2)
  })
})

describe('compilePattern', () => {
  it('decides alike on either engine', () => {
    for (const [source, good, bad] of [
      ['^[A-Z]{3}-\\d{4}$', 'ABC-1234', 'ABC-1234\n'],
      ['[A-Z]{3}-\\d{4}', 'x ABC-1234', 'ABC-123'],
      ['^(red|green)$', 'red', 'redgreen'],
      ['^\\S+@\\S+$', 'a@b', 'a@b\u00a0'],
    ] as const) {
      const test = compilePattern(source)
      assert.deepEqual([test(good), test(bad), test(good)], [true, false, true], source)
    }
  })

  it('takes hostile texts in hostile patterns without backtracking', () => {
    for (const source of ['^(a+)+$', '^(a|a)*$', '(a*)*b', '^(?:a?){25}a{25}$', '^([a-z]+.)+[A-Z]$'])
      assert.equal(compilePattern(source)(`${'a'.repeat(5_000)}!`), false, source)
  })
})
