import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { compileJsonSchema } from '../../../lib/json-schema/json-schema.ts'
import { testData } from '../../../../test/support/test-data.ts'
import type { JsonSchema } from '../../model/operation.ts'
import { selfContained } from './definitions.ts'
import type { DeclaredOperation, OpenApiDocument } from './document.ts'
import { readOpenApi } from './read-openapi.ts'

function read(document: unknown): OpenApiDocument {
  const result = readOpenApi(typeof document === 'string' ? document : JSON.stringify(document), 'test')
  assert.ok('document' in result, JSON.stringify(result))
  return result.document
}

function issues(text: string): readonly string[] {
  const result = readOpenApi(text, 'test')
  assert.ok('issues' in result)
  return result.issues
}

function one(document: Record<string, unknown>): DeclaredOperation {
  const [operation, ...more] = read({ openapi: '3.1.0', info: {}, ...document }).operations
  assert.ok(operation !== undefined && more.length === 0)
  return operation
}

/** A translated schema, by way of a body. */
function schemaOf(
  schema: unknown,
  openapi: string,
  components = {},
): { schema: JsonSchema; document: OpenApiDocument } {
  const document = read({
    openapi,
    info: {},
    paths: { '/x': { post: { requestBody: { content: { 'application/json': { schema } } }, responses: {} } } },
    components,
  })
  const found = document.operations[0]?.request?.content[0]?.schema
  assert.ok(found !== undefined && found !== null)
  return { schema: found, document }
}

test('refuses what is no OpenAPI 3 document, in words', () => {
  assert.match(issues('[]').join(), /not an object/)
  assert.match(issues('{"a":1}').join(), /no openapi field/)
  assert.match(issues('swagger: "2.0"').join(), /version 2\.0; 3\.0, 3\.1 and 3\.2 are read/)
  assert.match(issues('openapi: 4.0.0').join(), /version 4\.0\.0/)
  assert.match(issues('a: [').join(), /test:\d+:\d+ /)
  assert.match(issues(' '.repeat(9 * 1024 * 1024)).join(), /larger than 8 MiB/)
})

test('a bomb of aliases or of depth is refused, not unfolded', () => {
  const aliases = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let i = 1; i < 12; i++)
    aliases.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    )
  assert.match(issues(`openapi: 3.1.0\n${aliases.join('\n')}`).join(), /alias/)
  assert.match(issues(`{"openapi":"3.1.0","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`).join(), /nested/)
})

test('references outside the document are never followed: the rest is read and the place is said', () => {
  for (const reference of [
    'http://169.254.169.254/latest/meta-data',
    'other.yaml#/a',
    'file:///etc/passwd',
    '../x.json',
  ]) {
    const { document } = schemaOf({ properties: { a: { $ref: reference } } }, '3.1.0')
    assert.equal(document.warnings.length, 1)
    assert.match(document.warnings[0] ?? '', /outside the document .*; nothing is fetched/)
  }
})

test('circles of references end', () => {
  const document = read({
    openapi: '3.0.0',
    info: {},
    paths: {
      '/a': { $ref: '#/paths/~1b' },
      '/b': { $ref: '#/paths/~1a' },
      '/c': {
        get: {
          parameters: [{ $ref: '#/components/parameters/P' }],
          responses: { 200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Node' } } } } },
        },
      },
    },
    components: {
      parameters: { P: { $ref: '#/components/parameters/P' } },
      schemas: {
        Node: { type: 'object', properties: { next: { $ref: '#/components/schemas/Node' }, self: { $ref: '#' } } },
      },
    },
  })
  assert.deepEqual(
    document.operations.map(operation => operation.path),
    ['/c'],
  )
  assert.equal(document.warnings.filter(warning => warning.endsWith('refers to itself')).length, 3)
  assert.deepEqual(document.definitions['Node'], {
    type: 'object',
    properties: { next: { $ref: '#/$defs/Node' }, self: { $ref: '#/$defs/document' } },
  })
})

test('hostile member names stay data', () => {
  const { document, schema } = schemaOf(
    JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"},"constructor":{"type":"integer"}}}'),
    '3.1.0',
  )
  assert.equal(({} as Record<string, unknown>)['type'], undefined)
  assert.deepEqual(Object.keys((schema as { properties: object }).properties), ['__proto__', 'constructor'])
  assert.deepEqual(document.warnings, [])
  assert.deepEqual(schemaOf({ $ref: '#/constructor/prototype' }, '3.1.0').document.warnings.length, 1)
})

test('3.0 is written as 2020-12: nullable, exclusive bounds, siblings of a reference', () => {
  const components = { schemas: { A: { type: 'string' } } }
  const cases: Array<[written: unknown, expected: unknown]> = [
    [{ type: 'string', nullable: true }, { type: ['string', 'null'] }],
    [
      { type: 'string', nullable: true, enum: ['a'] },
      { type: ['string', 'null'], enum: ['a', null] },
    ],
    [
      { allOf: [{ $ref: '#/components/schemas/A' }], nullable: true },
      { anyOf: [{ allOf: [{ $ref: '#/$defs/A' }] }, { type: 'null' }] },
    ],
    [
      { type: 'integer', minimum: 1, exclusiveMinimum: true },
      { type: 'integer', exclusiveMinimum: 1 },
    ],
    [
      { type: 'number', maximum: 9, exclusiveMaximum: false },
      { type: 'number', maximum: 9 },
    ],
    [{ $ref: '#/components/schemas/A', maxLength: 3 }, { $ref: '#/$defs/A' }],
    [
      { type: 'object', properties: { a: { type: 'string', required: true, example: 'x' } } },
      { type: 'object', properties: { a: { type: 'string' } } },
    ],
  ]
  for (const [written, expected] of cases) assert.deepEqual(schemaOf(written, '3.0.3', components).schema, expected)
  // From 3.1 on siblings count, and nullable is no keyword.
  assert.deepEqual(
    schemaOf({ $ref: '#/components/schemas/A', maxLength: 3, nullable: true }, '3.1.0', components).schema,
    {
      $ref: '#/$defs/A',
      maxLength: 3,
    },
  )
})

test('servers give the paths and hosts under which an operation may be met', () => {
  const get = { get: { responses: {} } }
  const servers = [
    {
      url: 'https://{region}.Example.com:8443/{base}/',
      variables: { region: { default: 'eu' }, base: { default: 'api/v2' } },
    },
    { url: '/v1' },
  ]
  const operation = one({ servers, paths: { '/pets/{id}': get } })
  assert.deepEqual(operation.templates, ['/api/v2/pets/{id}', '/v1/pets/{id}', '/pets/{id}'])
  assert.deepEqual(operation.hosts, ['eu.example.com'])
  assert.deepEqual(operation.schemes, ['https'])
  assert.deepEqual(one({ paths: { '/pets': get } }).templates, ['/pets'])
  assert.deepEqual(one({ servers, paths: { '/pets': { ...get, servers: [{ url: 'http://x' }] } } }).templates, [
    '/pets',
  ])
})

test('an operation inherits parameters and security, and may override both', () => {
  const operation = one({
    security: [{ key: [] }],
    paths: {
      '/a/{id}': {
        parameters: [
          { in: 'path', name: 'id', schema: { type: 'integer' } },
          { in: 'query', name: 'q', schema: { type: 'string' } },
        ],
        get: {
          'x-sunset': '2030-01-02',
          deprecated: true,
          parameters: [
            { in: 'query', name: 'q', required: true, schema: { type: 'integer' } },
            { in: 'header', name: 'X-Trace', content: { 'application/json': { schema: { type: 'object' } } } },
            { in: 'formData', name: 'old' },
          ],
          responses: { 200: { headers: { 'X-A': {} } }, '4xx': {}, default: {}, oops: {} },
        },
      },
    },
  })
  assert.deepEqual(
    operation.parameters.map(({ in: place, name, required, schema, style }) => [place, name, required, schema, style]),
    [
      ['path', 'id', true, { type: 'integer' }, 'simple'],
      ['query', 'q', true, { type: 'integer' }, 'form'],
      ['header', 'x-trace', false, { type: 'object' }, null],
    ],
  )
  assert.deepEqual(operation.security, [{ key: [] }])
  assert.equal(operation.sunset, '2030-01-02T00:00:00.000Z')
  assert.equal(operation.deprecated, true)
  assert.deepEqual(
    operation.responses.map(({ status, fields }) => [status, fields]),
    [
      ['200', ['x-a']],
      ['4XX', []],
      ['default', []],
    ],
  )
  assert.deepEqual(
    one({ security: [{ key: [] }], paths: { '/a': { get: { security: [], responses: {} } } } }).security,
    [],
  )
})

/** Every document of a folder: operations, and how many of their schemas compile. */
function readAll(folder: string) {
  const files = globSync('**/*.{json,yaml}', { cwd: folder }).toSorted()
  let operations = 0
  let schemas = 0
  const warned: string[] = []
  for (const file of files) {
    const document = read(readFileSync(path.join(folder, file), 'utf8'))
    operations += document.operations.length
    if (document.warnings.length > 0) warned.push(file)
    for (const schema of schemasOf(document)) {
      compileJsonSchema({
        schema: withoutFormats(selfContained(schema, document.definitions)),
        dialect: '2020-12',
        assertFormats: false,
        // Documents are read, not enforced here; and without `u`, as many of their patterns are written for other engines.
        pattern: source => text => new RegExp(source).test(text),
      })
      schemas++
    }
  }
  return { files: files.length, operations, schemas, warned }
}

function schemasOf(document: OpenApiDocument): JsonSchema[] {
  return document.operations.flatMap(({ parameters, request, responses }) => {
    const bodies = [...(request === null ? [] : [request]), ...responses]
    const ofBodies = bodies.flatMap(({ content }) => content.map(({ schema }) => schema))
    return [...parameters.map(parameter => parameter.schema), ...ofBodies].filter(schema => schema !== null)
  })
}

/** Formats such as int32 or password are annotations of OpenAPI that our validator does not know. */
function withoutFormats(schema: JsonSchema): unknown {
  return JSON.parse(JSON.stringify(schema), (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('format' in value) || typeof value.format !== 'string')
      return value
    const { format: _format, ...rest } = value
    return rest
  })
}

const examples = testData('openapi-examples')
test('reads every feature example, and all its schemas compile', { skip: examples === null && 'no test data' }, () => {
  const { warned, ...counts } = readAll(examples as string)
  assert.deepEqual(warned, [])
  assert.deepEqual(counts, { files: 58, operations: 570, schemas: 1273 })
})

const real = testData('openapi-real')
test('reads every real document, and all its schemas compile', { skip: real === null && 'no test data' }, () => {
  const { warned, ...counts } = readAll(real as string)
  // It refers to two schemas on the web.
  assert.deepEqual(warned, ['ga4gh/ga4gh-tes.yaml'])
  assert.deepEqual(counts, { files: 20, operations: 266, schemas: 1082 })
})
