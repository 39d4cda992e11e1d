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

/** A name as it is reached from the whole answer, and what it was in the answer that is read. */
interface Place {
  readonly id: number
  readonly name: string
  readonly parent: string
  readonly members: Map<string, Place>
  items: Place | null
  answer: number
  kinds: number
}

/** Parts put together once, with what tells that an answer has the same. */
interface Kept {
  readonly marks: readonly number[]
  readonly parts: ReadonlyMap<string, Part>
}

const partsMax = 500
const placesMax = 20_000
const keptMax = 4_096

/**
 * Reads the members of an answer by name (`items[].price`; '' is the whole answer), each once; at most 500. Answers of the same build give the same object:
 * most are, so nothing is put together for them, and who has seen it knows what it says. Bounded.
 */
export function createPartsReader(): (shape: Shape) => ReadonlyMap<string, Part> {
  let places = 0
  let root = place('', '')
  let kept = new Map<number, Kept>()
  let answer = 0
  let count = 0
  /** Places of the answer in the order in which they came first. */
  const order: Place[] = []

  function place(name: string, parent: string): Place {
    return { id: places++, name, parent, members: new Map(), items: null, answer: 0, kinds: 0 }
  }

  function visit(one: Shape, here: Place): void {
    if (here.answer === answer) here.kinds |= kindOf(one)
    else {
      if (count >= partsMax) return
      here.answer = answer
      here.kinds = kindOf(one)
      order[count++] = here
    }
    if (one.kind === 'array') {
      const inner = (here.items ??= place(`${here.name}[]`, here.name))
      for (const item of one.items) visit(item, inner)
    } else if (one.kind === 'object')
      for (const member in one.fields) {
        let inner = here.members.get(member)
        if (inner === undefined) {
          inner = place(here.name === '' ? member : `${here.name}.${member}`, here.name)
          here.members.set(member, inner)
        }
        visit(one.fields[member] as Shape, inner)
      }
  }

  return shape => {
    if (places > placesMax || kept.size >= keptMax) {
      places = 0
      root = place('', '')
      kept = new Map()
    }
    answer++
    count = 0
    visit(shape, root)
    let key = count
    for (let i = 0; i < count; i++) key = Math.imul(key ^ markOf(order[i] as Place), 0x01000193) | 0
    const known = kept.get(key)
    if (known !== undefined && isSame(known.marks, order, count)) return known.parts
    const parts = new Map<string, Part>()
    for (const { name, parent, kinds } of order.slice(0, count)) {
      // `a.b` may be one member, or one in another.
      const before = parts.get(name)
      if (before === undefined) parts.set(name, { parent, kinds })
      else before.kinds |= kinds
    }
    kept.set(key, { marks: order.slice(0, count).map(markOf), parts })
    return parts
  }
}

function markOf({ id, kinds }: Place): number {
  return id * 64 + kinds
}

function isSame(marks: readonly number[], order: readonly Place[], count: number): boolean {
  if (marks.length !== count) return false
  for (let i = 0; i < count; i++) if (marks[i] !== markOf(order[i] as Place)) return false
  return true
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
