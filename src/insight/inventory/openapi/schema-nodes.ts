import type { JsonSchema } from '../../model/operation.ts'

/** One schema that is no reference and no `true`. */
export type SchemaNode = Readonly<Record<string, unknown>>

/** Nodes looked at for one question: references may go in circles, and alternatives multiply. */
const nodesMax = 512
const lists = ['allOf', 'anyOf', 'oneOf'] as const

/**
 * All schemas that hold for a value at a place (`items[].price`; '' is the whole), references followed and alternatives taken together; empty: no document
 * names it. What `additionalProperties` describes is named, what it merely allows is not. Names with dots are found too.
 */
export function nodesAt(
  schema: JsonSchema,
  definitions: Readonly<Record<string, JsonSchema>>,
  place: string,
): SchemaNode[] {
  const found: SchemaNode[] = []
  let left = nodesMax
  const visit = (one: unknown, rest: string): void => {
    if (typeof one !== 'object' || one === null || left-- <= 0) return
    const node = one as SchemaNode
    const reference = node['$ref']
    if (typeof reference === 'string') {
      const name = /^#\/\$defs\/(.+)$/.exec(reference)?.[1]
      if (name !== undefined && Object.hasOwn(definitions, name)) visit(definitions[name], rest)
    }
    for (const list of lists)
      if (Array.isArray(node[list])) for (const each of node[list] as unknown[]) visit(each, rest)
    if (rest === '') {
      found.push(node)
      return
    }
    if (rest.startsWith('[]')) {
      visit(node['items'], behind(rest, 2))
      return
    }
    const properties = node['properties']
    let isNamed = false
    if (typeof properties === 'object' && properties !== null)
      for (const [name, each] of Object.entries(properties)) {
        if (!rest.startsWith(name)) continue
        const after = rest.charAt(name.length)
        if (after !== '' && after !== '.' && after !== '[') continue
        isNamed = true
        // `true` and `{}` name it as well as any other.
        visit(typeof each === 'object' ? each : {}, behind(rest, name.length))
      }
    if (isNamed) return
    const [any] = /^[^.[]+/.exec(rest) ?? ['']
    if (any !== '') visit(node['additionalProperties'], behind(rest, any.length))
  }
  visit(schema, place)
  return found
}

function behind(rest: string, length: number): string {
  return rest.charAt(length) === '.' ? rest.slice(length + 1) : rest.slice(length)
}
