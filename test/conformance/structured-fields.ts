import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { serializeDictionary, serializeItem, serializeList } from '../../src/lib/structured-fields.ts'
import type { BareItem, Item, Member, Parameters } from '../../src/lib/structured-fields.ts'
import { testData } from '../support/test-data.ts'
import type { SuiteResult } from './suite.ts'

interface Record {
  readonly name: string
  readonly header_type: 'item' | 'list' | 'dictionary'
  readonly raw?: readonly string[]
  readonly must_fail?: boolean
  readonly can_fail?: boolean
  readonly expected?: unknown
  readonly canonical?: readonly string[]
}

/**
 * httpwg/structured-field-tests for the writer: every record that says what a value looks like on the wire, those of the parsing files too.
 * Records that only say what must not be read are not ours: the gateway writes structured fields and reads none.
 */
export async function run(): Promise<SuiteResult> {
  const failures: string[] = []
  let ran = 0
  const folder = testData('structured-fields')
  const files = folder === null ? [] : jsonFiles(folder).concat(jsonFiles(path.join(folder, 'serialisation-tests')))
  for (const file of files) {
    for (const record of parseRecords(readFileSync(file, 'utf8'))) {
      if (record.expected === undefined) continue
      ran++
      const problem = judge(record)
      if (problem !== null) failures.push(`${path.basename(file)}: ${record.name}: ${problem}`)
    }
  }
  return { suite: 'structured-fields', run: ran, failed: failures.length, excepted: 0, failures }
}

function judge(record: Record): string | null {
  let written: string
  try {
    written = write(record)
  } catch (error) {
    return record.must_fail === true ? null : `must be written: ${String(error)}`
  }
  if (record.must_fail === true) return `must not be written, gave ${JSON.stringify(written)}`
  const wanted = (record.canonical ?? record.raw ?? []).join(', ')
  return written === wanted ? null : `wrote ${JSON.stringify(written)} for ${JSON.stringify(wanted)}`
}

function write(record: Record): string {
  switch (record.header_type) {
    case 'item':
      return serializeItem(itemOf(record.expected))
    case 'list':
      return serializeList((record.expected as unknown[]).map(memberOf))
    case 'dictionary':
      return serializeDictionary(
        (record.expected as Array<[string, unknown]>).map(([key, member]) => [key, memberOf(member)]),
      )
  }
}

function memberOf(value: unknown): Member {
  const [inner, parameters] = value as [unknown, unknown]
  return Array.isArray(inner) ? { items: inner.map(itemOf), parameters: parametersOf(parameters) } : itemOf(value)
}

function itemOf(value: unknown): Item {
  const [bare, parameters] = value as [unknown, unknown]
  return { value: bareOf(bare), parameters: parametersOf(parameters) }
}

function parametersOf(value: unknown): Parameters {
  return (value as Array<[string, unknown]>).map(([key, bare]) => [key, bareOf(bare)] as const)
}

function bareOf(value: unknown): BareItem {
  if (typeof value !== 'object' || value === null || 'decimal' in value) return value as BareItem
  const { __type: type, value: inner } = value as { __type: string; value: unknown }
  switch (type) {
    case 'token':
      return { token: String(inner) }
    case 'binary':
      return base32(String(inner))
    case 'date':
      return { date: Number(inner) }
    case 'displaystring':
      return { display: String(inner) }
    default:
      throw new Error(`unknown type in the test data: ${type}`)
  }
}

// The source text that a reviver is handed (ECMAScript 2026) is not in the library's types yet.
type SourceReviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown
const parseWithSource = JSON.parse as (text: string, reviver: SourceReviver) => unknown

// `1.0` and `1` are one number after JSON.parse, and two types on the wire: the source text tells them apart.
function parseRecords(text: string): Record[] {
  return parseWithSource(text, (_key, value, { source = '' }) =>
    typeof value === 'number' && /[.eE]/.test(source) ? { decimal: value } : value,
  ) as Record[]
}

function base32(text: string): Uint8Array {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bytes: number[] = []
  let bits = 0
  let held = 0
  for (const character of text.replace(/=+$/, '')) {
    held = ((held << 5) | alphabet.indexOf(character)) & 0xfff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes.push((held >> bits) & 0xff)
    }
  }
  return Uint8Array.from(bytes)
}

function jsonFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter(name => name.endsWith('.json'))
    .sort()
    .map(name => path.join(folder, name))
}
