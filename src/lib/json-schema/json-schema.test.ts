// oxlint-disable unicorn/no-thenable -- `then` is a keyword here; nothing awaits a schema.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Dialect } from './dialects.ts'
import { jsonFormats } from './formats.ts'
import { compileJsonSchema, type Validate } from './json-schema.ts'
import { SchemaError, type SchemaIssue } from './schema-error.ts'

const pattern = (source: string): ((text: string) => boolean) => {
  const expression = new RegExp(source, 'u')
  return text => expression.test(text)
}

interface Given {
  readonly dialect?: Dialect
  readonly documents?: Readonly<Record<string, unknown>>
  readonly assertFormats?: boolean
}

function compile(schema: unknown, { dialect = '2020-12', documents = {}, assertFormats = true }: Given = {}): Validate {
  return compileJsonSchema({ schema, dialect, documents, assertFormats, pattern })
}

function issues(schema: unknown, given: Given = {}): readonly SchemaIssue[] {
  try {
    compile(schema, given)
  } catch (error) {
    assert.ok(error instanceof SchemaError, String(error))
    return error.issues
  }
  return []
}

/** `pointer rule` of a failure, or `fits`. */
function judge(schema: unknown, value: unknown, fuel = 10_000): string {
  const failure = compile(schema)(value, fuel)
  return failure === null ? 'fits' : `${failure.pointer} ${failure.rule}`
}

describe('a schema that nothing would enforce is refused at load', () => {
  const rows: ReadonlyArray<readonly [name: string, schema: unknown, pointer: string, given?: Given]> = [
    ['a mistyped type', { type: 'strng' }, '/type'],
    ['a length in quotes', { maxLength: '3' }, '/maxLength'],
    ['a boolean in quotes', { additionalProperties: 'false' }, '/additionalProperties'],
    ['required as a text', { required: 'user_id' }, '/required'],
    ['a misspelt keyword', { items: { propertes: {} } }, '/items/propertes'],
    ['a keyword of another case', { maxlength: 3 }, '/maxlength'],
    ['a keyword of another dialect', { dependencies: {} }, '/dependencies'],
    ['items as a list in 2020-12', { items: [true] }, '/items'],
    ['prefixItems in 2019-09', { prefixItems: [true] }, '/prefixItems', { dialect: '2019-09' }],
    ['an unknown format', { properties: { 'a/b': { format: 'mail' } } }, '/properties/a~1b/format'],
    ['an unknown format although formats only annotate', { format: 'mail' }, '/format', { assertFormats: false }],
    ['draft-04', { $schema: 'http://json-schema.org/draft-04/schema#' }, '/$schema'],
    [
      'a dialect deep inside',
      { properties: { a: { $schema: 'https://json-schema.org/draft/2020-12/schema' } } },
      '/properties/a/$schema',
    ],
    ['a bad pattern', { pattern: '(' }, '/pattern'],
    ['a bad pattern of names', { patternProperties: { '[': true } }, '/patternProperties/['],
    ['a reference into nothing', { $ref: '#/$defs/a' }, '/$ref'],
    ['a reference into data', { $ref: '#/examples/0', examples: [{}] }, '/$ref'],
    ['a reference to a document that was not given', { $ref: 'https://example.com/a.json' }, '/$ref'],
    [
      'a reference that is wrong in a definition that nobody uses',
      { $defs: { a: { $ref: '#nowhere' } } },
      '/$defs/a/$ref',
    ],
    ['a circle', { $defs: { a: { anyOf: [{ $ref: '#/$defs/b' }] }, b: { not: { $ref: '#/$defs/a' } } } }, '/$defs/a'],
    ['then without if', { then: true }, '/then'],
    ['minContains without contains', { minContains: 1 }, '/minContains'],
    ['a vocabulary', { $vocabulary: {} }, '/$vocabulary'],
    ['__proto__ as a name', { properties: JSON.parse('{"__proto__":true}') as unknown }, ''],
    ['a schema that is a number', 1, ''],
    [
      'two schemas of one name',
      { $defs: { a: { $id: 'https://a.example/' }, b: { $id: 'https://a.example/' } } },
      '/$defs/b',
    ],
    ['two anchors of one name', { $defs: { a: { $anchor: 'x' }, b: { $anchor: 'x' } } }, '/$defs/b'],
    [
      'what stands beside $ref in draft-07',
      { definitions: { a: true }, items: { $ref: '#/definitions/a', minimum: 1 } },
      '/items/minimum',
      { dialect: 'draft-07' },
    ],
    [
      'a mistyped keyword in a part of another dialect',
      {
        $defs: {
          a: { $id: 'https://a.example/', $schema: 'https://json-schema.org/draft/2019-09/schema', $recursiveRef: 5 },
        },
      },
      '/$defs/a/$recursiveRef',
    ],
  ]
  for (const [name, schema, pointer, given] of rows) {
    it(name, () => {
      const found = issues(schema, given)
      assert.ok(
        found.some(issue => issue.pointer === pointer && issue.reason !== ''),
        JSON.stringify(found),
      )
    })
  }

  it('all at once, each in its document', () => {
    const found = issues(
      { $ref: 'https://example.com/b.json', x: 1, y: 2 },
      { documents: { 'https://example.com/b.json': { z: 3 } } },
    )
    assert.deepEqual(found.map(issue => issue.document + issue.pointer).sort(), [
      '/x',
      '/y',
      'https://example.com/b.json/z',
    ])
  })

  it('with a hint at what was probably meant', () => {
    const hint = (key: string, value: unknown = true): string | undefined => issues({ [key]: value })[0]?.hint
    assert.match(hint('fromat') ?? '', /did you mean format\?/)
    assert.match(hint('propertes') ?? '', /did you mean properties\?/)
    assert.match(hint('maxlength') ?? '', /did you mean maxLength\?/)
    assert.match(hint('dependencies', {}) ?? '', /dependentRequired/)
    assert.match(hint('$recursiveRef', '#') ?? '', /2019-09/)
    assert.match(hint('zzz') ?? '', /x-/)
  })

  it('a schema of a million values by aliases', () => {
    let schema: unknown = {}
    for (let i = 0; i < 20; i++) schema = { allOf: [schema, schema] }
    assert.match(issues(schema)[0]?.reason ?? '', /at most 100000|does not fit/)
  })
})

describe('a value that does not fit is refused with the place and the rule', () => {
  const order = {
    type: 'object',
    required: ['id'],
    properties: { id: { type: 'integer' }, lines: { type: 'array', items: { $ref: '#/$defs/line' } } },
    additionalProperties: false,
    $defs: { line: { type: 'object', required: ['sku'], properties: { sku: { minLength: 2 }, 'a/b~c': false } } },
  }
  const rows: ReadonlyArray<readonly [schema: unknown, value: unknown, judged: string]> = [
    [order, { id: 1, lines: [{ sku: 'ab' }] }, 'fits'],
    [order, { id: 1, lines: [{ sku: 'ab' }, { sku: 'a' }] }, '/lines/1/sku minLength'],
    [order, { id: 1, lines: [{ sku: 'ab', 'a/b~c': 1 }] }, '/lines/0/a~1b~0c false'],
    [order, { id: 1.5 }, '/id type'],
    [order, {}, '/id required'],
    [order, { id: 1, admin: true }, '/admin additionalProperties'],
    [order, [], ' type'],
    [{ required: ['toString', 'constructor'] }, {}, '/toString required'],
    [{ properties: { toString: { type: 'string' } } }, {}, 'fits'],
    [{ dependentRequired: { valueOf: ['a'] } }, {}, 'fits'],
    [{ anyOf: [{ properties: { a: { type: 'string' } } }, { items: { minimum: 3 } }] }, { a: 1 }, 'fits'],
    [{ type: 'object', anyOf: [{ properties: { a: { type: 'string' } } }, false] }, { a: 1 }, ' anyOf'],
    [{ oneOf: [{ minimum: 1 }, { minimum: 2 }] }, 2, ' oneOf'],
    [{ not: { type: 'string' } }, 'a', ' not'],
    [{ if: { required: ['a'] }, then: { required: ['b'] } }, { a: 1 }, '/b required'],
    [{ contains: { type: 'string' } }, [1, 2], ' contains'],
    [
      { uniqueItems: true },
      [
        { a: 1, b: [2] },
        { b: [2], a: 1 },
      ],
      ' uniqueItems',
    ],
    [{ uniqueItems: true }, [0, -0], ' uniqueItems'],
    [{ uniqueItems: true }, [1, true, '1', [1], { 1: 1 }, null], 'fits'],
    [{ const: { length: 0 } }, [], ' const'],
    [{ enum: [[1, { a: 2 }]] }, [1, { a: 2 }], 'fits'],
    [{ multipleOf: 0.01 }, 19.99, 'fits'],
    [{ multipleOf: 0.01 }, 19.999, ' multipleOf'],
    [{ multipleOf: 0.01 }, 10.00000000001, ' multipleOf'],
    [{ multipleOf: 1e-8 }, 12391239123, 'fits'],
    [{ maxLength: 1 }, '😀', 'fits'],
    [{ minLength: 2 }, '😀', ' minLength'],
    [{ propertyNames: { maxLength: 1 } }, { ab: 1 }, '/ab propertyNames'],
    [{ properties: { a: true }, unevaluatedProperties: false }, { a: 1, b: 1 }, '/b unevaluatedProperties'],
    [
      { anyOf: [{ properties: { a: true } }, { properties: { b: true } }], unevaluatedProperties: false },
      { a: 1, b: 1 },
      'fits',
    ],
    [{ prefixItems: [true], unevaluatedItems: false }, [1, 2], '/1 unevaluatedItems'],
  ]
  for (const [schema, value, judged] of rows)
    it(`${JSON.stringify(schema).slice(0, 60)} ${JSON.stringify(value).slice(0, 40)}: ${judged}`, () => {
      assert.equal(judge(schema, value), judged)
    })

  it('cuts the pointer that a client made long', () => {
    let value: unknown = 1
    for (let i = 0; i < 50; i++) value = { ['x'.repeat(20)]: value }
    const failure = compile({
      $ref: '#/$defs/t',
      $defs: { t: { type: 'object', additionalProperties: { $ref: '#/$defs/t' } } },
    })(value, 10_000)
    assert.ok((failure?.pointer.length ?? 999) <= 201)
    assert.equal(failure?.rule, 'type')
  })
})

describe('work is bounded', () => {
  const exponential = {
    $defs: {
      t: {
        anyOf: [
          { items: { $ref: '#/$defs/t' }, minItems: 1 },
          { items: { $ref: '#/$defs/t' }, minItems: 1 },
        ],
      },
    },
    $ref: '#/$defs/t',
  }
  let deep: unknown = []
  for (let i = 0; i < 60; i++) deep = [deep]

  it('exponential schemas run out of fuel, not of time', () => {
    assert.equal(judge(exponential, deep), ' effort')
  })

  it('a `not` around it does not turn that into a pass', () => {
    assert.equal(judge({ not: exponential, $defs: exponential.$defs }, deep), ' effort')
  })
})

describe('references', () => {
  it('reach documents that were given, under the name they were given and the name they give themselves', () => {
    const documents = {
      'https://a.example/one': { $id: 'https://a.example/two', $defs: { n: { $anchor: 'n', minimum: 1 } } },
    }
    for (const $ref of [
      'https://a.example/one#/$defs/n',
      'https://a.example/two#/$defs/n',
      'https://a.example/two#n',
    ]) {
      const validate = compile({ $ref }, { documents })
      assert.equal(validate(1, 100), null)
      assert.equal(validate(0, 100)?.rule, 'minimum')
    }
  })

  it('are told apart by host, not by path alone', () => {
    const schema = { $ref: 'https://b.example/x', $defs: { a: { $id: 'https://a.example/x', type: 'string' } } }
    assert.deepEqual(
      issues(schema).map(issue => issue.pointer),
      ['/$ref'],
    )
  })

  it('follow the dynamic scope: a strict tree stays strict all the way down (2020-12 §8.2.3.2)', () => {
    const documents = {
      'https://a.example/tree': {
        $id: 'https://a.example/tree',
        $dynamicAnchor: 'node',
        type: 'object',
        properties: { children: { type: 'array', items: { $dynamicRef: '#node' } } },
      },
    }
    const strict = compile(
      { $id: 'https://a.example/strict', $dynamicAnchor: 'node', $ref: 'tree', unevaluatedProperties: false },
      { documents },
    )
    assert.equal(strict({ children: [{ children: [] }] }, 1_000), null)
    assert.equal(strict({ children: [{ childern: [] }] }, 1_000)?.rule, 'unevaluatedProperties')
    const loose = compile({ $ref: 'https://a.example/tree' }, { documents })
    assert.equal(loose({ children: [{ childern: [] }] }, 1_000), null)
  })
})

describe('formats', () => {
  const rows: Readonly<Record<string, readonly [good: readonly string[], bad: readonly string[]]>> = {
    'date-time': [
      ['2026-01-01T00:00:00Z', '2024-02-29t23:59:59.123+01:30', '1990-12-31T23:59:60Z', '1990-12-31T15:59:60-08:00'],
      [
        '2026-02-29T00:00:00Z',
        '2026-01-01 00:00:00Z',
        '2026-01-01T24:00:00Z',
        '2026-01-01T00:00:60Z',
        '2026-01-01T00:00:00',
        '2026-01-01T00:00:00.Z',
        '२०26-01-01T00:00:00Z',
      ],
    ],
    date: [['2026-12-31'], ['2026-13-01', '2026-00-10', '2026-1-01', '-026-01-01', '2026-01-01Z']],
    duration: [
      ['P1Y2M3DT4H5M6S', 'PT0S', 'P4W', 'P1M'],
      ['P', 'PT', 'P1Y1D', 'P1W2D', '1D', 'P1S', 'P1D2Y'],
    ],
    email: [
      ['a@b.c', 'a.b+c@example.com', '"a b"@example.com', 'a@[192.0.2.1]', 'a@[IPv6:::1]', 'a@xn--bcher-kva.example'],
      [
        '@b',
        'a@',
        'a',
        '.a@b.c',
        'a.@b.c',
        'a..b@c.d',
        'a b@c.d',
        'a@b..c',
        'a@-b.c',
        '"a"b"@c.d',
        'a@[300.1.1.1]',
        'ä@b.c',
        '"a\\"@b.c',
        'a@b\n.c',
      ],
    ],
    'idn-email': [
      ['ä@büro.example', '"ä"@b.c'],
      ['ä@b ü.c', 'ä@', 'ä@-b.c'],
    ],
    hostname: [
      ['a', 'a.b-c.d', '1.example'],
      ['', '.', 'a.', '-a', 'a-', 'a_b', 'ab--c', 'xn--x', 'a..b', `${'a'.repeat(64)}.b`],
    ],
    ipv4: [
      ['0.0.0.0', '255.255.255.255'],
      ['256.1.1.1', '01.1.1.1', '1.1.1', '1.1.1.1.', '1.1.1.1.1', '١.1.1.1', '0x7f.0.0.1'],
    ],
    ipv6: [
      ['::', '::1', '1:2:3:4:5:6:7:8', '::ffff:1.2.3.4', '1::8'],
      [':::', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '::1%eth0', '1::2::3', '12345::', '::1.2.3', ':1:2:3:4:5:6:7'],
    ],
    uri: [
      ['https://a.example/b?c=d#e', 'urn:a:b', 'http://[::1]:80/'],
      ['/a', '//a/b', 'http://a b', 'http://[::g]', 'http://a/%zz', '1a:b', 'http://a\\b'],
    ],
    'uri-reference': [
      ['a', '#a', '?a', '//a/b', ''],
      ['a\\b', '%', 'a b', ':a'],
    ],
    uuid: [
      ['123e4567-e89b-12d3-a456-426614174000'],
      ['123e4567e89b12d3a456426614174000', '123e4567-e89b-12d3-a456-42661417400g'],
    ],
    'json-pointer': [
      ['', '/a~1b/0', '/~0'],
      ['a', '/~', '/~2'],
    ],
    'relative-json-pointer': [
      ['0', '1/a', '2#', '0+1/a'],
      ['/a', '-1', '01', '0##'],
    ],
    regex: [['^a+$'], ['(', '\\Z']],
  }
  for (const [name, [good, bad]] of Object.entries(rows)) {
    it(`${name} refuses what is not one, and takes what is`, () => {
      const test = jsonFormats.get(name)
      assert.ok(test)
      for (const text of bad) assert.equal(test(text), false, `${name} ${JSON.stringify(text)}`)
      for (const text of good) assert.equal(test(text), true, `${name} ${JSON.stringify(text)}`)
    })
  }

  it('judge texts alone, and decide nothing when they only annotate', () => {
    assert.equal(judge({ format: 'date' }, 1), 'fits')
    assert.equal(compile({ format: 'date' }, { assertFormats: false })('x', 100), null)
  })
})
