// Hot path: once per answer.
import type { Shape } from '../../model/observation.ts'

/** Kinds of members as bits: whole numbers are numbers. */
export const partKinds = { null: 1, boolean: 2, number: 4, string: 8, array: 16, object: 32 } as const

/** A member of an answer. */
export interface Part {
  /** Name of the object that it is a member of; '' is the whole. */
  readonly parent: string
  /** Bits of `partKinds`: of the members of a list's entries there may be several. */
  kinds: number
}

const partsMax = 500

/** Members by name (`items[].price`; '' is the whole answer), each once; at most 500. */
export function partsOf(shape: Shape): Map<string, Part> {
  const parts = new Map<string, Part>()
  const visit = (one: Shape, name: string, parent: string): void => {
    const known = parts.get(name)
    if (known === undefined) {
      if (parts.size >= partsMax) return
      parts.set(name, { parent, kinds: kindOf(one) })
    } else known.kinds |= kindOf(one)
    if (one.kind === 'array') {
      const inner = `${name}[]`
      for (const item of one.items) visit(item, inner, name)
    } else if (one.kind === 'object')
      for (const member in one.fields)
        visit(one.fields[member] as Shape, name === '' ? member : `${name}.${member}`, name)
  }
  visit(shape, '', '')
  return parts
}

/** `number or string`. */
export function kindWords(kinds: number): string {
  return Object.entries(partKinds)
    .filter(([, bit]) => (kinds & bit) !== 0)
    .map(([kind]) => kind)
    .join(' or ')
}

function kindOf({ kind }: Shape): number {
  return kind === 'integer' ? partKinds.number : partKinds[kind]
}
