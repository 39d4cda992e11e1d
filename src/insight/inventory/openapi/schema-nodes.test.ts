import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { JsonSchema } from '../../model/operation.ts'
import { nodesAt } from './schema-nodes.ts'

const definitions: Readonly<Record<string, JsonSchema>> = {
  Tree: {
    type: 'object',
    properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#/$defs/Tree' } } },
  },
  Loop: { $ref: '#/$defs/Loop' },
  Wide: { anyOf: [{ $ref: '#/$defs/Wide' }, { $ref: '#/$defs/Wide' }] },
}
const schema: JsonSchema = {
  allOf: [
    { type: 'object', properties: { 'a.b': { type: 'integer' }, a: { type: 'object', properties: { c: true } } } },
    { oneOf: [{ properties: { tree: { $ref: '#/$defs/Tree' } } }, { properties: { loop: { $ref: '#/$defs/Loop' } } }] },
  ],
  properties: {
    prices: { type: 'object', additionalProperties: { type: 'number' } },
    open: { additionalProperties: true },
  },
}
const types = (place: string): unknown => nodesAt(schema, definitions, place).map(({ type }) => type ?? null)

describe('the schemas of a member', () => {
  it('follows properties, lists, references and alternatives', () => {
    assert.deepEqual(types('a.b'), ['integer'])
    assert.deepEqual(types('a.c'), [null])
    assert.deepEqual(types('tree.children[].children[].name'), ['string'])
    assert.deepEqual(types('prices.x17'), ['number'])
    assert.equal(nodesAt(schema, definitions, '').length, 5)
  })

  it('names nothing that is merely allowed, and no part of a name', () => {
    for (const place of ['open.x', 'b', 'pric', 'prices.x.y', 'tree[]', 'constructor', '__proto__', 'a.toString'])
      assert.deepEqual(types(place), [], place)
  })

  it('ends whatever refers to what', () => {
    assert.deepEqual(nodesAt({ $ref: '#/$defs/Loop' }, definitions, 'x'), [])
    assert.ok(nodesAt({ $ref: '#/$defs/Wide' }, definitions, '').length <= 512)
    assert.ok(nodesAt({ $ref: '#/$defs/Tree' }, definitions, 'children[].'.repeat(10_000)).length <= 512)
  })
})
