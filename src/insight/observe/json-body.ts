// Hot path: once per value of every observed JSON body.
import type { ObjectShape, Shape } from '../model/observation.ts'
import type { NameHint } from './field-name.ts'
import { isKindOfName } from './safe-name.ts'
import { membersMax } from './value-node.ts'
import { booleanShape, nullShape, type ScalarContext, type ScalarShapes } from './scalar.ts'

export interface JsonShapes {
  /** The shape of a parsed JSON value. Never throws, whatever the value; work and result are bounded. */
  shape(value: unknown): Shape
}

const depthMax = 12
const fieldsMax = membersMax
const itemsMax = 16
const othersMax = 31
/** Values of one body: a body of 1 MB can hold 500,000. */
const valuesMax = 2000

interface Place extends ScalarContext {
  readonly depth: number
}

export interface Names {
  hint(name: string): NameHint
  safe(name: string): string
}

export function createJsonShapes(scalars: ScalarShapes, names: Names): JsonShapes {
  let left = 0

  function shapeOf(value: unknown, place: Place): Shape {
    left--
    switch (typeof value) {
      case 'string':
        return scalars.text(value, place)
      case 'number':
        return scalars.number(value, place)
      case 'boolean':
        return booleanShape(value)
      default:
        if (value === null || value === undefined) return nullShape
        return Array.isArray(value) ? arrayOf(value, place) : objectOf(value as Record<string, unknown>, place)
    }
  }

  function arrayOf(value: readonly unknown[], place: Place): Shape {
    const count = value.length
    if (place.depth >= depthMax) return { kind: 'array', count, items: [] }
    const inner = { ...place, depth: place.depth + 1 }
    const items: Shape[] = []
    const taken = Math.min(count, itemsMax)
    for (let i = 0; i < taken && left > 0; i++) {
      // Spread evenly, first and last among them: lists are sorted, and their ends differ.
      const at = count <= itemsMax ? i : Math.floor((i * (count - 1)) / (itemsMax - 1))
      items.push(shapeOf(value[at], inner))
    }
    return { kind: 'array', count, items }
  }

  function objectOf(value: Record<string, unknown>, place: Place): ObjectShape {
    const fields: Record<string, Shape> = {}
    let others: Record<string, Shape[]> | undefined
    let taken = 0
    let more = 0
    const keys = Object.keys(value)
    if (place.depth >= depthMax) return { kind: 'object', fields, more: keys.length }
    const person = isPerson(keys, place)
    for (const key of keys) {
      if (taken >= fieldsMax || left <= 0) {
        more = keys.length - taken
        break
      }
      const name = names.safe(key)
      const kind = name !== key && isKindOfName(name)
      if (kind && Object.hasOwn(fields, name)) {
        others ??= {}
        const same = (others[name] ??= [])
        taken++
        // Beyond, only what is of another kind: a map of 10,000 numbers with one text in it is no map of numbers.
        if (same.length < othersMax || isOther(value[key], same))
          same.push(shapeOf(value[key], { name, hint: place.hint, person, depth: place.depth + 1 }))
        continue
      }
      taken++
      // Under a name that is a value, the name around the object says what the members are.
      const hint = kind ? place.hint : names.hint(key)
      fields[name] = shapeOf(value[key], { name, hint, person, depth: place.depth + 1 })
    }
    return others === undefined ? { kind: 'object', fields, more } : { kind: 'object', fields, others, more }
  }

  /** Any of the first fields, or the name of the object itself (`customer`), says so. */
  function isPerson(keys: readonly string[], place: Place): boolean {
    if (personNames.test(place.name)) return true
    const looked = Math.min(keys.length, 32)
    for (let i = 0; i < looked; i++) if (names.hint(keys[i] as string).person) return true
    return false
  }

  return {
    shape(value) {
      left = valuesMax
      return shapeOf(value, { name: '', hint: names.hint(''), person: false, depth: 0 })
    },
  }
}

function isOther(value: unknown, same: readonly Shape[]): boolean {
  const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  return (
    same.length < othersMax * 2 &&
    !same.some(shape => shape.kind === kind || (kind === 'number' && shape.kind === 'integer'))
  )
}

const personNames =
  /(?:customer|user|person|people|patient|employee|contact|owner|member|guest|passenger|recipient|sender|author|student|driver|holder|applicant|beneficiary)s?$/i

/** Text of a JSON document that was cut off → the longest document that it surely begins with; null when nothing is left of it. */
export function closedJson(text: string): string | null {
  const closers: string[] = []
  /** Where the text can be cut so that it holds whole values alone, and what then closes it. */
  let end = 0
  let close = ''
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    if (inString) {
      if (c === '\\') i++
      else if (c === '"') inString = false
      continue
    }
    if (c === '"') inString = true
    else if (c === '{' || c === '[') {
      if (closers.length >= 64) break
      closers.push(c === '{' ? '}' : ']')
      end = i + 1
      close = closers.toReversed().join('')
    } else if (c === '}' || c === ']') {
      if (closers.pop() !== c) return null
      end = i + 1
      close = closers.toReversed().join('')
    } else if (c === ',') {
      end = i
      close = closers.toReversed().join('')
    }
  }
  return end === 0 ? null : text.slice(0, end) + close
}
