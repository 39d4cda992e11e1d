// Our validator against another implementation on schemas and values that nobody thought of.
import {
  registerSchema,
  setShouldValidateFormat,
  unregisterSchema,
  validate,
} from '@hyperjump/json-schema/draft-2020-12'
import '@hyperjump/json-schema/draft-07'
import * as fc from 'fast-check'
import { compileJsonSchema, type Validate } from '../../src/lib/json-schema/json-schema.ts'
import { SchemaError } from '../../src/lib/json-schema/schema-error.ts'
import { compilePattern } from '../../src/policies/json-schema/pattern.ts'

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }
type Schema = boolean | { [keyword: string]: unknown }

const name = fc.constantFrom('a', 'b', 'c', 'toString', 'constructor', 'length', 'é')
const plain = fc.constantFrom<Json>(
  null,
  true,
  false,
  0,
  1,
  -1,
  2,
  1.5,
  0.1,
  0.3,
  3,
  10,
  '',
  'a',
  'ab',
  'abc',
  '😀',
  '1',
)
const { value, schema } = fc.letrec<{ value: Json; schema: Schema }>(tie => ({
  value: fc.oneof(
    { maxDepth: 3 },
    plain,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
  schema: fc.oneof({ maxDepth: 3, withCrossShrink: true }, fc.boolean(), keywords(tie('schema'), tie('value'))),
}))

function keywords(inner: fc.Arbitrary<Schema>, operand: fc.Arbitrary<Json>): fc.Arbitrary<Schema> {
  const list = fc.array(inner, { minLength: 1, maxLength: 3 })
  const map = fc.dictionary(name, inner, { maxKeys: 3, noNullPrototype: true })
  const few = fc.nat(3)
  const types = fc.constantFrom('null', 'boolean', 'integer', 'number', 'string', 'array', 'object')
  const names = fc.uniqueArray(name, { maxLength: 2 })
  const all = {
    type: fc.oneof(types, fc.uniqueArray(types, { minLength: 1, maxLength: 3 })),
    const: operand,
    enum: fc.array(operand, { minLength: 1, maxLength: 3 }),
    minimum: fc.constantFrom(-1, 0, 1.5),
    exclusiveMaximum: fc.constantFrom(0, 2, 10),
    // Decimals such as 0.1 are left out: the other implementation divides doubles there and calls -1 no multiple of it.
    multipleOf: fc.constantFrom(1, 2, 0.5, 3),
    minLength: few,
    maxLength: few,
    pattern: fc.constantFrom('^a', 'b$', '^.$', '[a-c]{2}', '\\d'),
    items: inner,
    prefixItems: list,
    contains: inner,
    minItems: few,
    maxItems: few,
    uniqueItems: fc.boolean(),
    properties: map,
    patternProperties: fc.dictionary(fc.constantFrom('^a', 'o', 't.$'), inner, { maxKeys: 2, noNullPrototype: true }),
    additionalProperties: inner,
    propertyNames: inner,
    required: names,
    minProperties: few,
    maxProperties: few,
    dependentRequired: fc.dictionary(name, names, { maxKeys: 2, noNullPrototype: true }),
    dependentSchemas: map,
    allOf: list,
    anyOf: list,
    oneOf: list,
    not: inner,
    unevaluatedItems: inner,
    unevaluatedProperties: inner,
    $ref: fc.constantFrom('#/$defs/x', '#/$defs/y'),
  }
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword; it is never awaited.
  const conditional = sometimes(fc.record({ if: inner, then: inner, else: inner }))
  const counted = sometimes(fc.record({ contains: inner, minContains: few, maxContains: few }))
  return fc
    .tuple(fc.subarray(Object.keys(all) as Array<keyof typeof all>, { maxLength: 4 }), conditional, counted)
    .chain(([chosen, branch, count]) =>
      fc
        .record(Object.fromEntries(chosen.map(key => [key, all[key]])))
        .map(picked => ({ ...picked, ...branch, ...count })),
    )
}

function sometimes<T extends object>(part: fc.Arbitrary<T>): fc.Arbitrary<T | object> {
  return fc.oneof({ weight: 5, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: part })
}

const uri = 'https://fuzz.example/schema'

/** Throws with schema and value when the two disagree. */
export async function fuzz(budgetMs: number): Promise<{ name: string; runs: number }> {
  setShouldValidateFormat(false)
  const until = performance.now() + budgetMs
  let runs = 0
  do {
    await fc.assert(
      fc.asyncProperty(
        schema,
        schema,
        schema,
        fc.array(value, { minLength: 1, maxLength: 8 }),
        async (root, x, y, values) => {
          const document = { $schema: 'https://json-schema.org/draft/2020-12/schema', $defs: { x, y }, allOf: [root] }
          let ours: Validate
          try {
            ours = compileJsonSchema({
              schema: document,
              dialect: '2020-12',
              assertFormats: false,
              pattern: compilePattern,
            })
          } catch (error) {
            // A circle of references is refused at load; the other implementation would not come back from it.
            if (error instanceof SchemaError && error.issues.every(issue => /never end/.test(issue.reason))) return
            throw error
          }
          registerSchema(document as Parameters<typeof registerSchema>[0], uri)
          try {
            const theirs = await validate(uri)
            for (const one of values) {
              runs++
              const failure = ours(one, 100_000)
              if (failure?.rule === 'effort') continue
              if ((failure === null) !== theirs(one).valid)
                throw new Error(
                  `${JSON.stringify(document)}\n  on ${JSON.stringify(one)}: ours ${failure === null ? 'accepts' : `refuses (${failure.rule})`}`,
                )
            }
          } finally {
            unregisterSchema(uri)
          }
        },
      ),
      { numRuns: 100, endOnFailure: true, interruptAfterTimeLimit: Math.max(1, until - performance.now()) },
    )
  } while (performance.now() < until)
  return { name: 'json-schema', runs }
}
