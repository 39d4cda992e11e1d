import { rankOf } from '../../lib/distinct-sample.ts'
import { wilsonLower } from '../../lib/wilson.ts'
import type { JsonSchema } from '../model/operation.ts'
import { widened } from './margins.ts'
import { isKindOfName } from './safe-name.ts'
import { type Member, ValueNode } from './value-node.ts'

export interface SchemaOptions {
  /**
   * For a policy that refuses: `additionalProperties: false`, `required` and bounds, each where enough was seen for it. Without, the schema
   * describes: bounds and required fields, open objects.
   */
  readonly strict?: boolean
  /** 0–1: how sure a statement must be to be made; 0.8 (about 16 values without exception) when absent. */
  readonly confidence?: number
  /** Adds `x-seen` (values) and `x-confidence` (by keyword) to every schema. */
  readonly annotate?: boolean
  /** The values are texts that may spell numbers: what is a number once and a word another time is a text. */
  readonly parameter?: boolean
}

const openFormats = new Set(['email', 'uri'])

type Draft = Record<string, unknown>

interface Output {
  readonly strict: boolean
  readonly level: number
  readonly annotate: boolean
}

const confidenceDefault = 0.8
/** One in 2,000 unseen: more and a day of calls would meet it. */
const unseenMax = 0.0005
const mapNamesMin = 16
/** Characters of a number in a parameter. */
const spelledMax = 20

const kindPatterns: Readonly<Record<string, string>> = {
  '{uuid}': '^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$',
  '{integer}': '^[\\-+]?[0-9]+$',
  '{number}': '^[\\-+]?[0-9]+\\.[0-9]+$',
  '{ulid}': '^[0-7][0-9A-HJKMNP-TV-Z]{25}$',
  '{object-id}': '^[0-9A-Fa-f]{24}$',
  '{hash}': '^[0-9A-Fa-f]+$',
  '{date}': '^[0-9]{4}-[0-9]{2}-[0-9]{2}$',
  '{email}': '@',
}

/** What was seen of a place as JSON Schema 2020-12. Every keyword is one that our own validator (lib/json-schema) asserts. */
export function schemaOf(node: ValueNode, options: SchemaOptions): JsonSchema {
  const output = {
    strict: options.strict === true,
    level: options.confidence ?? confidenceDefault,
    annotate: options.annotate === true,
  }
  return options.parameter === true ? parameterSchema(node, output) : valueSchema(node, output)
}

function valueSchema(node: ValueNode, output: Output): JsonSchema {
  const [nulls, booleans, integers, numbers, strings, arrays, objects] = node.counts
  const seen = node.seen
  const sure = wilsonLower(seen, seen)
  const schema: Draft = {}
  const confidence: Draft = {}
  if (output.annotate) schema['x-seen'] = seen
  if (seen > 0 && seen > nulls && (sure >= Math.min(output.level, 0.5) || !output.strict)) {
    const types: string[] = []
    if (strings > 0) types.push('string')
    if (numbers > 0) types.push('number')
    else if (integers > 0) types.push('integer')
    if (booleans > 0) types.push('boolean')
    if (arrays > 0) types.push('array')
    if (objects > 0) types.push('object')
    if (nulls > 0) types.push('null')
    schema['type'] = types.length === 1 ? types[0] : types
    confidence['type'] = round(sure)
  }
  if (strings > 0) textKeywords(node, schema, confidence, output)
  if (integers + numbers > 0) numberKeywords(node, schema, confidence, output)
  if (arrays > 0) arrayKeywords(node, schema, confidence, output)
  if (objects > 0) objectKeywords(node, schema, confidence, output)
  if (output.annotate && Object.keys(confidence).length > 0) schema['x-confidence'] = confidence
  return schema
}

function textKeywords(node: ValueNode, schema: Draft, confidence: Draft, output: Output): void {
  const { texts } = node
  if (texts === null) return
  const sure = wilsonLower(texts.count, texts.count)
  if (sure < output.level) return
  const words = texts.words()
  // `enum` would refuse the values of the other kinds.
  if (words !== null && node.seen === texts.count + node.counts[0]) {
    schema['enum'] = node.counts[0] > 0 ? [...words, null] : [...words]
    confidence['enum'] = round(sure)
    return
  }
  const format = texts.format()
  if (format !== null) {
    Object.assign(schema, format)
    confidence['format' in format ? 'format' : 'pattern'] = round(sure)
  }
  const lengths = texts.lengths()
  // What has a form has its lengths by it, but for those that go on as long as they like.
  const bound = format === null || 'pattern' in format || openFormats.has(format.format)
  if (lengths !== null && bound) {
    if (lengths.low > 0 && format === null) schema['minLength'] = lengths.low
    schema['maxLength'] = lengths.high
    confidence['maxLength'] = round(sure)
  }
  if (format === null) {
    const pattern = texts.pattern()
    if (pattern !== null) {
      schema['pattern'] = pattern
      confidence['pattern'] = round(sure)
    }
  }
}

function numberKeywords(node: ValueNode, schema: Draft, confidence: Draft, output: Output): void {
  const { numbers } = node
  if (numbers === null) return
  const sure = wilsonLower(numbers.count, numbers.count)
  const range = numbers.range()
  if (range === null || sure < output.level) return
  schema['minimum'] = range.low
  schema['maximum'] = range.high
  confidence['maximum'] = round(sure)
}

function arrayKeywords(node: ValueNode, schema: Draft, confidence: Draft, output: Output): void {
  const count = node.counts[5]
  if (node.items !== null) schema['items'] = valueSchema(node.items, output)
  const sure = wilsonLower(count, count)
  if (sure < output.level || node.lengths === null) return
  const { high } = widened({
    count,
    min: node.itemsMin,
    max: node.itemsMax,
    median: Math.min(node.itemsMax, Math.max(node.itemsMin, node.lengths.quantile(0.5))),
    atMin: null,
    atMax: null,
  })
  if (node.itemsMin > 0) schema['minItems'] = 1
  schema['maxItems'] = Math.max(Math.ceil(high), node.itemsMax + 4)
  confidence['maxItems'] = round(sure)
}

function objectKeywords(node: ValueNode, schema: Draft, confidence: Draft, output: Output): void {
  const count = node.counts[6]
  const all = [...(node.fields ?? [])].sort((a, b) => (a[0] < b[0] ? -1 : 1))
  const kindNamed = all.filter(([name]) => isKindOfName(name))
  const { fixed, loose } = split(
    all.filter(([name]) => !isKindOfName(name)),
    node,
  )
  const properties: Array<readonly [string, JsonSchema]> = []
  const required: string[] = []
  for (const [name, { presence, node: inner }] of fixed) {
    properties.push([name, valueSchema(inner, output)])
    if (presence >= count && wilsonLower(presence, count) >= output.level) required.push(name)
  }
  if (properties.length > 0 || kindNamed.length + loose.length === 0)
    schema['properties'] = Object.fromEntries(properties)
  if (required.length > 0) {
    schema['required'] = required
    confidence['required'] = round(wilsonLower(count, count))
  }

  const patterns: Array<readonly [string, JsonSchema]> = []
  let open: ValueNode[] = loose.map(([, member]) => member.node)
  for (const [name, { node: inner }] of kindNamed) {
    const pattern = kindPatterns[name]
    if (pattern === undefined) open = [...open, inner]
    else patterns.push([pattern, valueSchema(inner, output)])
  }
  if (patterns.length > 0) schema['patternProperties'] = Object.fromEntries(patterns)
  if (open.length > 0) {
    const fused = fusedOf(open)
    // Values of many kinds are no map: then nothing is said of names that were not seen.
    if (kindsOf(fused) === 1) schema['additionalProperties'] = valueSchema(fused, output)
    return
  }
  const sure = closed(node, [...fixed, ...kindNamed], count)
  if (output.strict && sure >= output.level) {
    schema['additionalProperties'] = false
    confidence['additionalProperties'] = round(sure)
  }
}

/** How sure it is that no other member will come: by how many were seen only once (Good and Turing); 0 when any was left out. */
function closed(node: ValueNode, fields: ReadonlyArray<readonly [string, Member]>, count: number): number {
  let kept = 0
  let once = 0
  for (const [, { presence }] of fields) {
    kept += presence
    if (presence === 1) once++
  }
  if (node.cut > 0 || kept < node.members) return 0
  return once / count > unseenMax ? 0 : wilsonLower(count, count)
}

/** Names of the interface, and names that are data: many, each in few of the objects, new ones all the time. */
function split(
  fields: ReadonlyArray<readonly [string, Member]>,
  node: ValueNode,
): {
  readonly fixed: ReadonlyArray<readonly [string, Member]>
  readonly loose: ReadonlyArray<readonly [string, Member]>
} {
  const count = node.counts[6]
  const rare = fields.filter(([, { presence }]) => presence * 4 < count)
  const once = rare.filter(([, { presence }]) => presence <= 2).length
  let kept = 0
  for (const [, { presence }] of fields) kept += presence
  const flooded = kept < node.members && fields.length >= mapNamesMin
  // Each object with other names of its own: then even 16 names of one kind are a map.
  if (!(rare.length >= mapNamesMin && (once >= rare.length * 0.3 || flooded)) && !(count === 1 && flooded))
    return { fixed: fields, loose: [] }
  if (kindsOf(fusedOf(rare.map(([, member]) => member.node))) !== 1) return { fixed: fields, loose: [] }
  const loose = new Set(rare.map(([name]) => name))
  return { fixed: fields.filter(([name]) => !loose.has(name)), loose: rare }
}

/** Kinds of values beside null; integers are numbers. */
function kindsOf(node: ValueNode): number {
  const [, booleans, integers, numbers, strings, arrays, objects] = node.counts
  return [booleans, integers + numbers, strings, arrays, objects].filter(count => count > 0).length
}

function fusedOf(nodes: readonly ValueNode[]): ValueNode {
  const fused = new ValueNode(0, rankOf('map'))
  let left = 2000
  const budget = {
    admits: () => left > 0,
    made: () => {
      left--
    },
  }
  for (const node of nodes) fused.merge(node, budget)
  return fused
}

/** A text on the wire: a value that is a number in one call and a word in the next is a text, with nothing known of its form. */
function parameterSchema(node: ValueNode, output: Output): JsonSchema {
  const [, booleans, integers, numbers, strings] = node.counts
  const kindsSeen = [booleans, integers + numbers, strings].filter(count => count > 0).length
  if (kindsSeen <= 1) return valueSchema(node, output)
  // Of its form nothing is known, of its length all that the words say: a number is spelled in 20 characters at the most (scalar.ts).
  const lengths = node.texts?.lengths() ?? null
  const sure = wilsonLower(strings, strings)
  return {
    type: 'string',
    ...(lengths === null || sure < output.level ? {} : { maxLength: Math.max(lengths.high, spelledMax) }),
    ...(output.annotate ? { 'x-seen': node.seen } : {}),
  }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
