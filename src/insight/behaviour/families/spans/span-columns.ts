// Hot path: once per span of a file.
import type { Span } from '../../../model/span.ts'

/** A span as a file has it. */
export interface FileSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentId: string | null
  readonly service: string
  readonly operation: string
  readonly startUs: number
  readonly durationUs: number
  /** null: the file does not say. */
  readonly error: boolean | null
}

/** Up to so many spans, comparing each two takes less than a map of them. */
const pairwiseMax = 32
const noWords: Readonly<Record<string, string>> = Object.freeze({})

/**
 * The spans of a file by trace, until all are there: those of one trace may be spread over it. In columns, 45 bytes a span and its trace's id once, as
 * objects they would be ten times as large.
 */
export class SpanColumns {
  readonly #traces = new Map<string, number>()
  /** Latest span of each trace. */
  #last = new Int32Array(1024)
  readonly #services = new Names()
  readonly #operations = new Names()
  #size = 0
  /** The span of the same trace before; −1: none. */
  #before = new Int32Array(1024)
  /** Ids as 64 bits each: own and parent's. */
  #ids = new Uint32Array(4096)
  #service = new Int32Array(1024)
  #operation = new Int32Array(1024)
  #start = new Float64Array(1024)
  #duration = new Float64Array(1024)
  /** 1: failed; 2: has a parent; 4: does not say whether it failed. */
  #flags = new Uint8Array(1024)

  add({ traceId, spanId, parentId, service, operation, startUs, durationUs, error }: FileSpan): void {
    if (this.#size === this.#before.length) this.#grow()
    let trace = this.#traces.get(traceId)
    const i = this.#size++
    if (trace === undefined) {
      trace = this.#traces.size
      this.#traces.set(traceId, trace)
      if (trace === this.#last.length) this.#last = grown(this.#last, new Int32Array(2 * trace))
      this.#before[i] = -1
    } else this.#before[i] = this.#last[trace] as number
    this.#last[trace] = i
    idInto(this.#ids, 4 * i, spanId)
    if (parentId !== null) idInto(this.#ids, 4 * i + 2, parentId)
    this.#service[i] = this.#services.number(service)
    this.#operation[i] = this.#operations.number(operation)
    this.#start[i] = startUs
    this.#duration[i] = durationUs
    this.#flags[i] = (error === true ? 1 : 0) | (parentId !== null ? 2 : 0) | (error === null ? 4 : 0)
  }

  /** Each trace with its spans, each id once, in the order of their first spans. */
  *traces(): Generator<readonly [id: string, spans: readonly Span[]]> {
    for (const [traceId, trace] of this.#traces) {
      const spans: Span[] = []
      for (let i = this.#last[trace] as number; i >= 0; i = this.#before[i] as number)
        spans.push(this.#span(traceId, i))
      yield [traceId, this.#mayRepeat(trace, spans.length) ? eachOnce(spans) : spans]
    }
  }

  #span(traceId: string, i: number): Span {
    const flags = this.#flags[i] as number
    return {
      traceId,
      spanId: this.#id(4 * i),
      parentId: (flags & 2) === 0 ? null : this.#id(4 * i + 2),
      service: this.#services.name(this.#service[i] as number),
      name: this.#operations.name(this.#operation[i] as number),
      kind: 'unspecified',
      startUs: this.#start[i] as number,
      durationUs: this.#duration[i] as number,
      error: (flags & 1) !== 0,
      silent: (flags & 4) !== 0,
      resource: noWords,
      attributes: noWords,
    }
  }

  /** Do two spans of a trace have one id? True without looking when there are many. */
  #mayRepeat(trace: number, size: number): boolean {
    if (size > pairwiseMax) return true
    const ids = this.#ids
    const before = this.#before
    for (let i = this.#last[trace] as number; i >= 0; i = before[i] as number)
      for (let j = before[i] as number; j >= 0; j = before[j] as number)
        if (ids[4 * i + 1] === ids[4 * j + 1] && ids[4 * i] === ids[4 * j]) return true
    return false
  }

  #id(at: number): string {
    // Two code units each: made faster than hex digits, and compared as the numbers are.
    const high = this.#ids[at] as number
    const low = this.#ids[at + 1] as number
    return String.fromCharCode(high >>> 16, high & 0xffff, low >>> 16, low & 0xffff)
  }

  #grow(): void {
    const size = 2 * this.#before.length
    this.#before = grown(this.#before, new Int32Array(size))
    this.#ids = grown(this.#ids, new Uint32Array(4 * size))
    this.#service = grown(this.#service, new Int32Array(size))
    this.#operation = grown(this.#operation, new Int32Array(size))
    this.#start = grown(this.#start, new Float64Array(size))
    this.#duration = grown(this.#duration, new Float64Array(size))
    this.#flags = grown(this.#flags, new Uint8Array(size))
  }
}

/** Of two with one id the same is taken whatever their order. */
function eachOnce(spans: readonly Span[]): readonly Span[] {
  const known = new Map<string, Span>()
  for (const span of spans) {
    const other = known.get(span.spanId)
    if (other === undefined || isBefore(span, other)) known.set(span.spanId, span)
  }
  return known.size === spans.length ? spans : [...known.values()]
}

function grown<T extends { set(from: T): void }>(from: T, into: T): T {
  into.set(from)
  return into
}

function isBefore(a: Span, b: Span): boolean {
  for (const name of ['durationUs', 'startUs', 'service', 'name', 'parentId', 'error', 'silent'] as const) {
    const [one, other] = [a[name] ?? '', b[name] ?? '']
    if (one !== other) return one > other
  }
  return false
}

/** The 16 hex digits of a W3C span id exactly, of any other text 64 bits of a hash: ids of one trace are told apart by them. */
function idInto(ids: Uint32Array, at: number, id: string): void {
  if (id.length === 16) {
    const high = hexOf(id, 0)
    const low = high < 0 ? -1 : hexOf(id, 8)
    if (low >= 0) {
      ids[at] = high
      ids[at + 1] = low
      return
    }
  }
  let one = 0x811c9dc5
  let two = 0x9e3779b9
  for (let i = 0; i < id.length; i++) {
    const code = id.charCodeAt(i)
    one = Math.imul(one ^ code, 0x01000193)
    two = Math.imul(two ^ code, 0x85ebca6b) ^ (two >>> 13)
  }
  ids[at] = one
  ids[at + 1] = two
}

/** Eight hex digits as a number; −1: they are none. Read here since `parseInt` of a slice takes five times as long. */
function hexOf(text: string, from: number): number {
  let value = 0
  for (let i = from; i < from + 8; i++) {
    const code = text.charCodeAt(i)
    const digit = code <= 57 ? code - 48 : (code | 32) - 87
    if (digit < 0 || digit > 15 || (code > 57 && digit < 10)) return -1
    value = value * 16 + digit
  }
  return value
}

class Names {
  readonly #numbers = new Map<string, number>()
  readonly #names: string[] = []

  number(name: string): number {
    let found = this.#numbers.get(name)
    if (found === undefined) {
      found = this.#names.push(name) - 1
      this.#numbers.set(name, found)
    }
    return found
  }

  name(number: number): string {
    return this.#names[number] as string
  }
}
