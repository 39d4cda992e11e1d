// Hot path: once per event.
import type { ExchangeRecord } from '../model/exchange.ts'
import type { Shape } from '../model/observation.ts'

const places = new Map<string, readonly number[]>()
const placesMax = 8192

/** Segments (from 0) of the path that are variables of the operation `service METHOD template`. */
export function variablesOf(operation: string): readonly number[] {
  let found = places.get(operation)
  if (found === undefined) {
    const template = operation.slice(operation.indexOf('/'))
    found = template
      .split('/')
      .slice(1)
      .flatMap((part, i) => (part.includes('{') ? [i] : []))
    if (places.size >= placesMax) places.clear()
    places.set(operation, found)
  }
  return found
}

/** Values of the variables in the path, as keyed hashes where there is an observation, else as they are; one text for all of them, '' without any. */
export function objectOf({ event, observation }: ExchangeRecord, operation: string): string {
  const variables = variablesOf(operation)
  if (variables.length === 0) return ''
  const parts = event.path.split('/')
  let text = ''
  for (const i of variables) text += `${observation?.path[i]?.hash ?? parts[i + 1] ?? ''} `
  return text
}

/** Calls `take` with the keyed hash of every identifier in a body and the field it stands in; at most `max`. */
export function eachId(
  shape: Shape | null | undefined,
  max: number,
  take: (hash: string, field: string) => void,
): void {
  if (shape === null || shape === undefined) return
  let left = max
  const visit = (one: Shape, field: string, depth: number): void => {
    if (left <= 0) return
    if (one.kind === 'object') {
      if (depth > 6) return
      for (const name in one.fields) visit(one.fields[name] as Shape, name, depth + 1)
    } else if (one.kind === 'array') {
      if (depth > 6) return
      for (const item of one.items) visit(item, field, depth + 1)
    } else if (one.hash !== undefined && one.value === undefined) {
      left--
      take(one.hash, field)
    }
  }
  visit(shape, '', 0)
}
