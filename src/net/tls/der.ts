/** One element of a DER text (X.690): where it starts, where its content lies, where it ends. Offsets in bytes. */
export interface DerElement {
  readonly tag: number
  readonly start: number
  readonly contentStart: number
  readonly end: number
}

export const SEQUENCE = 0x30
export const SET = 0x31
export const INTEGER = 0x02
export const BIT_STRING = 0x03
export const OCTET_STRING = 0x04
export const OBJECT_IDENTIFIER = 0x06
export const BOOLEAN = 0x01
export const UTC_TIME = 0x17
export const GENERALIZED_TIME = 0x18

/**
 * Reads the element at `at`, which must end at or before `limit`. Definite, minimal lengths and one-byte tags only:
 * whatever two readers could take differently is refused with an Error.
 */
export function derElement(der: Uint8Array, at: number, limit: number): DerElement {
  const tag = der[at]
  const first = der[at + 1]
  if (tag === undefined || first === undefined || at + 2 > limit || (tag & 0x1f) === 0x1f) throw malformed()
  let length = first
  let contentStart = at + 2
  if (first >= 0x80) {
    const bytes = first - 0x80
    if (bytes === 0 || bytes > 4 || contentStart + bytes > limit) throw malformed()
    length = 0
    for (let i = 0; i < bytes; i++) length = length * 256 + (der[contentStart + i] as number)
    if (length < 0x80 || (bytes > 1 && der[contentStart] === 0)) throw malformed()
    contentStart += bytes
  }
  const end = contentStart + length
  if (end > limit) throw malformed()
  return { tag, start: at, contentStart, end }
}

/** The elements inside a constructed one, in order. */
export function derChildren(der: Uint8Array, parent: DerElement): DerElement[] {
  const children: DerElement[] = []
  for (let at = parent.contentStart; at < parent.end; ) {
    const child = derElement(der, at, parent.end)
    children.push(child)
    at = child.end
  }
  return children
}

/** The one element that is the whole text, of the tag expected. */
export function derWhole(der: Uint8Array, tag: number): DerElement {
  const element = derElement(der, 0, der.length)
  if (element.tag !== tag || element.end !== der.length) throw malformed()
  return element
}

/** The child at `index`, of the tag expected. */
export function derChild(children: readonly DerElement[], index: number, tag: number): DerElement {
  const child = children[index]
  if (child === undefined || child.tag !== tag) throw malformed()
  return child
}

export function derContent(der: Uint8Array, element: DerElement): Uint8Array {
  return der.subarray(element.contentStart, element.end)
}

/** Dotted form of an object identifier: `2.5.4.3`. */
export function derOid(der: Uint8Array, element: DerElement): string {
  if (element.tag !== OBJECT_IDENTIFIER || element.contentStart === element.end) throw malformed()
  const parts: number[] = []
  let value = 0
  for (let at = element.contentStart; at < element.end; at++) {
    const byte = der[at] as number
    value = value * 128 + (byte & 0x7f)
    if (value > Number.MAX_SAFE_INTEGER) throw malformed()
    if (byte & 0x80) {
      if (at + 1 === element.end) throw malformed()
      continue
    }
    if (parts.length === 0) {
      const root = value < 40 ? 0 : value < 80 ? 1 : 2
      parts.push(root, value - root * 40)
    } else parts.push(value)
    value = 0
  }
  return parts.join('.')
}

/** A UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 writes them (Z, with seconds): ms since the epoch. */
export function derTime(der: Uint8Array, element: DerElement): number {
  const text = Buffer.from(derContent(der, element)).toString('latin1')
  if (element.tag === UTC_TIME && /^\d{12}Z$/.test(text)) {
    // RFC 5280 §4.1.2.5.1: two-digit years from 50 on are the last century's.
    return instant(`${Number(text.slice(0, 2)) >= 50 ? '19' : '20'}${text}`)
  }
  if (element.tag === GENERALIZED_TIME && /^\d{14}Z$/.test(text)) return instant(text)
  throw malformed()
}

function instant(text: string): number {
  const at = (start: number, end: number) => text.slice(start, end)
  const time = Date.parse(`${at(0, 4)}-${at(4, 6)}-${at(6, 8)}T${at(8, 10)}:${at(10, 12)}:${at(12, 14)}Z`)
  if (Number.isNaN(time)) throw malformed()
  return time
}

function malformed(): Error {
  return new Error('malformed DER')
}
