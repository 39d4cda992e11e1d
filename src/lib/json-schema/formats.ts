import type { Formats } from './compile-schema.ts'
import { isDate, isDateTime, isDuration, isTime } from './formats-time.ts'
import { isIri, isIriReference, isUri, isUriReference, isUriTemplate } from './formats-uri.ts'
import { isEmail, isHostname, isIdnEmail, isIpv4, isIpv6 } from './formats-name.ts'

/**
 * The formats of JSON Schema that are asserted. All are linear in the length of the text. `idn-hostname` is missing on
 * purpose: it needs the tables of IDNA 2008, and a half check would let through what it names; a schema with it is refused.
 */
export const jsonFormats: Formats = new Map([
  ['date-time', isDateTime],
  ['date', isDate],
  ['time', isTime],
  ['duration', isDuration],
  ['email', isEmail],
  ['idn-email', isIdnEmail],
  ['hostname', isHostname],
  ['ipv4', isIpv4],
  ['ipv6', isIpv6],
  ['uri', isUri],
  ['uri-reference', isUriReference],
  ['iri', isIri],
  ['iri-reference', isIriReference],
  ['uri-template', isUriTemplate],
  ['uuid', text => /^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/.test(text)],
  ['json-pointer', isJsonPointer],
  ['relative-json-pointer', isRelativeJsonPointer],
  ['regex', isRegex],
])

/** RFC 6901 §3. */
function isJsonPointer(text: string): boolean {
  return text === '' || (text.startsWith('/') && !/~(?![01])/.test(text))
}

function isRelativeJsonPointer(text: string): boolean {
  const up = /^(?:0|[1-9][0-9]*)(?:[+-][1-9][0-9]*)?/.exec(text)
  if (up === null) return false
  const rest = text.slice(up[0].length)
  return rest === '#' || isJsonPointer(rest)
}

/** ECMA-262 with the `u` flag, as JSON Schema recommends (2020-12 §6.4). */
function isRegex(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp
  } catch {
    return false
  }
}
