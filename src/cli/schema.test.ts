import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { parseYaml } from '../core/yaml.ts'
import { sinks } from '../events/sinks/index.ts'
import { compileJsonSchema } from '../lib/json-schema/json-schema.ts'
import { policies } from '../policies/index.ts'
import { editorSchema } from '../config/editor-schema.ts'

const root = path.resolve(import.meta.dirname, '../..')

async function fits(value: unknown): Promise<string | null> {
  const schema = await editorSchema(policies, sinks)
  const pattern = (source: string) => {
    const compiled = new RegExp(source, 'u')
    return (text: string) => compiled.test(text)
  }
  const validate = compileJsonSchema({
    schema: JSON.parse(JSON.stringify(schema)),
    dialect: '2020-12',
    assertFormats: false,
    pattern,
  })
  const failure = validate(value, 1_000_000)
  return failure === null ? null : `${failure.pointer} ${failure.rule}`
}

function yaml(file: string): unknown {
  const parsed = parseYaml(readFileSync(path.resolve(root, file), 'utf8'))
  assert.ok('value' in parsed)
  return parsed.value
}

test('the schema for editors refuses what check refuses', async () => {
  const listeners = [{ name: 'a', address: '127.0.0.1:1' }]
  const wrong: ReadonlyArray<readonly [string, unknown]> = [
    ['an unknown key', { version: 1, listeners, route: [] }],
    ['an unknown policy', { version: 1, listeners, policies: [{ use: 'nobody' }] }],
    [
      'an unknown key of a policy',
      { version: 1, listeners, policies: [{ use: 'rate-limit', with: { limits: '1/s' } }] },
    ],
    [
      'a wrong rate',
      { version: 1, listeners, policies: [{ use: 'rate-limit', with: { limit: 'lots', by: ['address'] } }] },
    ],
    ['an unknown sink', { version: 1, listeners, events: [{ sink: 'nowhere' }] }],
    ['an unknown key of a sink', { version: 1, listeners, events: [{ sink: 'file', path: 'x', pth: 'y' }] }],
  ]
  for (const [name, value] of wrong) assert.notEqual(await fits(value), null, name)
})

test('the schema for editors accepts every example, references in any place included', async () => {
  for (const file of [
    'examples/minimal.yaml',
    'examples/orders/portcullis.yaml',
    'examples/partners/portcullis.yaml',
  ]) {
    assert.equal(await fits(yaml(file)), null, file)
  }
  const listeners = [{ name: 'env:NAME', address: 'env:ADDRESS', limits: { fields: 'env:FIELDS', head: 'env:HEAD' } }]
  assert.equal(await fits({ version: 1, workers: 'env:WORKERS', listeners }), null)
})
