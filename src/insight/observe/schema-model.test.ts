import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import type { Shape } from '../model/observation.ts'
import { nodesMax, SchemaModel } from './schema-model.ts'

const name = fc.oneof(fc.constantFrom('id', 'a', 'b', 'items', '{uuid}', '{text}'), fc.string({ maxLength: 4 }))
const hash = fc.nat(60).map(n => n.toString(16).padStart(16, '0'))
const scalar: fc.Arbitrary<Shape> = fc.oneof(
  fc.constant<Shape>({ kind: 'null' }),
  fc.record({ kind: fc.constant('boolean' as const), value: fc.boolean() }),
  fc.record({
    kind: fc.constantFrom('integer' as const, 'number' as const),
    value: fc.oneof(fc.integer({ min: -50, max: 50 }), fc.double({ noNaN: true })),
  }),
  fc.record({ kind: fc.constant('integer' as const), length: fc.nat(20), hash }),
  fc.record({ kind: fc.constant('integer' as const), format: fc.constantFrom('epoch-seconds', 'unknown') }),
  fc.record(
    {
      kind: fc.constant('string' as const),
      length: fc.nat(5000),
      characters: fc.nat(16_383),
      format: fc.constantFrom('uuid', 'date', 'email', 'hash', 'nonsense'),
      class: fc.constantFrom('email' as const, 'phone' as const),
      hash,
    },
    { requiredKeys: ['kind'] },
  ),
  // A word is a function of its hash.
  hash.map((word): Shape => ({ kind: 'string', length: 4, characters: 1, hash: word, value: `w${word.slice(-4)}` })),
)
const shape: fc.Arbitrary<Shape> = fc.letrec<{ shape: Shape }>(tie => ({
  shape: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.record({
      kind: fc.constant('array' as const),
      count: fc.nat(100),
      items: fc.array(tie('shape'), { maxLength: 4 }),
    }),
    fc
      .record({
        kind: fc.constant('object' as const),
        pairs: fc.array(fc.tuple(name, tie('shape')), { maxLength: 5 }),
        more: fc.nat(1),
      })
      .map(({ kind, pairs, more }): Shape => ({ kind, fields: Object.fromEntries(pairs), more })),
  ),
})).shape

function learnt(shapes: readonly Shape[]): SchemaModel {
  const model = new SchemaModel()
  for (const one of shapes) model.add(one)
  return model
}

function text(model: SchemaModel): string {
  return JSON.stringify([model.dump(), model.toJsonSchema({ strict: true, annotate: true }), model.classes()])
}

describe('fusing', () => {
  it('gives the same whatever the order', () => {
    fc.assert(
      fc.property(fc.array(shape, { maxLength: 30 }), fc.infiniteStream(fc.nat()), (shapes, keys) => {
        const mixed = shapes.map(one => [keys.next().value as number, one] as const).sort((a, b) => a[0] - b[0])
        assert.equal(text(learnt(mixed.map(pair => pair[1]))), text(learnt(shapes)))
      }),
      { numRuns: 60 },
    )
  })

  it('gives the same whatever the grouping, and leaves what was merged as it was', () => {
    fc.assert(
      fc.property(
        fc.array(shape, { maxLength: 12 }),
        fc.array(shape, { maxLength: 12 }),
        fc.array(shape, { maxLength: 12 }),
        (a, b, c) => {
          const left = learnt(a)
          left.merge(learnt(b))
          left.merge(learnt(c))
          const tail = learnt(c)
          tail.merge(learnt(b))
          const before = text(tail)
          const right = learnt(a)
          right.merge(tail)
          assert.equal(text(right), text(left))
          assert.equal(text(left), text(learnt([...a, ...b, ...c])))
          assert.equal(text(tail), before)
          const empty = new SchemaModel()
          empty.merge(left)
          assert.equal(text(empty), text(left))
        },
      ),
      { numRuns: 60 },
    )
  })

  it('comes back from its dump, through JSON, and goes on as if it had never been away', () => {
    fc.assert(
      fc.property(fc.array(shape, { maxLength: 20 }), fc.array(shape, { maxLength: 5 }), (before, after) => {
        const model = learnt(before)
        const restored = SchemaModel.restore(JSON.parse(JSON.stringify(model.dump())))
        assert.equal(text(restored), text(model))
        for (const one of after) {
          model.add(one)
          restored.add(one)
        }
        assert.equal(text(restored), text(model))
      }),
      { numRuns: 60 },
    )
  })

  it('refuses a dump that it did not write', () => {
    for (const dump of [
      null,
      {},
      [],
      [2, 0, []],
      [1, 0, null],
      [1, 0, [[1]]],
      [1, 0, [[0], [1, 'x']]],
      [1, 'x', []],
      'text',
    ])
      assert.throws(() => SchemaModel.restore(dump), RangeError, JSON.stringify(dump))
  })
})

const object = (fields: Readonly<Record<string, Shape>>): Shape => ({ kind: 'object', fields, more: 0 })

describe('memory', () => {
  /** Every call with a name of its own, which holds a list of an object with a name of its own. */
  const flood = Array.from({ length: 6000 }, (_, i) =>
    object({
      known: { kind: 'integer', value: 1 },
      [`k${i}`]: object({ deep: { kind: 'array', count: 1, items: [object({ [`d${i}`]: { kind: 'null' } })] } }),
    }),
  )
  /** 100 names, each with 100 names, so that no object has too many and the whole has. */
  const wide = Array.from({ length: 6000 }, (_, i) =>
    object({ [`a${i % 100}`]: object({ [`b${Math.floor(i / 60)}`]: { kind: 'null' } }) }),
  )

  it('holds 128 members of an object however many come, the same ones in any order, and leaves the others room', () => {
    const beside = flood.map((shape, i) =>
      object({
        map: shape,
        order: object({
          lines: { kind: 'array', count: 1, items: [object({ sku: { kind: 'integer', value: i % 9 } })] },
        }),
      }),
    )
    const one = learnt(beside)
    assert.ok(one.places < 128 * 5, String(one.places))
    assert.equal(one.bounded, true)
    assert.equal(text(learnt(beside.toReversed())), text(one))
    const halves = learnt(beside.slice(0, 2500))
    halves.merge(learnt(beside.slice(2500)))
    assert.equal(text(halves), text(one))
    const { properties } = one.toJsonSchema({ strict: true }) as { properties: Record<string, Record<string, unknown>> }
    assert.ok(JSON.stringify(properties['order']).includes('"sku":{"type":"integer"'))
    assert.notEqual(properties['map']?.['additionalProperties'], false, 'says nothing of names that it has not seen')
  })

  it('holds at most 2,000 places of the whole, the same ones in any order', () => {
    const one = learnt(wide)
    assert.equal(one.places, nodesMax)
    assert.equal(one.bounded, true)
    assert.equal(text(learnt(wide.toReversed())), text(one))
    const halves = learnt(wide.slice(0, 2500))
    halves.merge(learnt(wide.slice(2500)))
    assert.equal(text(halves), text(one))
    assert.ok(JSON.stringify(one.dump()).length < 400_000)
  })

  it('is bounded when both bounds are passed again and again', () => {
    const model = new SchemaModel()
    for (let i = 0; i < 30_000; i++)
      model.add(
        object({
          [`a${i % 500}`]: object({ [`b${i % 700}`]: object({ [`c${i}`]: { kind: 'boolean', value: true } }) }),
        }),
      )
    assert.ok(model.places <= nodesMax)
    assert.ok(JSON.stringify(model.dump()).length < 400_000)
  })

  it('holds values, words, masks and lengths of one field in a few kilobytes', () => {
    const model = new SchemaModel()
    for (let i = 0; i < 50_000; i++) {
      const word = i.toString(16).padStart(16, '0')
      model.add({ kind: 'string', length: i, characters: i % 16_384, hash: word, value: `w${i}` })
      model.add({ kind: 'number', value: (i % 2 === 0 ? 1 : -1) * 1.37 ** (i % 2000) })
    }
    assert.ok(JSON.stringify(model.dump()).length < 8000, String(JSON.stringify(model.dump()).length))
  })
})
