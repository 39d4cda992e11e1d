import { dialectOf, keywords, metaSchemaUri, type Dialect, type KeywordKind } from './dialects.ts'
import { pointerSegment, SchemaError, type SchemaIssue } from './schema-error.ts'

/** An object that stands where a schema stands. */
export type SchemaObject = Readonly<Record<string, unknown>>
export type Schema = SchemaObject | boolean

/** A schema with an URI of its own: a document, or a part of one that has `$id`. */
export interface Resource {
  readonly uri: string
  readonly root: SchemaObject
  readonly dialect: Dialect
  readonly anchors: Map<string, SchemaObject>
  readonly dynamicAnchors: Map<string, SchemaObject>
}

export interface SchemaPlace {
  readonly resource: Resource
  /** The document that it stands in; '' = the main one. */
  readonly document: string
  readonly pointer: string
}

/** All schemas that may be referred to, each with its place. Nothing is ever fetched. */
export interface Bundle {
  readonly root: Schema
  readonly issues: SchemaIssue[]
  /** Every document, and every part of one that has a URI of its own. */
  readonly resources: ReadonlySet<Resource>
  place(schema: SchemaObject): SchemaPlace
  /** What a reference written in `from` points at; undefined when it points at nothing, or at something that is no schema. */
  resolve(reference: string, from: SchemaObject): Schema | undefined
}

export interface BundleInput {
  readonly schema: unknown
  /** Further documents by absolute URI. */
  readonly documents?: Readonly<Record<string, unknown>>
  /** When nothing names a dialect. */
  readonly dialect: Dialect
  /** The documents are the meta-schemas themselves: `$vocabulary` may stand in them. */
  readonly trusted?: true
}

// YAML aliases can make a small document huge, and every node costs compile time.
const nodesMax = 100_000
const depthMax = 200
/** The base of a document without `$id`. It cannot be written as a reference by accident. */
const rootUri = 'portcullis-schema://main/'

/** Indexes documents: resources by URI, anchors, and the place of every schema. Problems are collected, not thrown. */
export function bundleSchemas(input: BundleInput): Bundle {
  const issues: SchemaIssue[] = []
  const resources = new Map<string, Resource>()
  const places = new Map<SchemaObject, SchemaPlace>()
  const booleans = new Set<string>()
  const budget = { nodes: nodesMax }

  const report = (document: string, pointer: string, reason: string, hint?: string): void => {
    issues.push({ document, pointer, reason, ...(hint === undefined ? {} : { hint }) })
  }

  const open = (
    uri: string,
    root: SchemaObject,
    dialect: Dialect,
    at: [document: string, pointer: string],
  ): Resource => {
    const resource = { uri, root, dialect, anchors: new Map(), dynamicAnchors: new Map() }
    if (resources.has(uri)) report(at[0], at[1], `two schemas have the URI ${uri}`)
    else resources.set(uri, resource)
    return resource
  }

  const walk = (
    schema: unknown,
    outer: Resource | null,
    base: string,
    at: [document: string, pointer: string],
  ): void => {
    const [document, pointer] = at
    if (typeof schema === 'boolean') {
      booleans.add(`${document}#${pointer}`)
      return
    }
    if (!isObject(schema)) {
      report(document, pointer, 'a schema is an object, true or false')
      return
    }
    const named = schema['$schema']
    let dialect = outer?.dialect ?? input.dialect
    if (typeof named === 'string') {
      const known = dialectOf(named)
      if (known === null)
        report(document, `${pointer}/$schema`, 'this dialect of JSON Schema is not known', dialectHint)
      else dialect = known
      const owns = outer === null || typeof schema['$id'] === 'string'
      if (!owns) report(document, `${pointer}/$schema`, '$schema stands only at the root of a schema or beside $id')
    }
    let resource = outer
    const id = schema['$id']
    const ignoredId = dialect === 'draft-07' && '$ref' in schema
    if (typeof id === 'string' && id.startsWith('#') && dialect === 'draft-07' && !ignoredId && outer !== null) {
      addAnchor(outer.anchors, id.slice(1), schema, at)
    } else if (typeof id === 'string' && !ignoredId) {
      const uri = absolute(id, base)
      if (uri === null || uri.includes('#')) report(document, `${pointer}/$id`, 'not a URI without fragment')
      else if (uri !== base || outer !== null) {
        resource = open(uri, schema, dialect, at)
        // A document is found under the name that it was given and under the one that it gives itself.
        if (outer === null) resources.set(base, resource)
      }
    }
    resource ??= open(base, schema, dialect, at)
    places.set(schema, { resource, document, pointer })

    for (const name of ['$anchor', '$dynamicAnchor']) {
      const anchor = schema[name]
      if (typeof anchor !== 'string' || !keywords[dialect].has(name)) continue
      addAnchor(resource.anchors, anchor, schema, at)
      if (name === '$dynamicAnchor') resource.dynamicAnchors.set(anchor, schema)
    }
    if (dialect === '2019-09' && schema['$recursiveAnchor'] === true && resource.root === schema)
      resource.dynamicAnchors.set(recursive, schema)

    const table = keywords[dialect]
    for (const key of Object.keys(schema)) {
      const kind = table.get(key)
      const here: [string, string] = [document, `${pointer}/${pointerSegment(key)}`]
      if (kind === undefined) {
        // `x-` is set apart for extensions: no keyword begins so, and no misspelling does.
        if (!key.startsWith('x-'))
          report(here[0], here[1], `${dialect} has no keyword of this name`, keywordHint(key, dialect))
      } else
        children(kind, schema[key], (child, path) => walk(child, resource, resource.uri, [document, here[1] + path]))
    }
    checkSilent(schema, dialect, input.trusted === true, (key, reason, hint) =>
      report(document, `${pointer}/${pointerSegment(key)}`, reason, hint),
    )
  }

  const addAnchor = (
    anchors: Map<string, SchemaObject>,
    name: string,
    schema: SchemaObject,
    at: [string, string],
  ): void => {
    if (anchors.has(name) && anchors.get(name) !== schema) report(at[0], at[1], `two schemas have the anchor ${name}`)
    anchors.set(name, schema)
  }

  const copyOf = (value: unknown, document: string): unknown => {
    try {
      return copy(value, depthMax, budget)
    } catch (error) {
      throw new SchemaError([{ document, pointer: '', reason: (error as Error).message }])
    }
  }

  const root = copyOf(input.schema, '')
  for (const [uri, document] of Object.entries(input.documents ?? {})) {
    const base = absolute(uri, undefined)
    if (base === null || base.includes('#')) report(uri, '', 'a document is named by an absolute URI without fragment')
    else walk(copyOf(document, uri), null, base, [uri, ''])
  }
  walk(root, null, rootUri, ['', ''])

  const place = (schema: SchemaObject): SchemaPlace => {
    const found = places.get(schema)
    if (found === undefined) throw new Error('a schema without a place')
    return found
  }

  const resolve = (reference: string, from: SchemaObject): Schema | undefined => {
    const uri = absolute(reference, place(from).resource.uri)
    if (uri === null) return undefined
    const hash = uri.indexOf('#')
    const resource = resources.get(hash < 0 ? uri : uri.slice(0, hash))
    if (resource === undefined) return undefined
    const fragment = decoded(hash < 0 ? '' : uri.slice(hash + 1))
    if (fragment === undefined) return undefined
    if (fragment === '') return resource.root
    if (!fragment.startsWith('/')) return resource.anchors.get(fragment)
    const start = place(resource.root)
    const target = follow(resource.root, fragment)
    if (typeof target === 'boolean')
      return booleans.has(`${start.document}#${start.pointer}${fragment}`) ? target : undefined
    return isObject(target) && places.has(target) ? target : undefined
  }

  return { root: root as Schema, issues, resources: new Set(resources.values()), place, resolve }
}

/** The name under which `$recursiveAnchor: true` is kept: 2019-09 has one unnamed dynamic anchor. */
export const recursive = ''

const dialectHint = `known: ${Object.values(metaSchemaUri).join(', ')}`

/** Calls back for every schema that stands directly below a keyword. */
export function children(kind: KeywordKind, value: unknown, each: (schema: unknown, path: string) => void): void {
  if (kind === 'schema' || (kind === 'items' && !Array.isArray(value))) each(value, '')
  else if (kind === 'list' || kind === 'items') {
    if (Array.isArray(value)) for (const [index, item] of value.entries()) each(item, `/${index}`)
  } else if (kind === 'map' || kind === 'dependencies') {
    if (!isObject(value)) return
    for (const [key, item] of Object.entries(value)) {
      if (kind === 'map' || !Array.isArray(item)) each(item, `/${pointerSegment(key)}`)
    }
  }
}

/** Refuses what the standard says to ignore although its author surely meant it to decide something. */
function checkSilent(
  schema: SchemaObject,
  dialect: Dialect,
  trusted: boolean,
  report: (key: string, reason: string, hint?: string) => void,
): void {
  if (dialect === 'draft-07' && '$ref' in schema) {
    for (const key of Object.keys(schema)) {
      if (key === '$ref' || key === '$schema' || key === 'definitions') continue
      if (keywords[dialect].get(key) !== 'annotation' && !key.startsWith('x-'))
        report(key, 'draft-07 ignores what stands beside $ref', 'put both into allOf')
    }
  }
  if (dialect === 'draft-07') {
    // draft-07 §8 lets a validator enforce them; 2019-09 made them annotations. We do not, so we do not take the promise.
    for (const key of ['contentEncoding', 'contentMediaType'])
      if (key in schema)
        report(key, 'content keywords are not enforced', 'use pattern, or a newer $schema where they only annotate')
  }
  if ('$vocabulary' in schema && !trusted) report('$vocabulary', 'vocabularies of your own are not supported')
  const needs = (key: string, other: string, present: boolean): void => {
    if (key in schema && !present) report(key, `has no effect without ${other}`)
  }
  needs('then', 'if', 'if' in schema)
  needs('else', 'if', 'if' in schema)
  needs('minContains', 'contains', 'contains' in schema)
  needs('maxContains', 'contains', 'contains' in schema)
  needs('additionalItems', 'a list in items', Array.isArray(schema['items']))
}

function keywordHint(key: string, dialect: Dialect): string | undefined {
  if (key === 'dependencies') return 'use dependentRequired or dependentSchemas'
  if (key === 'additionalItems') return 'use prefixItems and items'
  const other = (Object.keys(keywords) as Dialect[]).find(name => keywords[name].has(key))
  if (other !== undefined) return `${other} has it: set $schema`
  const near = [...keywords[dialect].keys()].find(name => isNear(key.toLowerCase(), name.toLowerCase()))
  return near === undefined ? 'names that begin with x- are free for your own use' : `did you mean ${near}?`
}

/** Equal but for one letter too much, too few, wrong, or two that changed places. */
function isNear(a: string, b: string): boolean {
  let start = 0
  while (start < a.length && a[start] === b[start]) start++
  let end = 0
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++
  const left = a.slice(start, a.length - end)
  const right = b.slice(start, b.length - end)
  return (left.length <= 1 && right.length <= 1) || (left.length === 2 && left === `${right[1]}${right[0]}`)
}

function isObject(value: unknown): value is SchemaObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function absolute(reference: string, base: string | undefined): string | null {
  const url = URL.parse(reference, base)
  if (url === null) return null
  return url.href.endsWith('#') ? url.href.slice(0, -1) : url.href
}

function decoded(fragment: string): string | undefined {
  try {
    return decodeURIComponent(fragment)
  } catch {
    return undefined
  }
}

function follow(root: unknown, pointer: string): unknown {
  let value = root
  for (const segment of pointer.slice(1).split('/')) {
    const key = segment.replaceAll('~1', '/').replaceAll('~0', '~')
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

/** A deep copy, so that one object aliased to two places is two schemas, and nothing changes under us. */
function copy(value: unknown, depth: number, budget: { nodes: number }): unknown {
  if (--budget.nodes < 0) throw new Error(`a schema has at most ${nodesMax} values`)
  if (depth === 0) throw new Error(`a schema is nested at most ${depthMax} deep`)
  if (Array.isArray(value)) return value.map(item => copy(item, depth - 1, budget))
  if (value === null || typeof value !== 'object') return value
  if (Object.hasOwn(value, '__proto__'))
    throw new Error('__proto__ cannot be a name in a schema: bodies with it are refused')
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item, depth - 1, budget)]))
}
