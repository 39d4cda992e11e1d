// JSON-Schema-Test-Suite (json-schema-org) through the very load check and validator that the policy uses.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Dialect } from '../../src/lib/json-schema/dialects.ts'
import { compileJsonSchema, type Validate } from '../../src/lib/json-schema/json-schema.ts'
import { SchemaError } from '../../src/lib/json-schema/schema-error.ts'
import { compilePattern } from '../../src/policies/json-schema/pattern.ts'
import { testData } from '../support/test-data.ts'
import { refusedAtLoad, refusedValues } from './json-schema-exceptions.ts'
import type { SuiteResult } from './suite.ts'

interface Group {
  readonly description: string
  readonly schema: unknown
  readonly tests: ReadonlyArray<{ readonly description: string; readonly data: unknown; readonly valid: boolean }>
}

const drafts: ReadonlyArray<readonly [Dialect, folder: string]> = [
  ['draft-07', 'draft7'],
  ['2019-09', 'draft2019-09'],
  ['2020-12', 'draft2020-12'],
]
const remoteBase = 'http://localhost:1234/'

/** Every case of draft-07, 2019-09 and 2020-12, required and optional. `format` is asserted in optional/format alone, as the suite asks. */
export async function run(): Promise<SuiteResult> {
  const base = testData('json-schema-test-suite')
  const failures: string[] = []
  const used = new Set<string>()
  let ran = 0
  let excepted = 0
  if (base === null) return { suite: 'json-schema', run: 0, failed: 0, excepted: 0, failures }

  const remotes = remotesOf(path.join(base, 'remotes'))
  for (const [dialect, folder] of drafts) {
    const own = (uri: string): boolean =>
      !/^(?:draft|v1)/.test(uri.slice(remoteBase.length)) || uri.startsWith(`${remoteBase}${folder}/`)
    for (const file of filesBelow(path.join(base, 'tests', folder))) {
      const name = path.relative(path.join(base, 'tests', folder), file)
      for (const group of JSON.parse(readFileSync(file, 'utf8')) as Group[]) {
        const label = `${name}: ${group.description}`
        ran += group.tests.length
        const validate = compile(group.schema, dialect, name.startsWith('optional/format/'), schema =>
          reachable(schema, remotes, own),
        )
        if (typeof validate === 'string') {
          // Refusing a schema lets nothing through, so it is safe; it must still be written down with its reason.
          if (refusedAtLoad.has(label)) excepted += group.tests.length
          else failures.push(`${dialect} ${label}: refused at load: ${validate}`)
          used.add(label)
          continue
        }
        for (const one of group.tests) {
          const failure = validate(one.data, 1_000_000)
          if ((failure === null) === one.valid) continue
          const full = `${label}: ${one.description}`
          if (one.valid && refusedValues.has(full)) {
            excepted++
            used.add(full)
          } else failures.push(`${dialect} ${full}: ${failure === null ? 'ACCEPTED' : failure.rule}`)
        }
      }
    }
  }
  for (const name of [...refusedAtLoad.keys(), ...refusedValues.keys()])
    if (!used.has(name)) failures.push(`an exception that nothing needs any more: ${name}`)
  return { suite: 'json-schema', run: ran, failed: failures.length, excepted, failures }
}

function compile(
  schema: unknown,
  dialect: Dialect,
  assertFormats: boolean,
  documentsFor: (schema: unknown) => Record<string, unknown>,
): Validate | string {
  const refers = JSON.stringify(schema).includes(remoteBase)
  const documents = refers ? documentsFor(schema) : {}
  try {
    return compileJsonSchema({ schema, documents, dialect, assertFormats, pattern: compilePattern })
  } catch (error) {
    if (error instanceof SchemaError) return error.message
    throw error
  }
}

/** The remote documents whose names occur in the schema, or in one of those documents; of other drafts only by full URI. */
function reachable(
  schema: unknown,
  remotes: Readonly<Record<string, unknown>>,
  own: (uri: string) => boolean,
): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  const texts = [JSON.stringify(schema)]
  for (let text = texts.pop(); text !== undefined; text = texts.pop()) {
    for (const [uri, document] of Object.entries(remotes)) {
      const otherDraft = !own(uri) && !text.includes(uri)
      if (uri in found || otherDraft || !text.includes(path.basename(uri))) continue
      found[uri] = document
      texts.push(JSON.stringify(document))
    }
  }
  return found
}

function remotesOf(base: string): Record<string, unknown> {
  return Object.fromEntries(
    filesBelow(base).map(file => [remoteBase + path.relative(base, file), JSON.parse(readFileSync(file, 'utf8'))]),
  )
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.json'))
    .sort()
    .map(name => path.join(folder, name))
}
