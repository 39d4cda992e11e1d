import type { DataClass } from '../model/data-class.ts'
import type { Observation, Shape } from '../model/observation.ts'

/** Places visited in one body; shapes are bounded where they are made, this bounds what is counted of them. */
const placesMax = 200

/**
 * Calls `found` for every class of data in an exchange, once per place: `path.2` (segment), `query.q`, `header.x-user`, `cookie.name`,
 * `request:/customer/email`, `response 200:/items/[]/iban`.
 */
export function eachClass(
  observation: Observation,
  status: number,
  found: (dataClass: DataClass, where: string) => void,
): void {
  observation.path.forEach((shape, i) => {
    if (shape.class !== undefined) found(shape.class, `path.${i}`)
  })
  for (const [place, values] of [
    ['query', observation.query],
    ['header', observation.headers],
    ['cookie', observation.cookies],
  ] as const) {
    const seen = new Set<string>()
    for (const { name, shape } of values) {
      if (shape.class === undefined || seen.has(`${name} ${shape.class}`)) continue
      seen.add(`${name} ${shape.class}`)
      found(shape.class, `${place}.${name}`)
    }
  }
  for (const [prefix, body] of [
    ['request:', observation.request],
    [`response ${status}:`, observation.response],
  ] as const) {
    if (body === null || body.shape === null) continue
    const seen = new Set<string>()
    walk(body.shape, '', (dataClass, pointer) => {
      const where = `${prefix}${pointer === '' ? '/' : pointer}`
      if (seen.has(`${dataClass} ${where}`)) return
      seen.add(`${dataClass} ${where}`)
      found(dataClass, where)
    })
  }
}

function walk(root: Shape, pointer: string, found: (dataClass: DataClass, pointer: string) => void): void {
  const waiting: Array<readonly [shape: Shape, pointer: string]> = [[root, pointer]]
  let places = 0
  for (let next = waiting.pop(); next !== undefined && places < placesMax; next = waiting.pop()) {
    const [shape, at] = next
    if (shape.kind === 'array') {
      for (const item of shape.items) waiting.push([item, `${at}/[]`])
    } else if (shape.kind === 'object') {
      for (const [name, field] of Object.entries(shape.fields)) waiting.push([field, `${at}/${name}`])
    } else if (shape.class !== undefined) {
      found(shape.class, at)
      places++
    }
  }
}
