// Hot path: every value of every observed exchange.
import { characterKinds } from '../../lib/character-mask.ts'
import { sketchHash } from '../../lib/hyper-log-log.ts'
import { createTokenReader } from '../../lib/text-tokens.ts'
import type { ScalarShape, Shape } from '../model/observation.ts'
import type { FieldValue } from './field-profile.ts'

export interface ObservedValue {
  /** `items[].price`. */
  readonly name: string
  readonly shape: ScalarShape
}

const valuesMax = 500
const tokensOf = createTokenReader()
const k = characterKinds

/** Single values of a body by the path of their names; at most 500. */
export function valuesOfShape(shape: Shape | null): ObservedValue[] {
  const values: ObservedValue[] = []
  const visit = (one: Shape, name: string): void => {
    if (values.length >= valuesMax) return
    if (one.kind === 'array') for (const item of one.items) visit(item, `${name}[]`)
    else if (one.kind === 'object')
      for (const [member, field] of Object.entries(one.fields)) visit(field, name === '' ? member : `${name}.${member}`)
    else values.push({ name, shape: one })
  }
  if (shape !== null) visit(shape, '')
  return values
}

/** All names of a body, of containers too; each once, in their order. */
export function namesOfShape(shape: Shape | null): string[] {
  const names = new Set<string>()
  const visit = (one: Shape, name: string): void => {
    if (names.size >= valuesMax) return
    if (name !== '') names.add(name)
    if (one.kind === 'array') for (const item of one.items) visit(item, `${name}[]`)
    else if (one.kind === 'object')
      for (const [member, field] of Object.entries(one.fields)) visit(field, name === '' ? member : `${name}.${member}`)
  }
  if (shape !== null) visit(shape, '')
  return [...names]
}

/** A shape as a profile takes values; its tokens are good until the next. `loose`: a parameter or form field. */
export function fieldValueOf(shape: ScalarShape, loose: boolean): FieldValue {
  const text = formOf(shape)
  const kind = shape.kind === 'string' && shape.length === 0 ? 'empty' : shape.kind
  const tokens = tokensOf(text)
  const member = shape.hash === undefined ? null : sketchHash(shape.hash)
  // Written out twice: putting an optional field in by spreading costs more than the rest.
  return shape.length === undefined
    ? { text, kind, marks: 0, loose, tokens, member }
    : { text, kind, marks: 0, loose, tokens, member, length: shape.length }
}

/** How a value is built; of strings without signs what their characters allow to say. */
function formOf({ kind, form, format, characters = 0, value, class: dataClass }: ScalarShape): string {
  if (kind === 'integer' || kind === 'number') return typeof value === 'number' ? String(value) : ''
  if (kind !== 'string') return kind
  if (form !== undefined) return form
  if (dataClass !== undefined || format !== undefined) return `{${dataClass ?? format}}`
  const word = (characters & (k.lower | k.upper | k.unicode)) !== 0 ? 'a' : ''
  const run = word + ((characters & k.digit) !== 0 ? '0' : '')
  let text = run
  for (const [kindOf, sign] of joints) if ((characters & kindOf) !== 0) text += sign + run
  return text
}

const joints: ReadonlyArray<readonly [kind: number, sign: string]> = [
  [k.space, ' '],
  [k.hyphen, '-'],
  [k.underscore, '_'],
  [k.dot, '.'],
]
