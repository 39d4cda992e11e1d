// Hot path: every inspected body is read once by this before anything parses it.

/** Why a body is not JSON that two readers must understand alike. Never renamed: tests and metrics use them. */
export type JsonFaultCode =
  | 'empty'
  | 'truncated'
  | 'syntax'
  | 'trailing'
  | 'byte-order-mark'
  | 'invalid-utf8'
  | 'control-character'
  | 'invalid-escape'
  | 'lone-surrogate'
  | 'nul'
  | 'duplicate-key'
  | 'forbidden-key'
  | 'lossy-number'
  | 'too-deep'
  | 'too-many-members'
  | 'too-many-items'
  | 'too-many-values'
  | 'key-too-long'
  | 'string-too-long'
  | 'number-too-long'

/** The first fault of a body: a code, the byte offset where it shows, and words that never repeat the body. */
export interface JsonFault {
  readonly code: JsonFaultCode
  readonly offset: number
  readonly reason: string
}

/** Bounds of one body. Lengths are raw bytes between the quotes, so an escape counts as it is written. */
export interface JsonLimits {
  /** Containers inside containers; `[]` has depth 1. */
  readonly depthMax: number
  /** Members of one object. */
  readonly membersMax: number
  /** Items of one array. */
  readonly itemsMax: number
  /** Values of the whole body, containers included. */
  readonly valuesMax: number
  readonly keyBytesMax: number
  readonly stringBytesMax: number
  readonly numberBytesMax: number
  /** Accept `\u0000`: legal JSON, but it ends a string in many services (truncation attacks). */
  readonly allowNul: boolean
  /** Accept numbers that change their value in an IEEE double (integers past 2^53, 1e400, too many digits). */
  readonly allowLossyNumbers: boolean
}

const VALUE = 0
const ITEM_OR_END = 1
const KEY_OR_END = 2
const KEY = 3
const AFTER = 4

const OBJECT = 1
const ARRAY = 2

const firstSlots = 1024
// A table grown by one large body is given back; keeping it would let one caller hold memory for all.
const keptSlots = 16_384
// At load ≤ 1/2 and a secret hash the longest run over 100,000 keys is below 60 (measured: 43). More means that somebody found collisions.
const probesMax = 512

/**
 * Reads a body once, without recursion and without allocating per token: RFC 8259 grammar, UTF-8, duplicate keys, counts and
 * lengths. Reused for body after body (not re-entrant). `seed` is ≥ 16 secret bytes of this process: it keys the hash of
 * object keys, so that nobody can send keys that collide.
 */
export class JsonScanner {
  /** After a scan without fault: the body was pure ASCII, so latin-1 decoding gives the same text faster. */
  ascii = true
  readonly #limits: JsonLimits
  readonly #key0: number
  readonly #key1: number
  readonly #proto: number
  readonly #kinds: Uint8Array
  readonly #counts: Int32Array
  readonly #objects: Int32Array
  #slots = new Int32Array(firstSlots)
  #hashes = new Int32Array(firstSlots / 2)
  #owners = new Int32Array(firstSlots / 2)
  #starts = new Int32Array(firstSlots / 2)
  #ends = new Int32Array(firstSlots / 2)
  #base = 1
  #keys = 0
  #escaped = false
  #code: JsonFaultCode = 'syntax'
  #at = 0

  constructor(limits: JsonLimits, seed: Uint8Array) {
    if (seed.length < 16) throw new RangeError('the seed of a JSON scanner has at least 16 bytes')
    const words = new DataView(seed.buffer, seed.byteOffset, seed.byteLength)
    this.#limits = limits
    this.#key0 = words.getInt32(0)
    this.#key1 = words.getInt32(4)
    this.#kinds = new Uint8Array(limits.depthMax + 1)
    this.#counts = new Int32Array(limits.depthMax + 1)
    this.#objects = new Int32Array(limits.depthMax + 1)
    this.#proto = this.#hashText('__proto__')
  }

  /** Null when the body is JSON within the limits, else its first fault. Time is linear in the length of the body. */
  scan(bytes: Uint8Array): JsonFault | null {
    this.ascii = true
    this.#keys = 0
    const sound = this.#document(bytes)
    // Slots of this body are older than the next base, so nothing has to be cleared.
    this.#base += this.#keys + 1
    if (this.#slots.length > keptSlots) this.#resize(firstSlots)
    if (this.#base > 0x3fff_ffff) {
      this.#slots.fill(0)
      this.#base = 1
    }
    return sound ? null : { code: this.#code, offset: this.#at, reason: reasons[this.#code] }
  }

  #document(bytes: Uint8Array): boolean {
    const limits = this.#limits
    const kinds = this.#kinds
    const counts = this.#counts
    const length = bytes.length
    const view = new DataView(bytes.buffer, bytes.byteOffset, length)
    let i = 0
    let depth = 0
    let state = VALUE
    let values = 0
    let objects = 0
    for (;;) {
      let c = 0
      while (i < length) {
        c = bytes[i] as number
        if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) break
        i++
      }
      if (i >= length) {
        if (state === AFTER && depth === 0) return true
        return this.#fail(values === 0 ? 'empty' : 'truncated', i)
      }
      if (state === AFTER) {
        if (depth === 0) return this.#fail('trailing', i)
        if (c === 0x2c) {
          i++
          state = kinds[depth] === OBJECT ? KEY : VALUE
          continue
        }
        if (c !== (kinds[depth] === OBJECT ? 0x7d : 0x5d)) return this.#fail('syntax', i)
        depth--
        i++
        continue
      }
      if (state === KEY || state === KEY_OR_END) {
        if (c === 0x22) {
          const members = (counts[depth] as number) + 1
          if (members > limits.membersMax) return this.#fail('too-many-members', i)
          counts[depth] = members
          this.#escaped = false
          const end = this.#string(bytes, view, i + 1)
          if (end < 0) return false
          if (end - i - 2 > limits.keyBytesMax) return this.#fail('key-too-long', i)
          if (!this.#remember(bytes, view, i + 1, end - 1, this.#objects[depth] as number)) return false
          i = end
          while (i < length) {
            c = bytes[i] as number
            if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) break
            i++
          }
          if (i >= length) return this.#fail('truncated', i)
          if (c !== 0x3a) return this.#fail('syntax', i)
          i++
          state = VALUE
          continue
        }
        if (c !== 0x7d || state === KEY) return this.#fail('syntax', i)
        depth--
        i++
        state = AFTER
        continue
      }
      if (c === 0x5d && state === ITEM_OR_END) {
        depth--
        i++
        state = AFTER
        continue
      }
      if (++values > limits.valuesMax) return this.#fail('too-many-values', i)
      if (kinds[depth] === ARRAY && depth > 0) {
        const items = (counts[depth] as number) + 1
        if (items > limits.itemsMax) return this.#fail('too-many-items', i)
        counts[depth] = items
      }
      state = AFTER
      if (c === 0x22) {
        const end = this.#string(bytes, view, i + 1)
        if (end < 0) return false
        if (end - i - 2 > limits.stringBytesMax) return this.#fail('string-too-long', i)
        i = end
      } else if (c === 0x7b || c === 0x5b) {
        if (depth === limits.depthMax) return this.#fail('too-deep', i)
        depth++
        counts[depth] = 0
        if (c === 0x7b) {
          kinds[depth] = OBJECT
          this.#objects[depth] = ++objects
          state = KEY_OR_END
        } else {
          kinds[depth] = ARRAY
          state = ITEM_OR_END
        }
        i++
      } else if (c === 0x2d || (c >= 0x30 && c <= 0x39)) {
        i = this.#number(bytes, i)
        if (i < 0) return false
      } else {
        const word = c === 0x74 ? 'true' : c === 0x66 ? 'false' : c === 0x6e ? 'null' : ''
        if (word === '') return this.#fail(c === 0xef && i === 0 ? 'byte-order-mark' : 'syntax', i)
        for (let k = 1; k < word.length; k++) {
          if (i + k >= length) return this.#fail('truncated', length)
          if (bytes[i + k] !== word.charCodeAt(k)) return this.#fail('syntax', i + k)
        }
        i += word.length
      }
    }
  }

  #fail(code: JsonFaultCode, at: number): false {
    this.#code = code
    this.#at = at
    return false
  }

  #stop(code: JsonFaultCode, at: number): -1 {
    this.#code = code
    this.#at = at
    return -1
  }

  /** From behind the opening quote to behind the closing one; -1 at a fault. */
  #string(bytes: Uint8Array, view: DataView, from: number): number {
    const length = bytes.length
    let i = from
    while (i < length) {
      i = plainRun(bytes, view, i)
      if (i >= length) break
      const b = bytes[i] as number
      if (b === 0x22) return i + 1
      if (b === 0x5c) i = this.#escape(bytes, i)
      else if (b < 0x20) return this.#stop('control-character', i)
      else {
        this.ascii = false
        i = this.#multibyte(bytes, i)
      }
      if (i < 0) return -1
    }
    return this.#stop('truncated', length)
  }

  /** From a backslash to behind its escape. */
  #escape(bytes: Uint8Array, at: number): number {
    this.#escaped = true
    const b = bytes[at + 1]
    if (b === undefined) return this.#stop('truncated', at + 1)
    if (b !== 0x75) {
      return shortEscapes[b] === 1 ? at + 2 : this.#stop('invalid-escape', at)
    }
    const unit = hex4(bytes, at + 2)
    if (unit < 0) return this.#stop(at + 6 > bytes.length ? 'truncated' : 'invalid-escape', at)
    if (unit === 0 && !this.#limits.allowNul) return this.#stop('nul', at)
    if (unit < 0xd800 || unit > 0xdfff) return at + 6
    // RFC 8259 §8.2: what a lone surrogate becomes is unpredictable, so two readers would see two strings.
    const low = unit < 0xdc00 && bytes[at + 6] === 0x5c && bytes[at + 7] === 0x75 ? hex4(bytes, at + 8) : -1
    if (low < 0xdc00 || low > 0xdfff) return this.#stop('lone-surrogate', at)
    return at + 12
  }

  /** RFC 3629 §4, the strict table: no overlong form, no surrogate, nothing above U+10FFFF. */
  #multibyte(bytes: Uint8Array, at: number): number {
    const b0 = bytes[at] as number
    const b1 = bytes[at + 1] ?? 0
    if (b0 >= 0xc2 && b0 <= 0xdf) {
      if ((b1 & 0xc0) === 0x80) return at + 2
    } else if (b0 >= 0xe0 && b0 <= 0xef) {
      const low = b0 === 0xe0 ? 0xa0 : 0x80
      const high = b0 === 0xed ? 0x9f : 0xbf
      if (b1 >= low && b1 <= high && ((bytes[at + 2] ?? 0) & 0xc0) === 0x80) return at + 3
    } else if (b0 >= 0xf0 && b0 <= 0xf4) {
      const low = b0 === 0xf0 ? 0x90 : 0x80
      const high = b0 === 0xf4 ? 0x8f : 0xbf
      if (b1 >= low && b1 <= high && ((bytes[at + 2] ?? 0) & 0xc0) === 0x80 && ((bytes[at + 3] ?? 0) & 0xc0) === 0x80)
        return at + 4
    }
    return this.#stop('invalid-utf8', at)
  }

  /** From the first byte of a number to behind it; -1 at a fault. */
  #number(bytes: Uint8Array, from: number): number {
    const length = bytes.length
    let i = from
    if (bytes[i] === 0x2d) i++
    let digits = 0
    let c = bytes[i] ?? 0
    if (c === 0x30) {
      i++
    } else if (c >= 0x31 && c <= 0x39) {
      while (i < length && isDigit(bytes[i] as number)) i++
      digits = i - from
    } else return this.#stop(i >= length ? 'truncated' : 'syntax', i)
    let plain = true
    if (bytes[i] === 0x2e) {
      const point = i++
      while (i < length && isDigit(bytes[i] as number)) i++
      if (i === point + 1) return this.#stop(i >= length ? 'truncated' : 'syntax', i)
      digits += i - point
    }
    c = bytes[i] ?? 0
    if (c === 0x65 || c === 0x45) {
      plain = false
      i++
      if (bytes[i] === 0x2b || bytes[i] === 0x2d) i++
      const exponent = i
      while (i < length && isDigit(bytes[i] as number)) i++
      if (i === exponent) return this.#stop(i >= length ? 'truncated' : 'syntax', i)
    }
    if (i - from > this.#limits.numberBytesMax) return this.#stop('number-too-long', from)
    // Every decimal of up to 15 digits survives a double (IEEE 754: DBL_DIG); only what is left needs a look.
    if ((!plain || digits > 15) && !this.#limits.allowLossyNumbers && !keepsValue(bytes, from, i))
      return this.#stop('lossy-number', from)
    return i
  }

  /** Notes a key of an object; false when the object has it already, however either is spelled. */
  #remember(bytes: Uint8Array, view: DataView, start: number, end: number, owner: number): boolean {
    const hash = this.#escaped ? this.#hashText(keyText(bytes, start, end)) : this.#hash(view, start, end)
    if (hash === this.#proto && keyText(bytes, start, end) === '__proto__')
      return this.#fail('forbidden-key', start - 1)
    const id = this.#keys
    if (id === this.#hashes.length) this.#resize(this.#slots.length * 2)
    const slots = this.#slots
    const mask = slots.length - 1
    const base = this.#base
    let slot = spread(hash, owner) & mask
    for (let probes = 0; ; probes++) {
      if (probes > probesMax) return this.#fail('too-many-members', start - 1)
      const other = (slots[slot] as number) - base
      if (other < 0) break
      if (
        this.#hashes[other] === hash &&
        this.#owners[other] === owner &&
        sameKey(bytes, this.#starts[other] as number, this.#ends[other] as number, start, end)
      )
        return this.#fail('duplicate-key', start - 1)
      slot = (slot + 1) & mask
    }
    slots[slot] = base + id
    this.#hashes[id] = hash
    this.#owners[id] = owner
    this.#starts[id] = start
    this.#ends[id] = end
    this.#keys = id + 1
    return true
  }

  /**
   * HalfSipHash-1-3 (Aumasson and Bernstein; the Linux kernel's hash for tables that strangers fill). Multiplying by secrets was
   * three times as fast and not enough: flips of high bits in neighbouring words cancel for many secrets at once.
   */
  #hash(view: DataView, start: number, end: number): number {
    let v0 = this.#key0
    let v1 = this.#key1
    let v2 = this.#key0 ^ 0x6c796765
    let v3 = this.#key1 ^ 0x74656462
    const words = (end - start) >> 2
    for (let n = 0; n < words + 4; n++) {
      let m = 0
      if (n < words) m = view.getInt32(start + n * 4, true)
      else if (n === words) {
        m = (end - start) << 24
        for (let i = start + words * 4, shift = 0; i < end; i++, shift += 8) m |= view.getUint8(i) << shift
      } else if (n === words + 1) v2 ^= 0xff
      v3 ^= m
      v0 = (v0 + v1) | 0
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
      v0 = (v0 << 16) | (v0 >>> 16)
      v2 = (v2 + v3) | 0
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
      v0 = (v0 + v3) | 0
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
      v2 = (v2 + v1) | 0
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
      v2 = (v2 << 16) | (v2 >>> 16)
      v0 ^= m
    }
    return v1 ^ v3
  }

  /** The hash of the UTF-8 form of the decoded key: `"\u0061"` hashes as `"a"` does. */
  #hashText(text: string): number {
    const decoded = new TextEncoder().encode(text)
    return this.#hash(new DataView(decoded.buffer, decoded.byteOffset, decoded.length), 0, decoded.length)
  }

  #resize(size: number): void {
    const shrunk = size < this.#slots.length
    const kept = (old: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
      const grown = new Int32Array(size / 2)
      if (!shrunk) grown.set(old)
      return grown
    }
    this.#slots = new Int32Array(size)
    this.#hashes = kept(this.#hashes)
    this.#owners = kept(this.#owners)
    this.#starts = kept(this.#starts)
    this.#ends = kept(this.#ends)
    if (shrunk) return
    const mask = size - 1
    for (let id = 0; id < this.#keys; id++) {
      let slot = spread(this.#hashes[id] as number, this.#owners[id] as number) & mask
      while ((this.#slots[slot] as number) !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = this.#base + id
    }
  }
}

const reasons: Readonly<Record<JsonFaultCode, string>> = {
  empty: 'there is no value',
  truncated: 'the text ends too early',
  syntax: 'not JSON',
  trailing: 'there is more after the value',
  'byte-order-mark': 'a byte order mark is not part of JSON',
  'invalid-utf8': 'not valid UTF-8',
  'control-character': 'a control character in a string must be escaped',
  'invalid-escape': 'an escape that JSON does not have',
  'lone-surrogate': 'half of a surrogate pair',
  nul: 'the character U+0000 is not accepted',
  'duplicate-key': 'the object has this key already',
  'forbidden-key': 'the key __proto__ is not accepted',
  'lossy-number': 'the number cannot be kept exactly',
  'too-deep': 'nested too deeply',
  'too-many-members': 'the object has too many members',
  'too-many-items': 'the array has too many items',
  'too-many-values': 'too many values',
  'key-too-long': 'the key is too long',
  'string-too-long': 'the string is too long',
  'number-too-long': 'the number is too long',
}

/** The first byte from `from` on that is a quote, a backslash, a control character or beyond ASCII; four bytes a step (2× a byte loop). */
function plainRun(bytes: Uint8Array, view: DataView, from: number): number {
  const length = bytes.length
  let i = from
  for (const last = length - 4; i <= last; i += 4) {
    const w = view.getInt32(i, true)
    const quote = w ^ 0x22222222
    const slash = w ^ 0x5c5c5c5c
    // The classic zero-byte test; a borrow can only mark a byte above a true hit, and those are looked at one by one.
    const hit = ((quote - 0x01010101) & ~quote) | ((slash - 0x01010101) & ~slash) | (w - 0x20202020) | w
    if ((hit & 0x80808080) !== 0) break
  }
  for (; i < length; i++) {
    const b = bytes[i] as number
    if (b < 0x20 || b >= 0x80 || b === 0x22 || b === 0x5c) break
  }
  return i
}

/** 1 = may follow a backslash. */
const shortEscapes = new Uint8Array(256)
for (const letter of '"\\/bfnrt') shortEscapes[letter.charCodeAt(0)] = 1

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39
}

function hex4(bytes: Uint8Array, at: number): number {
  let unit = 0
  for (let i = at; i < at + 4; i++) {
    const c = bytes[i] ?? 0
    const letter = c | 0x20
    const digit = isDigit(c) ? c - 0x30 : letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
    if (digit < 0) return -1
    unit = (unit << 4) | digit
  }
  return unit
}

function spread(hash: number, owner: number): number {
  const h = Math.imul(hash ^ Math.imul(owner, 0x9e3779b1), 0x85ebca6b)
  return h ^ (h >>> 15)
}

/** Only called when hashes are equal: almost always a real duplicate, and cheap even when it is not. */
function sameKey(bytes: Uint8Array, startA: number, endA: number, startB: number, endB: number): boolean {
  let escaped = false
  for (let i = startA; i < endA && !escaped; i++) escaped = bytes[i] === 0x5c
  for (let i = startB; i < endB && !escaped; i++) escaped = bytes[i] === 0x5c
  if (escaped) return keyText(bytes, startA, endA) === keyText(bytes, startB, endB)
  if (endA - startA !== endB - startB) return false
  for (let i = startA, j = startB; i < endA; i++, j++) if (bytes[i] !== bytes[j]) return false
  return true
}

/** A key that has been scanned, decoded. */
function keyText(bytes: Uint8Array, start: number, end: number): string {
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + start - 1, end - start + 2).toString()) as string
}

/** Does the nearest double, written shortest (ECMA-262 Number::toString), spell the same decimal value? */
function keepsValue(bytes: Uint8Array, start: number, end: number): boolean {
  const text = String.fromCharCode(...bytes.subarray(start, end))
  const value = Number(text)
  return Number.isFinite(value) && canonicalDecimal(text) === canonicalDecimal(String(value))
}

/** `-0.120e3` → `12e1`, sign left out: significant digits without zeros at either end, and the power of ten. */
function canonicalDecimal(text: string): string {
  const [mantissa = '', exponent = '0'] = (text.startsWith('-') ? text.slice(1) : text).split(/e/i)
  const [whole = '', fraction = ''] = mantissa.split('.')
  const digits = (whole + fraction).replace(/^0+/, '')
  const trimmed = digits.replace(/0+$/, '')
  if (trimmed === '') return '0'
  return `${trimmed}e${Number(exponent) - fraction.length + digits.length - trimmed.length}`
}
