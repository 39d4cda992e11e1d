// Hot path: once per exchange with a query.
import { valueType } from '../lib/value-type.ts'
import { jsonInnerCut } from './json-text.ts'
import type { Redaction } from './redaction.ts'

const parametersMax = 32
const nameMax = 64
/** A type is a matter of the first characters; a megabyte of value is not looked at. */
const valueMax = 256

/** Names and types of a query's parameters as a JSON array, in the order sent; never a value. After 32 the rest is one count. */
export function queryShape(query: string, redaction: Redaction): string {
  if (query === '') return '[]'
  let out = '['
  let count = 0
  let start = 0
  while (start <= query.length) {
    let end = query.indexOf('&', start)
    if (end < 0) end = query.length
    if (end > start) {
      if (count < parametersMax) out += `${count === 0 ? '' : ','}${parameter(query.slice(start, end), redaction)}`
      count++
    }
    start = end + 1
  }
  return `${out}${count > parametersMax ? `,{"more":${count - parametersMax}}` : ''}]`
}

function parameter(text: string, redaction: Redaction): string {
  const equals = text.indexOf('=')
  const name = decoded(equals < 0 ? text : text.slice(0, equals))
  const type = equals < 0 ? 'empty' : valueType(decoded(text.slice(equals + 1, equals + 1 + valueMax)))
  return `{"name":"${jsonInnerCut(redaction.name(name), nameMax)}","type":"${type}"}`
}

/** Form decoding for looks only: what does not decode stays as it is. */
function decoded(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
