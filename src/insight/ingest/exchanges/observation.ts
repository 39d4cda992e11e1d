import { dataClasses } from '../../model/data-class.ts'
import { bodyMarks, type Observation } from '../../model/observation.ts'
import { readTime } from './event.ts'

const listMax = 1024
const depthMax = 64
const textMax = 1024
const shapesMax = 20_000
const classes: ReadonlySet<unknown> = new Set(dataClasses)
const marks: ReadonlySet<unknown> = new Set(bodyMarks)
const places: ReadonlySet<unknown> = new Set(['header', 'query', 'cookie', 'body', 'tls'])
const scalarKinds: ReadonlySet<unknown> = new Set(['null', 'boolean', 'integer', 'number', 'string'])

/** Does not read; the message names the part and never says a value. */
class Unreadable extends Error {}

type Fields = Readonly<Record<string, unknown>>

/**
 * The observation in parsed JSON, as it is, or why it is none, in a phrase without values. What parts of the learner rely on is checked, and
 * bounded in depth and size, since a file may say anything.
 */
export function readObservation(value: unknown): Observation | string {
  const left = { shapes: shapesMax }
  try {
    const fields = object(value, 'the observation')
    if (readTime(fields.time) !== fields.time) throw new Unreadable('time is not RFC 3339 in UTC with milliseconds')
    text(fields.id, 'id')
    list(fields.path, 'path', item => scalar(item, left))
    for (const part of ['query', 'headers', 'cookies'] as const) list(fields[part], part, item => named(item, left))
    list(fields.credentials, 'credentials', credential)
    list(fields.setCookies, 'setCookies', cookie)
    if (fields.encrypted !== null) flag(fields.encrypted, 'encrypted')
    if (fields.proof !== undefined) text(fields.proof, 'proof')
    if (fields.dropped !== undefined) amount(fields.dropped, 'dropped')
    body(fields.request, left)
    body(fields.response, left)
    for (const [, field] of members(fields.responseFields, 'responseFields')) text(field, 'a response field')
    return value as Observation
  } catch (error) {
    if (error instanceof Unreadable) return `observation: ${error.message}`
    throw error
  }
}

function body(value: unknown, left: { shapes: number }): void {
  if (value === null) return
  const fields = object(value, 'a body')
  text(fields.mediaType, 'mediaType')
  amount(fields.bytes, 'bytes')
  flag(fields.partial, 'partial')
  list(fields.marks, 'marks', mark => one(mark, marks, 'a mark'))
  if (fields.shape !== null) shape(fields.shape, 0, left)
}

function shape(value: unknown, depth: number, left: { shapes: number }): void {
  const fields = object(value, 'a shape')
  if (depth > depthMax) throw new Unreadable('shapes are nested too deep')
  if (fields.kind === 'array') {
    spend(left)
    amount(fields.count, 'count')
    list(fields.items, 'items', item => shape(item, depth + 1, left))
  } else if (fields.kind === 'object') {
    spend(left)
    amount(fields.more, 'more')
    for (const [, field] of members(fields.fields, 'fields')) shape(field, depth + 1, left)
    if (fields.others === undefined) return
    for (const [, more] of members(fields.others, 'others')) list(more, 'others', item => shape(item, depth + 1, left))
  } else scalar(value, left)
}

function scalar(value: unknown, left: { shapes: number }): void {
  const fields = object(value, 'a shape')
  spend(left)
  one(fields.kind, scalarKinds, 'kind')
  if (fields.format !== undefined) text(fields.format, 'format')
  if (fields.hash !== undefined) text(fields.hash, 'hash')
  if (fields.class !== undefined) one(fields.class, classes, 'class')
  if (fields.length !== undefined) amount(fields.length, 'length')
  if (fields.characters !== undefined) amount(fields.characters, 'characters')
  if (fields.form !== undefined) text(fields.form, 'form')
  if (typeof fields.value === 'string') text(fields.value, 'value')
  else if (typeof fields.value === 'object') throw new Unreadable('a value is not a single one')
}

function named(value: unknown, left: { shapes: number }): void {
  const fields = object(value, 'a named value')
  text(fields.name, 'a name')
  scalar(fields.shape, left)
}

function credential(value: unknown): void {
  const fields = object(value, 'a credential')
  one(fields.place, places, 'place')
  text(fields.name, 'a name')
  text(fields.scheme, 'scheme')
  if (fields.weak !== undefined) text(fields.weak, 'weak')
  if (fields.jwt === undefined) return
  const jwt = object(fields.jwt, 'jwt')
  text(jwt.alg, 'alg')
  if (jwt.issuer !== null) text(jwt.issuer, 'issuer')
  flag(jwt.audience, 'audience')
  if (jwt.lifetimeS !== null && typeof jwt.lifetimeS !== 'number') throw new Unreadable('lifetimeS is not a number')
  list(jwt.classes, 'classes', item => one(item, classes, 'class'))
}

function cookie(value: unknown): void {
  const fields = object(value, 'a cookie')
  text(fields.name, 'a name')
  flag(fields.secure, 'secure')
  flag(fields.httpOnly, 'httpOnly')
  if (fields.sameSite !== null) text(fields.sameSite, 'sameSite')
}

function spend(left: { shapes: number }): void {
  if (--left.shapes < 0) throw new Unreadable('too many shapes')
}

function object(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Unreadable(`${what} is not an object`)
  return value as Fields
}

function members(value: unknown, what: string): ReadonlyArray<readonly [name: string, value: unknown]> {
  const entries = Object.entries(object(value, what))
  if (entries.length > listMax) throw new Unreadable(`${what} has too many members`)
  for (const [name] of entries) {
    // As a name it would change what it is written to.
    if (name === '__proto__') throw new Unreadable(`${what} has a forbidden name`)
    text(name, 'a name')
  }
  return entries
}

function list(value: unknown, what: string, each: (item: unknown) => void): void {
  if (!Array.isArray(value) || value.length > listMax)
    throw new Unreadable(`${what} is not a list of at most ${listMax}`)
  for (const item of value as readonly unknown[]) each(item)
}

function text(value: unknown, what: string): void {
  if (typeof value !== 'string' || value.length > textMax) throw new Unreadable(`${what} is not a short text`)
}

function amount(value: unknown, what: string): void {
  if (typeof value !== 'number' || !(value >= 0)) throw new Unreadable(`${what} is not a number of 0 or more`)
}

function flag(value: unknown, what: string): void {
  if (typeof value !== 'boolean') throw new Unreadable(`${what} is neither true nor false`)
}

function one(value: unknown, set: ReadonlySet<unknown>, what: string): void {
  if (!set.has(value)) throw new Unreadable(`${what} is not a known word`)
}
