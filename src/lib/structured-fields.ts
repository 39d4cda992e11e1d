/** Bare items of RFC 9651 §3.3 as we write them; a plain number is an Integer, a plain string a String. */
export type BareItem =
  | number
  | string
  | boolean
  | Uint8Array
  | { readonly decimal: number }
  | { readonly token: string }
  | { readonly date: number }
  | { readonly display: string }

export type Parameters = ReadonlyArray<readonly [key: string, value: BareItem]>

export interface Item {
  readonly value: BareItem
  readonly parameters?: Parameters
}

export interface InnerList {
  readonly items: readonly Item[]
  readonly parameters?: Parameters
}

export type Member = Item | InnerList

/** An Item (RFC 9651 §4.1.3). This and the others throw a TypeError on what the type cannot carry: a field is written whole or not at all. */
export function serializeItem(item: Item): string {
  return serializeBareItem(item.value) + serializeParameters(item.parameters ?? [])
}

/** A List (RFC 9651 §4.1.1); '' for an empty one, and then the field is not sent. */
export function serializeList(members: readonly Member[]): string {
  return members.map(serializeMember).join(', ')
}

/** A Dictionary (RFC 9651 §4.1.2): key, member pairs in order. */
export function serializeDictionary(members: ReadonlyArray<readonly [key: string, member: Member]>): string {
  const texts: string[] = []
  for (const [key, member] of members) {
    if ('value' in member && member.value === true)
      texts.push(serializeKey(key) + serializeParameters(member.parameters ?? []))
    else texts.push(`${serializeKey(key)}=${serializeMember(member)}`)
  }
  return texts.join(', ')
}

/** A bare item (RFC 9651 §4.1.3.1). */
export function serializeBareItem(value: BareItem): string {
  if (typeof value === 'number') return serializeInteger(value)
  if (typeof value === 'string') return serializeString(value)
  if (typeof value === 'boolean') return value ? '?1' : '?0'
  if (value instanceof Uint8Array) return `:${Buffer.from(value).toString('base64')}:`
  if ('decimal' in value) return serializeDecimal(value.decimal)
  if ('token' in value) return serializeToken(value.token)
  if ('date' in value) return `@${serializeInteger(value.date)}`
  return serializeDisplayString(value.display)
}

function serializeMember(member: Member): string {
  if (!('items' in member)) return serializeItem(member)
  return `(${member.items.map(serializeItem).join(' ')})${serializeParameters(member.parameters ?? [])}`
}

function serializeParameters(parameters: Parameters): string {
  let text = ''
  for (const [key, value] of parameters) {
    text += `;${serializeKey(key)}`
    if (value !== true) text += `=${serializeBareItem(value)}`
  }
  return text
}

function serializeKey(key: string): string {
  if (!/^[a-z*][a-z0-9_\-.*]*$/.test(key)) throw new TypeError('not a structured field key')
  return key
}

// 15 digits, so that every reader's double holds them.
const integerMax = 999_999_999_999_999

function serializeInteger(value: number): string {
  if (!Number.isInteger(value) || Math.abs(value) > integerMax) throw new TypeError('not a structured field integer')
  return String(value === 0 ? 0 : value)
}

// §4.1.5 rounds to three places, halves to even. By the written digits: 9.9995 is a little less than that in binary.
function serializeDecimal(value: number): string {
  if (!Number.isFinite(value) || Math.abs(value) >= 1e13) throw new TypeError('not a structured field decimal')
  const written = Math.abs(value) < 1e-6 ? '0' : String(Math.abs(value))
  const [whole = '0', fraction = ''] = written.split('.')
  let thousandths = BigInt(whole + fraction.slice(0, 3).padEnd(3, '0'))
  const rest = fraction.slice(3)
  if (/^50*$/.test(rest) ? thousandths % 2n === 1n : rest >= '5') thousandths += 1n
  if (thousandths >= 1_000_000_000_000_000n) throw new TypeError('not a structured field decimal')
  const digits = String(thousandths).padStart(4, '0')
  const sign = value < 0 && thousandths > 0n ? '-' : ''
  return `${sign}${digits.slice(0, -3)}.${digits.slice(-3).replace(/0{1,2}$/, '')}`
}

function serializeString(value: string): string {
  if (!/^[\x20-\x7e]*$/.test(value)) throw new TypeError('not a structured field string')
  return `"${value.replace(/["\\]/g, '\\$&')}"`
}

function serializeToken(value: string): string {
  if (!/^[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*$/.test(value)) throw new TypeError('not a structured field token')
  return value
}

function serializeDisplayString(value: string): string {
  if (!value.isWellFormed()) throw new TypeError('not a structured field display string')
  let text = ''
  for (const byte of new TextEncoder().encode(value)) {
    text +=
      byte < 0x20 || byte > 0x7e || byte === 0x22 || byte === 0x25
        ? `%${byte.toString(16).padStart(2, '0')}`
        : String.fromCharCode(byte)
  }
  return `%"${text}"`
}
