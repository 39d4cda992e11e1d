import { parseYaml, YAML_DEPTH_MAX, YAML_TEXT_MAX, type YamlIssue, type YamlResult } from '../../../core/yaml.ts'
import type { JsonSchema } from '../../model/operation.ts'
import { Definitions } from './definitions.ts'
import type {
  DeclaredContent,
  DeclaredOperation,
  DeclaredParameter,
  DeclaredResponse,
  OpenApiDocument,
} from './document.ts'
import { follow, isMap, type JsonMap } from './references.ts'
import { securityOf, securitySchemes } from './security.ts'
import { serversOf, type Server } from './servers.ts'
import { escapePointer } from './translate-schema.ts'

/** `issues`: in words, with the source and the place; `faults`: the same with the place apart. */
export type OpenApiResult =
  | { readonly document: OpenApiDocument }
  | { readonly issues: readonly string[]; readonly faults: readonly YamlIssue[] }

const operationsMax = 10_000
const parametersMax = 200
/** No API has longer ones; calls are looked at to a depth of half as much. */
const pathMax = { length: 2048, segments: 64 }
const schemasMax = 200_000
const valuesMax = 2_000_000
const warningsMax = 200

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query'] as const
const states: ReadonlySet<unknown> = new Set(['design', 'live', 'deprecated', 'retired'])

/**
 * An OpenAPI 3.0, 3.1 or 3.2 document (JSON or YAML), or why it is none. Nothing is fetched: what it refers to outside itself stays unknown
 * and is a warning. A document may be hostile: size, depth, circles and numbers are bounded, and what goes beyond is said.
 */
export function readOpenApi(text: string, source: string): OpenApiResult {
  const parsed = parse(text)
  if ('issues' in parsed) return broken(source, parsed.issues)
  const root = parsed.value
  if (!isMap(root)) return broken(source, [atStart('is no OpenAPI document: not an object')])
  const openapi = versionOf(root)
  if (openapi === null) {
    const written = root['openapi'] ?? root['swagger']
    const reason =
      written === undefined
        ? 'is no OpenAPI document: it has no openapi field'
        : `is version ${String(written).slice(0, 20)}; 3.0, 3.1 and 3.2 are read`
    return broken(source, [atStart(reason)])
  }
  return { document: new DocumentReader(root, source, openapi).read() }
}

const atStart = (reason: string): YamlIssue => ({ line: 1, column: 1, reason })

function broken(source: string, faults: readonly YamlIssue[]): OpenApiResult {
  return { issues: faults.map(({ line, column, reason }) => `${source}:${line}:${column} ${reason}`), faults }
}

/** JSON first: it is far faster, and these documents are often large. */
function parse(text: string): YamlResult {
  if (text.length > YAML_TEXT_MAX) return { issues: [atStart(`is larger than ${YAML_TEXT_MAX / 1024 / 1024} MiB`)] }
  if (/^\s*\{/.test(text)) {
    try {
      const value: unknown = JSON.parse(text)
      const tooMuch = beyondBounds(value)
      return tooMuch === null ? { value } : { issues: [atStart(tooMuch)] }
    } catch {
      // Flow YAML begins like JSON; its own error says more too.
    }
  }
  return parseYaml(text)
}

/** Without recursion: the depth is the sender's choice. */
function beyondBounds(root: unknown): string | null {
  let level: unknown[] = [root]
  let values = 0
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > YAML_DEPTH_MAX) return 'nested too deeply'
    const next: unknown[] = []
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue
      for (const part of Object.values(value)) next.push(part)
    }
    values += next.length
    if (values > valuesMax) return `holds more than ${valuesMax} values`
    level = next
  }
  return null
}

function versionOf(root: JsonMap): '3.0' | '3.1' | '3.2' | null {
  const written = /^3\.([012])(?:\.|$)/.exec(String(root['openapi'] ?? ''))?.[1]
  return written === undefined ? null : (`3.${written}` as '3.0' | '3.1' | '3.2')
}

class DocumentReader {
  readonly #root: JsonMap
  readonly #source: string
  readonly #openapi: '3.0' | '3.1' | '3.2'
  readonly #warnings: string[] = []
  readonly #definitions: Definitions
  #unsaid = 0

  constructor(root: JsonMap, source: string, openapi: '3.0' | '3.1' | '3.2') {
    this.#root = root
    this.#source = source
    this.#openapi = openapi
    const warn = (pointer: string, what: string): void => this.#warn(pointer, what)
    this.#definitions = new Definitions(root, { openapi, warn, budget: { left: schemasMax } })
  }

  read(): OpenApiDocument {
    const info = isMap(this.#root['info']) ? this.#root['info'] : {}
    const servers = serversOf(this.#root['servers'])
    const operations = this.#operations(servers)
    if (this.#unsaid > 0) this.#warnings.push(`${this.#unsaid} more warnings`)
    return {
      source: this.#source,
      title: text(info['title']) ?? '',
      version: text(info['version']) ?? '',
      openapi: this.#openapi,
      servers: servers.map(server => server.url),
      operations,
      securitySchemes: securitySchemes(this.#root),
      definitions: this.#definitions.all(),
      warnings: this.#warnings,
    }
  }

  #warn(pointer: string, what: string): void {
    if (this.#warnings.length < warningsMax) this.#warnings.push(`${pointer === '' ? '/' : pointer}: ${what}`)
    else this.#unsaid++
  }

  #operations(servers: readonly Server[]): DeclaredOperation[] {
    const out: DeclaredOperation[] = []
    const paths = isMap(this.#root['paths']) ? this.#root['paths'] : {}
    for (const [path, written] of Object.entries(paths)) {
      if (path.startsWith('x-')) continue
      const pointer = `/paths/${escapePointer(path)}`
      const item = this.#map(written, pointer)
      if (item === null) continue
      if (!path.startsWith('/')) {
        this.#warn(pointer, 'is no path: it does not begin with a slash')
        continue
      }
      if (path.length > pathMax.length || path.split('/').length > pathMax.segments + 1) {
        this.#warn(pointer.slice(0, 100), `is longer than ${pathMax.length} characters or ${pathMax.segments} segments`)
        continue
      }
      const extra = isMap(item['additionalOperations']) ? Object.entries(item['additionalOperations']) : []
      for (const [method, operation, place] of [
        ...methods.map(method => [method.toUpperCase(), item[method], `${pointer}/${method}`] as const),
        ...extra.map(([name, part]) => [name.toUpperCase(), part, `${pointer}/additionalOperations/${name}`] as const),
      ]) {
        if (operation === undefined) continue
        if (out.length >= operationsMax) {
          this.#warn(pointer, `lies beyond the first ${operationsMax} operations and is left out`)
          return out
        }
        if (isMap(operation)) out.push(this.#operation({ method, path, item, operation, pointer: place, servers }))
        else this.#warn(place, 'is no operation')
      }
    }
    return out
  }

  #operation(written: {
    readonly method: string
    readonly path: string
    readonly item: JsonMap
    readonly operation: JsonMap
    readonly pointer: string
    readonly servers: readonly Server[]
  }): DeclaredOperation {
    const { method, path, item, operation, pointer } = written
    const own = operation['servers'] ?? item['servers']
    const servers = Array.isArray(own) && own.length > 0 ? serversOf(own) : written.servers
    const sunset = text(operation['x-sunset'])
    const ends = sunset === null ? Number.NaN : Date.parse(sunset)
    const state = operation['x-lifecycle'] ?? operation['x-state']
    return {
      method,
      path,
      templates: [...new Set([...servers.map(server => server.basePath + path), path])],
      hosts: [...new Set(servers.flatMap(server => server.host ?? []))],
      schemes: [...new Set(servers.flatMap(server => server.scheme ?? []))],
      operationId: text(operation['operationId']),
      summary: text(operation['summary']),
      tags: Array.isArray(operation['tags'])
        ? operation['tags'].filter(tag => typeof tag === 'string').slice(0, 20)
        : [],
      deprecated: operation['deprecated'] === true,
      sunset: Number.isNaN(ends) ? null : new Date(ends).toISOString(),
      state: states.has(state) ? (state as DeclaredOperation['state']) : null,
      parameters: this.#parameters(item['parameters'], operation['parameters'], pointer),
      request: this.#request(operation['requestBody'], `${pointer}/requestBody`),
      responses: this.#responses(operation['responses'], `${pointer}/responses`),
      security: securityOf(operation['security'] ?? this.#root['security']),
      pointer,
    }
  }

  /** Those of the path, unless the operation has one of the same place and name. */
  #parameters(ofPath: unknown, own: unknown, pointer: string): DeclaredParameter[] {
    const found = new Map<string, DeclaredParameter>()
    for (const list of [ofPath, own]) {
      if (!Array.isArray(list)) continue
      for (const [i, written] of list.entries()) {
        const at = `${pointer}/parameters/${i}`
        const parameter = this.#map(written, at)
        if (parameter === null) continue
        const { in: place, name } = parameter
        if (typeof name !== 'string' || name === '' || !isPlace(place)) {
          this.#warn(
            at,
            `is a parameter ${typeof place === 'string' ? `in ${place.slice(0, 20)}` : 'without a place'}, which is left out`,
          )
          continue
        }
        if (found.size >= parametersMax) {
          this.#warn(at, `lies beyond the first ${parametersMax} parameters and is left out`)
          break
        }
        const spelled = place === 'header' ? name.toLowerCase() : name
        const content = isMap(parameter['content']) ? Object.values(parameter['content'])[0] : undefined
        const schema = parameter['schema'] ?? (isMap(content) ? content['schema'] : undefined)
        const style = text(parameter['style']) ?? (place === 'query' || place === 'cookie' ? 'form' : 'simple')
        found.set(`${place} ${spelled}`, {
          in: place,
          name: spelled,
          required: place === 'path' || parameter['required'] === true,
          deprecated: parameter['deprecated'] === true,
          schema: schema === undefined ? true : this.#schema(schema, `${at}/schema`),
          style: content === undefined ? style : null,
          explode: typeof parameter['explode'] === 'boolean' ? parameter['explode'] : style === 'form',
        })
      }
    }
    return [...found.values()]
  }

  #request(written: unknown, pointer: string): DeclaredOperation['request'] {
    if (written === undefined) return null
    const body = this.#map(written, pointer)
    return body === null
      ? null
      : { required: body['required'] === true, content: this.#content(body['content'], pointer) }
  }

  #responses(written: unknown, pointer: string): DeclaredResponse[] {
    if (!isMap(written)) return []
    return Object.entries(written).flatMap(([status, value]): DeclaredResponse[] => {
      if (!/^(?:[1-5](?:\d\d|XX)|default)$/i.test(status)) return []
      const response = this.#map(value, `${pointer}/${status}`)
      if (response === null) return []
      const fields = isMap(response['headers']) ? Object.keys(response['headers']) : []
      return [
        {
          status: status === 'default' ? status : status.toUpperCase(),
          content: this.#content(response['content'], `${pointer}/${status}`),
          fields: fields.map(name => name.toLowerCase()),
        },
      ]
    })
  }

  #content(written: unknown, pointer: string): DeclaredContent[] {
    if (!isMap(written)) return []
    return Object.entries(written)
      .slice(0, 50)
      .map(([mediaType, value]) => {
        const at = `${pointer}/content/${escapePointer(mediaType)}`
        // 3.2 lets a media type be a reference too.
        const media = this.#map(value, at)
        const schema = media?.['schema']
        return {
          mediaType: mediaType.replace(/;.*$/s, '').trim().toLowerCase(),
          schema: schema === undefined ? null : this.#schema(schema, `${at}/schema`),
        }
      })
  }

  #schema(schema: unknown, pointer: string): JsonSchema {
    return this.#definitions.translate(schema, pointer)
  }

  /** What stands here or what it refers to, when that is an object. */
  #map(value: unknown, pointer: string): JsonMap | null {
    const found = follow(this.#root, value, pointer)
    if ('reason' in found) this.#warn(pointer, found.reason)
    else if (isMap(found.value)) return found.value
    else this.#warn(pointer, 'is not an object')
    return null
  }
}

function isPlace(place: unknown): place is DeclaredParameter['in'] {
  return place === 'path' || place === 'query' || place === 'header' || place === 'cookie'
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, 1000) : null
}
