// Hot path: twice per observed exchange.
import type { BodyShape, Shape } from '../model/observation.ts'
import { marksOf, requestMarksOf } from './body-marks.ts'
import { formShape, multipartShape } from './form-body.ts'
import { closedJson, createJsonShapes, type Names } from './json-body.ts'
import type { ScalarShapes } from './scalar.ts'

export interface RawBody {
  /** The Content-Type field as sent; '' when absent. */
  readonly contentType: string
  /** The first bytes. */
  readonly bytes: Uint8Array
  /** Length of the whole, as the event says; 0 when it does not. */
  readonly length: number
  /** Content-Encoding was given: the bytes are no text. */
  readonly coded: boolean
  /** Of a response. */
  readonly answer: boolean
}

/** A body with what it was parsed to, for whoever else has to look into it before it is forgotten. */
export interface ReducedBody {
  readonly shape: BodyShape
  /** The parsed JSON, undefined for other bodies. */
  readonly value: unknown
  /** Form fields. */
  readonly form: string | null
}

const bytesMax = 1_048_576
const typeMax = 100
const knownType = /^[a-z0-9!#$&^_.+-]{1,64}\/[a-z0-9!#$&^_.+-]{1,64}$/
const json = /^(?:application|text)\/(?:json|[\w.-]+\+json|x-json|problem\+json)$/
const textual = /^text\/|[/+](?:xml|html|javascript|yaml|x-yaml|graphql|plain|x-ndjson|ndjson|jsonl|x-sh|csv)$/

export function createBodyShapes(scalars: ScalarShapes, names: Names): (body: RawBody) => ReducedBody {
  const jsonShapes = createJsonShapes(scalars, names)

  return ({ contentType, bytes, length, coded, answer }) => {
    const mediaType = mediaTypeOf(contentType)
    const whole = Math.max(length, bytes.length)
    let partial = whole > bytes.length || bytes.length > bytesMax
    const done = (
      shape: Shape | null,
      marks: BodyShape['marks'],
      value: unknown,
      form: string | null,
    ): ReducedBody => ({
      shape: { mediaType, bytes: whole, partial, shape, marks },
      value,
      form,
    })
    if (coded) {
      partial = true
      return done(null, [], undefined, null)
    }
    const seen = bytes.length > bytesMax ? bytes.subarray(0, bytesMax) : bytes
    const form = mediaType === 'application/x-www-form-urlencoded'
    const multipart = mediaType === 'multipart/form-data'
    const first = firstByte(seen)
    // Many services answer JSON under another name, and all that leaks in it leaks the same.
    const looksJson = first === 0x7b || first === 0x5b
    if (!(json.test(mediaType) || form || multipart || textual.test(mediaType) || looksJson || mediaType === ''))
      return done(null, [], undefined, null)
    const text = Buffer.from(seen.buffer, seen.byteOffset, seen.length).toString(multipart ? 'latin1' : 'utf8')
    const isJson = json.test(mediaType) || looksJson
    const marks = answer ? marksOf(text, isJson) : requestMarksOf(text, isJson)
    if (form) return done(formShape(text, scalars, names), marks, undefined, text)
    if (multipart) return done(multipartShape(text, contentType, scalars, names), marks, undefined, null)
    if (!isJson) return done(null, marks, undefined, null)
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      const closed = partial ? closedJson(text) : null
      partial = true
      if (closed === null) return done(null, marks, undefined, null)
      try {
        value = JSON.parse(closed)
      } catch {
        return done(null, marks, undefined, null)
      }
    }
    return done(jsonShapes.shape(value), marks, value, null)
  }
}

/** Lower case, without parameters; '' for none, `other` for what is no media type: the field could hold anything. */
export function mediaTypeOf(contentType: string): string {
  if (contentType === '') return ''
  const known = cachedTypes.get(contentType)
  if (known !== undefined) return known
  const type = (contentType.slice(0, typeMax).split(';', 1)[0] as string).trim().toLowerCase()
  return knownType.test(type) ? (registered.test(type) ? type : 'other') : 'other'
}

/** Registered top-level types (RFC 6838 §4.2): a word of a stranger in front of the slash is no type. */
const registered = /^(?:application|audio|font|image|message|model|multipart|text|video)\/(?!.*\d{5})/

const cachedTypes: ReadonlyMap<string, string> = new Map(
  ['application/json', 'text/html', 'text/plain'].flatMap(type => [
    [type, type],
    [`${type}; charset=utf-8`, type],
    [`${type};charset=utf-8`, type],
    [`${type}; charset=UTF-8`, type],
    [`${type};charset=UTF-8`, type],
  ]),
)

function firstByte(bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length && i < 64; i++) {
    const b = bytes[i] as number
    if (b !== 0x20 && b !== 0x0a && b !== 0x0d && b !== 0x09 && b !== 0xef && b !== 0xbb && b !== 0xbf) return b
  }
  return 0
}
