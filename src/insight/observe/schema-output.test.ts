import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { compileJsonSchema } from '../../lib/json-schema/json-schema.ts'
import { compilePattern } from '../../policies/json-schema/pattern.ts'
import type { RawExchange } from '../model/exchange.ts'
import type { Shape } from '../model/observation.ts'
import { createReducer } from './reduce.ts'
import { SchemaModel } from './schema-model.ts'
import type { SchemaOptions } from './schema-output.ts'

const event = {
  time: '2026-11-22T10:00:00.000Z',
  id: 'a',
  path: '/',
  requestBytes: 0,
  responseBytes: 0,
  principal: null,
}

/** The model of JSON bodies as they are sent. */
function learnt(bodies: readonly unknown[]): SchemaModel {
  const reduce = createReducer({ hashKey: new Uint8Array(32).fill(1) })
  const model = new SchemaModel()
  for (const body of bodies) {
    const raw = {
      event,
      query: '',
      requestFields: [['Content-Type', 'application/json']],
      responseFields: [],
      requestBody: Buffer.from(JSON.stringify(body)),
      responseBody: null,
      encrypted: true,
    }
    const shape = reduce(raw as unknown as RawExchange).request?.shape
    if (shape !== undefined && shape !== null) model.add(shape)
  }
  return model
}

function validator(schema: unknown): (value: unknown) => boolean {
  const validate = compileJsonSchema({ schema, dialect: '2020-12', assertFormats: true, pattern: compilePattern })
  return value => validate(value, 1_000_000) === null
}

function strict(
  bodies: readonly unknown[],
  options: SchemaOptions = {},
): { schema: Record<string, unknown>; fits: (value: unknown) => boolean } {
  const schema = learnt(bodies).toJsonSchema({ strict: true, ...options }) as Record<string, unknown>
  return { schema, fits: validator(schema) }
}

function many<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i))
}

describe('the strict schema', () => {
  it('asks for what was always there, and lets out what was not', () => {
    const { fits } = strict(many(200, i => ({ always: i, ...(i % 3 === 0 ? { sometimes: i } : {}) })))
    assert.ok(fits({ always: 1 }) && fits({ always: 1, sometimes: 2 }))
    assert.ok(!fits({ sometimes: 2 }) && !fits({}))
  })

  it('refuses members that nobody ever sent, here and below', () => {
    const { fits } = strict(many(200, i => ({ a: { b: i } })))
    assert.ok(fits({ a: { b: 1 } }))
    assert.ok(!fits({ a: { b: 1 }, isAdmin: true }) && !fits({ a: { b: 1, isAdmin: true } }))
  })

  it('stays open after few calls, and where members were seen only once', () => {
    assert.ok(strict(many(5, i => ({ a: i }))).fits({ a: 1, b: 2 }))
    assert.ok(strict([...many(100, i => ({ a: i })), { a: 1, rare: true }]).fits({ a: 1, other: true }))
  })

  it('knows types, and null only where null was', () => {
    const { fits } = strict(
      many(100, i => ({ n: i, s: `text ${i}`, b: i % 2 === 0, z: i % 2 === 0 ? null : `x ${i}`, f: i / 7, l: [i] })),
    )
    const good = { n: 1, s: 'text', b: true, z: null, f: 1.5, l: [1] }
    assert.ok(fits(good) && fits({ ...good, f: 1 }))
    for (const [name, wrong] of [
      ['n', '1'],
      ['n', 1.5],
      ['n', null],
      ['s', 1],
      ['b', 'true'],
      ['z', 3],
      ['l', {}],
      ['l', ['x']],
    ] as const)
      assert.ok(!fits({ ...good, [name]: wrong }), `${name}: ${JSON.stringify(wrong)}`)
  })

  it('lists the members of an enumeration when all were seen again and again', () => {
    const { schema, fits } = strict(
      many(400, i => ({
        status: ['pending', 'paid', 'shipped', 'refunded'][i % 4],
        currency: i % 2 === 0 ? 'EUR' : null,
      })),
    )
    const properties = schema['properties'] as Record<string, Record<string, unknown>>
    assert.deepEqual(properties['status']?.['enum'], ['paid', 'pending', 'refunded', 'shipped'])
    assert.ok(fits({ status: 'paid', currency: null }) && !fits({ status: 'stolen', currency: 'EUR' }))
  })

  it('lists none of texts that go on and on, of one word, or where one came only twice', () => {
    for (const bodies of [
      many(400, i => ({ s: `w${'abcdefghijklmnopqrst'[i % 20]}${'abcdefghij'[i % 10]}${'klmnop'[i % 6]}` })),
      many(400, () => ({ s: 'only' })),
      [...many(400, i => ({ s: i % 2 === 0 ? 'yes' : 'no' })), { s: 'maybe' }, { s: 'maybe' }],
    ])
      assert.ok(!JSON.stringify(strict(bodies).schema).includes('enum'))
  })

  it('takes formats that every value had, and drops them at the first that had not', () => {
    const uuid = (i: number): string => `9f1c2a34-6f1b-4d3e-8a5c-${String(i).padStart(12, '0')}`
    const { fits } = strict(
      many(60, i => ({
        id: uuid(i),
        at: `2026-11-22T10:00:${String(i).padStart(2, '0')}Z`,
        mail: `u${i}@example.com`,
        ref: i.toString(16).padStart(24, 'a'),
      })),
    )
    const good = { id: uuid(999), at: '2027-01-01T00:00:00+01:00', mail: 'new@example.org', ref: 'b'.repeat(24) }
    assert.ok(fits(good))
    for (const name of Object.keys(good)) assert.ok(!fits({ ...good, [name]: "' or 1=1" }), name)
    assert.ok(strict([...many(60, i => ({ id: uuid(i) })), { id: 'legacy-17' }]).fits({ id: 'legacy-18' }))
  })

  it('bounds numbers, lengths and lists with room for tomorrow', () => {
    const { fits } = strict(
      many(500, i => ({
        amount: (i * 37) % 1000,
        rating: 1 + (i % 5),
        title: 'x'.repeat(5 + (i % 30)),
        list: many(1 + (i % 6), () => 1),
        id: 10_000_000_000 + i,
      })),
    )
    const good = { amount: 1100, rating: 5, title: 'x'.repeat(40), list: [1, 1, 1, 1, 1, 1, 1], id: 10_000_900_000 }
    assert.ok(fits(good))
    for (const [name, wrong] of [
      ['amount', -5],
      ['amount', 1e9],
      ['rating', 6],
      ['rating', 0],
      ['title', ''],
      ['title', 'x'.repeat(5000)],
      ['list', []],
      ['list', many(500, () => 1)],
      ['id', -1],
      ['id', 1e15],
    ] as const)
      assert.ok(!fits({ ...good, [name]: wrong }), `${name} ${JSON.stringify(wrong).slice(0, 20)}`)
  })

  it('makes codes of the characters that codes had, and lets people write', () => {
    const { schema, fits } = strict(
      many(300, i => ({ code: `AB-${1000 + i}`, note: i % 2 === 0 ? 'Call me, please' : 'Ring the bell!' })),
    )
    assert.equal(
      (schema['properties'] as Record<string, Record<string, unknown>>)['code']?.['pattern'],
      '^[A-Z0-9\\-]*$',
    )
    assert.ok(fits({ code: 'ZZ-1', note: 'Zoë’s dog — beware' }) && !fits({ code: '<script>', note: 'x' }))
  })

  it('sees a map in names that are data', () => {
    const word = (i: number): string =>
      `${'abcdefghijklmnopqrstuvwxyz'[i % 26]}${'abcdefghijklmnopqrstuvwxyz'[(i * 7) % 26]}${'abcdefghijklmnopqrstuvwxyz'[(i * 11 + (i >> 5)) % 26]}`
    const { fits } = strict(
      many(600, i => ({ version: 1 + (i % 3), stock: { [word(i)]: i % 90, [`${word(i * 13)}x`]: 4 } })),
    )
    assert.ok(fits({ version: 1, stock: { neverseen: 7 } }))
    assert.ok(!fits({ version: 1, stock: { neverseen: 'many' } }))
  })

  it('sees a map in names of one form', () => {
    const uuid = (i: number): string => `9f1c2a34-6f1b-4d3e-8a5c-${String(i).padStart(12, '0')}`
    const { fits } = strict(many(60, i => ({ [uuid(i)]: { rank: i }, [uuid(i + 500)]: { rank: 2 } })))
    assert.ok(fits({ [uuid(9999)]: { rank: 3 } }))
    assert.ok(!fits({ [uuid(9999)]: { rank: 'x' } }) && !fits({ other: { rank: 1 } }))
  })

  it('takes names that every object inherits for names', () => {
    const { fits } = strict(many(50, i => ({ ' ': 1, '  ': 2, toString: i, constructor: 'x', hasOwnProperty: true })))
    assert.ok(fits({ ' ': 1, toString: 1, constructor: 'x', hasOwnProperty: false }))
    assert.ok(!fits({ toString: 'x', constructor: 'x', hasOwnProperty: true }))
  })

  it('says how sure it is, when asked', () => {
    const { schema } = strict(
      many(100, i => ({ a: i })),
      { annotate: true },
    )
    assert.equal(schema['x-seen'], 100)
    assert.deepEqual(schema['x-confidence'], { type: 0.963, required: 0.963, additionalProperties: 0.963 })
    const surer = learnt(many(100, i => ({ a: i }))).toJsonSchema({ strict: true, confidence: 0.99 }) as Record<
      string,
      unknown
    >
    assert.equal(surer['required'], undefined)
  })

  it('bounds a parameter that is a number now and then, by what its words are long', () => {
    const model = new SchemaModel()
    for (let i = 0; i < 200; i++)
      model.add(i % 20 === 0 ? { kind: 'number', value: i } : { kind: 'string', length: 4 + (i % 9), characters: 1 })
    const fits = validator(model.toJsonSchema({ parameter: true, strict: true }))
    assert.ok(fits('word') && fits('3.5') && fits('12345678901234567890'))
    assert.ok(!fits('x'.repeat(5000)))
  })

  it('takes a parameter that is a number once and a word another time for a text', () => {
    const model = new SchemaModel()
    for (let i = 0; i < 50; i++)
      model.add(i % 2 === 0 ? { kind: 'integer', value: i } : { kind: 'string', length: 3, characters: 1 })
    assert.deepEqual(model.toJsonSchema({ parameter: true }), { type: 'string', maxLength: 20 })
  })

  it('lets numbers below zero through where their values are not kept', () => {
    const { fits } = strict(many(16, i => ({ ip: [-5e-324], orderId: -i - 1, serial: -1e9 - i })))
    assert.ok(fits({ ip: [-5e-324], orderId: -3, serial: -1e9 }))
  })

  it('always compiles, whatever was seen, and accepts what taught it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue({ maxDepth: 3 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 40 }),
        (bodies, times) => {
          const { fits } = strict(many(times, () => bodies).flat())
          for (const body of bodies) assert.ok(fits(body), JSON.stringify(body))
        },
      ),
      { numRuns: 150 },
    )
  })

  it('compiles from shapes that no reducer would make', () => {
    const odd: Shape[] = [
      { kind: 'string', length: 1e300, characters: -1, format: '__proto__', hash: '' },
      {
        kind: 'object',
        fields: JSON.parse('{"__proto__":{"kind":"null"},"{email}":{"kind":"null"},"":{"kind":"null"}}') as Record<
          string,
          Shape
        >,
        more: -1,
      },
      { kind: 'array', count: 1e300, items: [] },
      { kind: 'integer', value: Number.NaN },
      { kind: 'number', value: 1e300 },
      { kind: 'integer', length: 1e9 },
    ]
    for (const options of [{ strict: true }, { annotate: true }, { parameter: true }, {}])
      for (const one of odd) {
        const model = new SchemaModel()
        for (let i = 0; i < 50; i++) model.add(one)
        validator(model.toJsonSchema(options))
      }
  })
})
