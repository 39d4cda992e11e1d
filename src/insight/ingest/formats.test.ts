import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { compileJsonSchema, type Validate } from '../../lib/json-schema/json-schema.ts'
import { createReducer } from '../observe/reduce.ts'
import { exchangeReaders } from './exchanges/index.ts'
import { Quarantine } from './quarantine.ts'
import type { Reader } from './reader.ts'
import { spanReaders } from './spans/index.ts'

// docs/formats.md is what the readers do: its examples are told apart and read, fit their schemas, and what a schema refuses the reader refuses too.

const root = path.resolve(import.meta.dirname, '../../..')
const page = readFileSync(path.join(root, 'docs/formats.md'), 'utf8')
const hashKey = Buffer.alloc(32, 1)
const readers: ReadonlyArray<Reader<unknown>> = [
  ...exchangeReaders({ hashKey, reduce: createReducer({ hashKey }) }),
  ...spanReaders,
]

/** The example of each format: the first block behind its heading. */
const examples = new Map(
  [...page.matchAll(/^## `([\w-]+)`\n(?:(?!^## )[^])*?^```\w+\n([^]*?)^```$/gm)].map(
    ([, format = '', text = '']) => [format, text] as const,
  ),
)
const schemas: Record<string, unknown> = Object.fromEntries(
  readdirSync(path.join(root, 'docs/formats')).map(file => [
    file.replace('.schema.json', ''),
    JSON.parse(readFileSync(path.join(root, 'docs/formats', file), 'utf8')) as unknown,
  ]),
)

function validatorOf(format: string): Validate {
  return compileJsonSchema({
    schema: schemas[format],
    documents: format === 'records' ? { 'urn:portcullis:format:events': schemas['events'] } : {},
    dialect: '2020-12',
    assertFormats: false,
    pattern: source => {
      const compiled = new RegExp(source, 'u')
      return text => compiled.test(text)
    },
  })
}

async function readWhole(reader: Reader<unknown>, text: string): Promise<{ items: unknown[]; quarantine: Quarantine }> {
  const quarantine = new Quarantine('example')
  const items: unknown[] = []
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text)
  }
  for await (const batch of reader.read(chunks(), quarantine)) items.push(...batch)
  return { items, quarantine }
}

/** The values that the schema describes: lines, the whole document, or rows by name. */
function valuesOf(format: string, text: string): unknown[] {
  const lines = text.trim().split('\n')
  if (format === 'har') return [JSON.parse(text)]
  if (format !== 'spans-csv') return lines.map(line => JSON.parse(line) as unknown)
  const names = (lines[0] ?? '').split(',')
  return lines.slice(1).map(line => Object.fromEntries(line.split(',').map((cell, i) => [names[i], cell])))
}

function textOf(format: string, value: unknown): string {
  if (format !== 'spans-csv') return `${JSON.stringify(value)}\n`
  const row = value as Record<string, unknown>
  return `${Object.keys(row).join(',')}\n${Object.values(row).join(',')}\n`
}

/** Copies of a value in which one member at a time, at any depth, is missing or of a type that nothing here has. */
function* broken(value: unknown): Generator<unknown> {
  if (typeof value !== 'object' || value === null) return
  for (const key of Object.keys(value)) {
    const copy = (): Record<string, unknown> => structuredClone(value) as Record<string, unknown>
    if (!Array.isArray(value)) {
      const without = copy()
      delete without[key]
      yield without
    }
    const wrong = copy()
    wrong[key] = { wrong: { of: 'course' } }
    yield wrong
    for (const inner of broken((value as Record<string, unknown>)[key])) {
      const changed = copy()
      changed[key] = inner
      yield changed
    }
  }
}

describe('docs/formats.md', () => {
  it('has every format with an example and a schema, and no other', () => {
    const formats = readers.map(({ format }) => format)
    const described = formats.filter(format => format !== 'otlp-protobuf').toSorted()
    assert.deepEqual([...examples.keys()].toSorted(), described)
    assert.deepEqual(Object.keys(schemas).toSorted(), described)
    for (const format of formats) assert.ok(page.includes(`\`${format}\``), format)
  })

  for (const [format, text] of examples) {
    const reader = readers.find(candidate => candidate.matches(Buffer.from(text)))
    const validate = validatorOf(format)

    it(`${format}: the example is told, read whole, and fits its schema`, async () => {
      assert.equal(reader?.format, format)
      const { items, quarantine } = await readWhole(reader, text)
      assert.deepEqual(quarantine.examples, [])
      const values = valuesOf(format, text)
      assert.ok(items.length >= values.length)
      for (const value of values) assert.equal(validate(value, 1e6), null)
    })

    it(`${format}: what its schema allows, the reader takes`, async () => {
      assert.ok(reader)
      let allowed = 0
      for (const value of valuesOf(format, text).flatMap(one => [...broken(one)])) {
        if (validate(value, 1e6) !== null) continue
        allowed++
        const { quarantine } = await readWhole(reader, textOf(format, value))
        assert.deepEqual(quarantine.examples, [], JSON.stringify(value))
      }
      assert.ok(allowed > 0)
    })

    it(`${format}: what its schema refuses, the reader quarantines, and never throws`, async () => {
      assert.ok(reader)
      let refused = 0
      let taken = 0
      for (const value of valuesOf(format, text).flatMap(one => [...broken(one)])) {
        if (validate(value, 1e6) === null) continue
        refused++
        const { quarantine } = await readWhole(reader, textOf(format, value))
        if (quarantine.total === 0) taken++
      }
      assert.ok(refused >= 5, `${refused} refused`)
      // Readers of foreign formats look past members that they could do without; of our own nothing wrong gets by.
      if (format === 'events' || format === 'records') assert.equal(taken, 0)
    })
  }
})
