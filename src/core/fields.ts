// Hot path: every request and every answer has one of these.

const NAME_START = 0
const NAME_END = 1
const VALUE_START = 2
const VALUE_END = 3
const STRIDE = 4

/**
 * Header fields of one message as they arrived: one latin-1 text and, per field, four offsets into it.
 * Nothing is copied until somebody asks. Names given to look-ups are lower case.
 */
export class Fields {
  readonly text: string
  /** name start, name end, value start, value end of each field, in the order of arrival. */
  readonly offsets: readonly number[]

  constructor(text: string, offsets: readonly number[]) {
    this.text = text
    this.offsets = offsets
  }

  /** Fields from name, value pairs; for tests and for protocols that have no text of their own. */
  static from(pairs: Iterable<readonly [name: string, value: string]>): Fields {
    let text = ''
    const offsets: number[] = []
    for (const [name, value] of pairs) {
      const start = text.length
      text += `${name}: ${value}\r\n`
      offsets.push(start, start + name.length, start + name.length + 2, start + name.length + 2 + value.length)
    }
    return new Fields(text, offsets)
  }

  get size(): number {
    return this.offsets.length / STRIDE
  }

  /** The value of a field; several lines are joined by `, ` (RFC 9110 §5.3). */
  get(name: string): string | undefined {
    let found: string | undefined
    for (let i = 0; i < this.offsets.length; i += STRIDE) {
      if (!this.#named(i, name)) continue
      const value = this.#value(i)
      found = found === undefined ? value : `${found}, ${value}`
    }
    return found
  }

  /** The values of all lines of that name, unjoined: where two lines would be two opinions. */
  all(name: string): string[] {
    const values: string[] = []
    for (let i = 0; i < this.offsets.length; i += STRIDE) if (this.#named(i, name)) values.push(this.#value(i))
    return values
  }

  has(name: string): boolean {
    for (let i = 0; i < this.offsets.length; i += STRIDE) if (this.#named(i, name)) return true
    return false
  }

  /** The name of field `index`, as it arrived. */
  nameAt(index: number): string {
    const i = index * STRIDE
    return this.text.slice(this.offsets[i + NAME_START], this.offsets[i + NAME_END])
  }

  valueAt(index: number): string {
    return this.#value(index * STRIDE)
  }

  *[Symbol.iterator](): Generator<[name: string, value: string]> {
    for (let index = 0; index < this.size; index++) yield [this.nameAt(index).toLowerCase(), this.valueAt(index)]
  }

  #value(i: number): string {
    return this.text.slice(this.offsets[i + VALUE_START], this.offsets[i + VALUE_END])
  }

  #named(i: number, name: string): boolean {
    const start = this.offsets[i + NAME_START] as number
    return (this.offsets[i + NAME_END] as number) - start === name.length && equalsLowered(this.text, start, name)
  }
}

/** Is that the name of the field, whatever its case? `lowered` is lower case. */
export function isNamed(name: string, lowered: string): boolean {
  return name.length === lowered.length && equalsLowered(name, 0, lowered)
}

/** Does `text` at `start` spell `name` (lower case) whatever its case? Only letters are folded, so `@` is not a backtick. */
export function equalsLowered(text: string, start: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const want = name.charCodeAt(i)
    const have = text.charCodeAt(start + i)
    if (have === want) continue
    if (want < 97 || want > 122 || have !== want - 32) return false
  }
  return true
}

const tokenName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const fieldValue = /^(?:[\x21-\x7e\x80-\xff](?:[\t \x21-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/

/** Header changes that a policy records and the codec applies: removals first, then what is set. */
export class FieldEdits {
  readonly removed: string[] = []
  readonly set: Array<[name: string, value: string]> = []

  /** Replaces every line of that name. Throws a TypeError on bytes that could end the line (response splitting). */
  put(name: string, value: string): void {
    if (!tokenName.test(name) || !fieldValue.test(value))
      throw new TypeError(`not a header field: ${JSON.stringify(name)}`)
    const lowered = name.toLowerCase()
    this.remove(lowered)
    this.set.push([name, value])
  }

  /** Adds a line beside those that are there, for fields that are lists (`Set-Cookie`, `Vary`). */
  add(name: string, value: string): void {
    if (!tokenName.test(name) || !fieldValue.test(value))
      throw new TypeError(`not a header field: ${JSON.stringify(name)}`)
    this.set.push([name, value])
  }

  remove(name: string): void {
    const lowered = name.toLowerCase()
    if (!this.removed.includes(lowered)) this.removed.push(lowered)
    for (let i = this.set.length - 1; i >= 0; i--)
      if (isNamed((this.set[i] as [string, string])[0], lowered)) this.set.splice(i, 1)
  }
}
