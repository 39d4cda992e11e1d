/** The dialects of JSON Schema that are understood; anything else is refused at load. */
export type Dialect = 'draft-07' | '2019-09' | '2020-12'

/**
 * What the value of a keyword is: a schema, a list of schemas, a map of schemas, `items` (schema or list), `dependencies`
 * (map of schemas or names), an assertion's operand, a core keyword, or an annotation that decides nothing.
 */
export type KeywordKind = 'schema' | 'list' | 'map' | 'items' | 'dependencies' | 'operand' | 'core' | 'annotation'

/** The dialect that a `$schema` names; null when it is not one of ours. An empty fragment is the same name. */
export function dialectOf(uri: string): Dialect | null {
  const name = uri.endsWith('#') ? uri.slice(0, -1) : uri
  return names.get(name) ?? null
}

/** The meta-schema's URI of each dialect, without fragment. */
export const metaSchemaUri: Readonly<Record<Dialect, string>> = {
  'draft-07': 'http://json-schema.org/draft-07/schema',
  '2019-09': 'https://json-schema.org/draft/2019-09/schema',
  '2020-12': 'https://json-schema.org/draft/2020-12/schema',
}

const names = new Map<string, Dialect>([
  ['http://json-schema.org/draft-07/schema', 'draft-07'],
  ['https://json-schema.org/draft-07/schema', 'draft-07'],
  ['https://json-schema.org/draft/2019-09/schema', '2019-09'],
  ['https://json-schema.org/draft/2020-12/schema', '2020-12'],
])

const shared: Readonly<Record<string, KeywordKind>> = {
  $id: 'core',
  $schema: 'core',
  $ref: 'core',
  $comment: 'annotation',
  title: 'annotation',
  description: 'annotation',
  default: 'annotation',
  examples: 'annotation',
  readOnly: 'annotation',
  writeOnly: 'annotation',
  contentEncoding: 'annotation',
  contentMediaType: 'annotation',
  type: 'operand',
  const: 'operand',
  enum: 'operand',
  multipleOf: 'operand',
  maximum: 'operand',
  exclusiveMaximum: 'operand',
  minimum: 'operand',
  exclusiveMinimum: 'operand',
  maxLength: 'operand',
  minLength: 'operand',
  pattern: 'operand',
  format: 'operand',
  maxItems: 'operand',
  minItems: 'operand',
  uniqueItems: 'operand',
  maxProperties: 'operand',
  minProperties: 'operand',
  required: 'operand',
  contains: 'schema',
  properties: 'map',
  patternProperties: 'map',
  additionalProperties: 'schema',
  propertyNames: 'schema',
  if: 'schema',
  // oxlint-disable-next-line unicorn/no-thenable -- the keyword's name; the table is never awaited.
  then: 'schema',
  else: 'schema',
  allOf: 'list',
  anyOf: 'list',
  oneOf: 'list',
  not: 'schema',
  // 2019-09 renamed it to $defs and keeps the old name as a place to refer to.
  definitions: 'map',
}

const since2019: Readonly<Record<string, KeywordKind>> = {
  $anchor: 'core',
  $vocabulary: 'core',
  $defs: 'map',
  deprecated: 'annotation',
  contentSchema: 'schema',
  dependentRequired: 'operand',
  dependentSchemas: 'map',
  unevaluatedItems: 'schema',
  unevaluatedProperties: 'schema',
  maxContains: 'operand',
  minContains: 'operand',
}

/** Every keyword of a dialect. A name that is not here is a misspelling or a promise that nothing keeps. */
export const keywords: Readonly<Record<Dialect, ReadonlyMap<string, KeywordKind>>> = {
  'draft-07': new Map(
    Object.entries({ ...shared, items: 'items', additionalItems: 'schema', dependencies: 'dependencies' }),
  ),
  '2019-09': new Map(
    Object.entries({
      ...shared,
      ...since2019,
      items: 'items',
      additionalItems: 'schema',
      $recursiveRef: 'core',
      $recursiveAnchor: 'core',
    }),
  ),
  '2020-12': new Map(
    Object.entries({
      ...shared,
      ...since2019,
      items: 'schema',
      prefixItems: 'list',
      $dynamicRef: 'core',
      $dynamicAnchor: 'core',
    }),
  ),
}
