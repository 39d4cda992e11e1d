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

describe('memory', () => {
  const flood = (from: number, to: number): Shape[] =>
    Array.from({ length: to - from }, (_, i) => ({
      kind: 'object',
      fields: {
        known: { kind: 'integer', value: 1 },
        [`k${from + i}`]: {
          kind: 'object',
          fields: {
            deep: {
              kind: 'array',
              count: 1,
              items: [{ kind: 'object', fields: { [`d${i}`]: { kind: 'null' } }, more: 0 }],
            },
          },
          more: 0,
        },
      },
      more: 0,
    }))

  it('holds at most 1,000 places however many names come, the same ones in any order', () => {
    const shapes = flood(0, 6000)
    const one = learnt(shapes)
    assert.equal(one.places, nodesMax)
    assert.equal(one.bounded, true)
    assert.equal(text(learnt(shapes.toReversed())), text(one))
    const halves = learnt(shapes.slice(0, 2500))
    halves.merge(learnt(shapes.slice(2500)))
    assert.equal(text(halves), text(one))
    assert.ok(JSON.stringify(one.dump()).length < 400_000)
  })

  it('then says nothing of names that it has not seen', () => {
    const schema = learnt(flood(0, 6000)).toJsonSchema({ strict: true }) as Record<string, unknown>
    assert.notEqual(schema['additionalProperties'], false)
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
