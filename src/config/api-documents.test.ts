import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadWritten } from '../../test/support/configuration.ts'
import { documentsTextMax } from './api-documents.ts'

const good = 'openapi: 3.1.0\ninfo: { title: Shop, version: "1" }\npaths: { /orders: { get: { responses: {} } } }\n'

const load = (openapi: string, files: Readonly<Record<string, string>> = {}) =>
  loadWritten({
    files: {
      'portcullis.yaml': `version: 1
listeners: [{ name: local, address: "127.0.0.1:8080" }]
services:
  shop:
    targets: ["http://127.0.0.1:3000"]
    openapi: ${openapi}
routes: [{ name: all, match: { path: /** }, service: shop, policies: [{ use: anonymous }] }]
`,
      ...files,
    },
  })

describe('OpenAPI documents of a service, refused', () => {
  const refused: ReadonlyArray<
    readonly [what: string, openapi: string, files: Readonly<Record<string, string>>, issues: readonly RegExp[]]
  > = [
    [
      'a file that is not there',
      'file:none.yaml',
      {},
      [/^portcullis\.yaml:6 \/services\/shop\/openapi cannot read none\.yaml/],
    ],
    [
      'the second of a list, which is not there',
      '[file:shop.yaml, file:none.yaml]',
      { 'shop.yaml': good },
      [/^portcullis\.yaml:6 \/services\/shop\/openapi\/1 cannot read none\.yaml/],
    ],
    [
      'broken YAML, in its own file and line',
      'file:api/shop.yaml',
      { 'api/shop.yaml': 'openapi: 3.1.0\ninfo: {}\npaths: {\n' },
      [/^api\/shop\.yaml:\d+ \/services\/shop\/openapi not valid YAML/],
    ],
    [
      'broken JSON, in its own file and line',
      '[file:shop.json]',
      { 'shop.json': '{\n  "openapi": "3.1.0",\n  "paths": {]\n}\n' },
      [/^shop\.json:3 \/services\/shop\/openapi\/0 not valid YAML/],
    ],
    [
      'a version that is not read',
      'file:shop.yaml',
      { 'shop.yaml': 'swagger: "2.0"\n' },
      [/^shop\.yaml:1 \/services\/shop\/openapi is version 2\.0; 3\.0, 3\.1 and 3\.2 are read/],
    ],
    [
      'something else',
      'file:shop.yaml',
      { 'shop.yaml': '- a\n- b\n' },
      [/^shop\.yaml:1 .*is no OpenAPI document: not an object/],
    ],
    [
      'a path without file:',
      'shop.yaml',
      { 'shop.yaml': good },
      [/^portcullis\.yaml:6 .*must be a document.*write file:PATH/],
    ],
    ['an empty list', '[]', {}, [/^portcullis\.yaml:6 .*needs at least one item/]],
    [
      'the same document twice',
      '[file:shop.yaml, file:shop.yaml]',
      { 'shop.yaml': good },
      [/^portcullis\.yaml:6 \/services\/shop\/openapi\/1 is named twice/],
    ],
    [
      'more than there is room for',
      '[file:a.yaml, file:b.yaml, file:c.yaml]',
      Object.fromEntries(
        ['a', 'b', 'c'].map(name => [`${name}.yaml`, `${good}# ${name.repeat(documentsTextMax * 0.4)}\n`]),
      ),
      [/^portcullis\.yaml:6 \/services\/shop\/openapi\/2 makes all documents larger than/],
    ],
  ]
  for (const [what, openapi, files, expected] of refused)
    test(what, async () => {
      const { issues } = await load(openapi, files)
      const said = (issues ?? []).map(
        ({ place, pointer, reason, hint = '' }) => `${place?.file}:${place?.line} ${pointer} ${reason} ${hint}`,
      )
      assert.equal(said.length, expected.length, said.join('\n'))
      for (const [i, pattern] of expected.entries()) assert.match(said[i] as string, pattern)
    })
})

test('documents are loaded beside the configuration, watched, and never part of what workers get', async () => {
  const { loaded, issues } = await load('[file:shop.yaml, file:api/more.json]', {
    'shop.yaml': good,
    'api/more.json': JSON.stringify({ openapi: '3.0.3', paths: { '/a': { get: {} } } }),
  })
  assert.ok(loaded !== null, JSON.stringify(issues))
  assert.deepEqual(
    loaded.documents.map(({ service, source }) => [service, source.replace(/^.*portcullis-config-[^/]*\//, '')]),
    [
      ['shop', 'shop.yaml'],
      ['shop', 'api/more.json'],
    ],
  )
  assert.equal(loaded.documents[0]?.text, good)
  assert.ok(loaded.files.some(file => file.endsWith('/api/more.json')))
  assert.doesNotMatch(JSON.stringify(loaded.config), /openapi/)
  assert.match(JSON.stringify(loaded.authored), /file:shop\.yaml/)
})

test('what is left out of a document is a warning that names file and pointer', async () => {
  const { loaded } = await load('file:shop.yaml', {
    'shop.yaml': `${good.replace('responses: {}', 'requestBody: { $ref: "other.yaml#/a" }, responses: {}')}`,
  })
  assert.equal(loaded?.warnings.length, 1)
  assert.match(
    loaded?.warnings[0] ?? '',
    /portcullis\.yaml:6:\d+ \/services\/shop\/openapi: .*shop\.yaml \/paths\/~1orders\/get\/requestBody: /,
  )
})
