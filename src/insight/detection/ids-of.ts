// Hot path: once per event.
import { fnv, fnvOn, mixed } from '../../lib/hyper-log-log.ts'
import type { ExchangeRecord } from '../model/exchange.ts'
import type { Shape } from '../model/observation.ts'

/** What the name of an operation says of its path. */
interface PathOf {
  readonly operation: string
  readonly variables: readonly number[]
  /** `fnv` of the name and a space. */
  readonly begun: number
}

const paths = new Map<string, PathOf>()
const pathsMax = 8192
/** Several detectors ask for that of one call. */
let latest: PathOf | null = null

/** Segments (from 0) of the path that are variables of the operation `service METHOD template`. */
export function variablesOf(operation: string): readonly number[] {
  return pathOf(operation).variables
}

function pathOf(operation: string): PathOf {
  if (latest !== null && latest.operation === operation) return latest
  let found = paths.get(operation)
  if (found === undefined) {
    const template = operation.slice(operation.indexOf('/'))
    const variables = template
      .split('/')
      .slice(1)
      .flatMap((part, i) => (part.includes('{') ? [i] : []))
    if (paths.size >= pathsMax) paths.clear()
    paths.set(operation, (found = { operation, variables, begun: fnv(`${operation} `) }))
  }
  latest = found
  return found
}

/**
 * Hash of an operation and of the values of the variables in the path, which are keyed hashes where there is an observation, else as they are: the object that a
 * call is about. null: the operation has no variables.
 */
export function objectHash({ event, observation }: ExchangeRecord, operation: string): number | null {
  const { variables, begun } = pathOf(operation)
  if (variables.length === 0) return null
  let parts: readonly string[] | null = null
  let hash = begun
  for (const i of variables) {
    const value = observation?.path[i]?.hash ?? (parts ??= event.path.split('/'))[i + 1] ?? ''
    hash = fnvOn(fnvOn(hash, value), ' ')
  }
  return mixed(hash)
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
