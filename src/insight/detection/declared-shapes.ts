import type { Inventory } from '../inventory/inventory.ts'
import type { DeclaredContent, DeclaredOperation } from '../inventory/openapi/document.ts'
import { nodesAt, type SchemaNode } from '../inventory/openapi/schema-nodes.ts'
import type { JsonSchema } from '../model/operation.ts'

/** `detector SERVICE METHOD TEMPLATE NAME`, as detectors name shapes of operations. */
const shapeForm = /^([a-z-]+) (\S+) ([A-Z]+) (\/\S*) (.+)$/
const kindForm = /^(.*): (\d+)$/
const kindBits: Readonly<Record<string, number>> = {
  null: 1,
  boolean: 2,
  number: 4,
  integer: 4,
  string: 8,
  array: 16,
  object: 32,
}

type Definitions = Readonly<Record<string, JsonSchema>>

/** Tells of a shape that waits in the quarantine why it is normal: an OpenAPI document declares the parameter, the member or its kind. null: none does. */
export function createDeclaredShapes(inventory: Inventory): (shape: string) => string | null {
  return shape => {
    const [, detector, service, method, template, name] = shapeForm.exec(shape) ?? []
    if (service === undefined || method === undefined || template === undefined || name === undefined) return null
    const declaration = inventory.declarationOf(service, method, template)
    if (declaration === null) return null
    const { operation, document } = declaration
    if (!declares(detector as string, operation, { name, definitions: document.definitions })) return null
    return `declared by ${document.source}`
  }
}

function declares(
  detector: string,
  { parameters, request, responses }: DeclaredOperation,
  { name, definitions }: { readonly name: string; readonly definitions: Definitions },
): boolean {
  switch (detector) {
    case 'api-probing':
      return parameters.some(one => one.in === 'query' && one.name === name)
    case 'mass-assignment':
      // A schema that answers share names what is not the caller's to set, too.
      return schemasOf(request?.content ?? []).some(schema => isNamed(nodesAt(schema, definitions, name), 'readOnly'))
    case 'response-drift':
      return responses
        .filter(({ status }) => status.startsWith('2') || status === 'default')
        .flatMap(({ content }) => schemasOf(content))
        .some(schema => allows(schema, definitions, name))
    default:
      return false
  }
}

/** A member (`items[].price`), a kind of it (`price: 8`, bits of response-drift) or the lack of one (`price missing`). */
function allows(schema: JsonSchema, definitions: Definitions, key: string): boolean {
  const [, kindOf, bits] = kindForm.exec(key) ?? []
  if (kindOf !== undefined) {
    let allowed = 0
    for (const node of nodesAt(schema, definitions, kindOf)) allowed |= kindsOf(node)
    return (Number(bits) & ~allowed) === 0
  }
  if (!key.endsWith(' missing')) return isNamed(nodesAt(schema, definitions, key), 'writeOnly')
  const lacking = key.slice(0, -' missing'.length)
  const dot = lacking.lastIndexOf('.')
  const member = lacking.slice(dot + 1)
  const around = nodesAt(schema, definitions, lacking.slice(0, Math.max(0, dot)))
  const isRequired = around.some(({ required }) => Array.isArray(required) && required.includes(member))
  return !isRequired && nodesAt(schema, definitions, lacking).length > 0
}

function isNamed(nodes: readonly SchemaNode[], except: 'readOnly' | 'writeOnly'): boolean {
  return nodes.length > 0 && !nodes.some(node => node[except] === true)
}

function kindsOf({ type, properties, items }: SchemaNode): number {
  let bits = 0
  for (const one of Array.isArray(type) ? (type as unknown[]) : [type]) bits |= kindBits[String(one)] ?? 0
  if (type !== undefined) return bits
  return (
    (properties === undefined ? 0 : (kindBits['object'] as number)) |
    (items === undefined ? 0 : (kindBits['array'] as number))
  )
}

function schemasOf(content: readonly DeclaredContent[]): JsonSchema[] {
  return content.flatMap(({ schema }) => (schema === null ? [] : [schema]))
}
