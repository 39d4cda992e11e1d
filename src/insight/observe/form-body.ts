import type { ObjectShape, ScalarShape, Shape } from '../model/observation.ts'
import type { Names } from './json-body.ts'
import type { ScalarShapes } from './scalar.ts'

const fieldsMax = 128
const partsMax = 64

/** Names and values of `application/x-www-form-urlencoded` text, decoded as far as they decode; at most `max`, and how many more there were. */
export function formPairs(
  text: string,
  max: number,
): { readonly pairs: ReadonlyArray<readonly [name: string, value: string]>; readonly more: number } {
  const pairs: Array<readonly [string, string]> = []
  let more = 0
  let start = 0
  while (start <= text.length) {
    let end = text.indexOf('&', start)
    if (end < 0) end = text.length
    if (end > start) {
      if (pairs.length < max) {
        const equals = text.indexOf('=', start)
        const split = equals < 0 || equals > end ? end : equals
        pairs.push([formDecoded(text.slice(start, split)), formDecoded(text.slice(Math.min(split + 1, end), end))])
      } else more++
    }
    start = end + 1
  }
  return { pairs, more }
}

/** The shape of a form: an object of its fields; a field that comes again is an array. */
export function formShape(text: string, scalars: ScalarShapes, names: Names): ObjectShape {
  const { pairs, more } = formPairs(text, fieldsMax)
  const person = pairs.some(([name]) => names.hint(name).person)
  return objectOf(
    pairs.map(([name, value]) => {
      const safe = names.safe(name)
      return [safe, scalars.parameter(value, { name: safe, hint: names.hint(name), person })] as const
    }),
    more,
  )
}

/** The shape of `multipart/form-data` (RFC 7578): texts as fields, files by their size alone. null without a boundary. */
export function multipartShape(
  text: string,
  contentType: string,
  scalars: ScalarShapes,
  names: Names,
): ObjectShape | null {
  const found = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType)
  const boundary = found?.[1] ?? found?.[2]
  if (boundary === undefined) return null
  const fields: Array<readonly [string, ScalarShape]> = []
  let more = 0
  let at = text.indexOf(`--${boundary}`)
  while (at >= 0) {
    const start = text.indexOf('\r\n', at)
    if (start < 0) break
    const next = text.indexOf(`\r\n--${boundary}`, start)
    const end = next < 0 ? text.length : next
    const split = text.indexOf('\r\n\r\n', start)
    if (split >= 0 && split < end) {
      const head = text.slice(start, Math.min(split, start + 2048))
      const name = /;\s*name=(?:"([^"\r\n]{0,256})"|([^\s;"]{1,256}))/i.exec(head)
      if (fields.length >= partsMax) more++
      else if (name !== null) {
        const raw = name[1] ?? name[2] ?? ''
        const safe = names.safe(raw)
        const length = end - split - 4
        const file = /;\s*filename\*?=/i.test(head)
        fields.push([
          safe,
          file
            ? { kind: 'string', format: 'binary', length }
            : scalars.parameter(text.slice(split + 4, end), { name: safe, hint: names.hint(raw), person: false }),
        ])
      }
    }
    at = next < 0 ? -1 : next + 2
  }
  return objectOf(fields, more)
}

function objectOf(pairs: ReadonlyArray<readonly [name: string, shape: ScalarShape]>, more: number): ObjectShape {
  const fields: Record<string, Shape> = {}
  for (const [name, shape] of pairs) {
    const before = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (before === undefined) fields[name] = shape
    else if (before.kind === 'array')
      fields[name] = {
        kind: 'array',
        count: before.count + 1,
        items: before.items.length < 16 ? [...before.items, shape] : before.items,
      }
    else fields[name] = { kind: 'array', count: 2, items: [before, shape] }
  }
  return { kind: 'object', fields, more }
}

/** Form decoding for looks only: what does not decode stays as it is. */
export function formDecoded(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text
  const spaced = text.replaceAll('+', ' ')
  try {
    return decodeURIComponent(spaced)
  } catch {
    return spaced
  }
}
