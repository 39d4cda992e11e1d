// Hot path: once per event. Everything here stands for JSON.parse and `readEvent` of the same line, at a third of their cost, or steps aside.
import { utcMs } from '../../../lib/time-ms.ts'
import type { EventRecord } from '../../model/event-record.ts'
import { readEvent } from './event.ts'

/**
 * Reads the event in the line that stands at `from` to `to` (without its end) when the line is as our own log writes it: every field, in its order,
 * without spaces and escapes. null: it is not, or not beyond all doubt; then it is the matter of JSON.parse and `readEvent`, which give the very same
 * event for every line that is read here.
 */
export type EventLineReader = (bytes: Buffer, from: number, to: number) => EventRecord | null

/** Says what becomes of the fields that stand in a piece (masking). */
export type PieceChange = (fields: EventRecord) => Partial<EventRecord>

const timeStart = written('{"time":"')
const idStart = written('","id":"')
const traceStart = written('","traceId":')
const spanStart = written(',"spanId":')
const parentStart = written(',"parentId":')
const portStart = written('","clientPort":')
const responseStart = written(',"responseBytes":')
const durationStart = written(',"durationMs":')
const upstreamStart = written(',"upstreamMs":')
const nullWord = written('null')

const QUOTE = 34
const COMMA = 44
const BACKSLASH = 92
const idMax = 128
const pathMax = 8192
/** Longer pieces come from strangers. */
const pieceMax = 1024

/**
 * A reader with a memory of its own. What comes again and again in lines (listener and protocol, method and host, route and target, the principal,
 * the verdict) is remembered by its bytes, so that only the first of each is parsed. The memory is bounded: strangers choose some of it.
 */
export function createEventLineReader(change: PieceChange = fields => fields): EventLineReader {
  const edges = new Pieces<'listener' | 'protocol'>(
    'listener protocol client',
    { cut: 1, after: '"}', sets: 64, endOf: behindKey('client', '"') },
    change,
  )
  const calls = new Pieces<'method' | 'host'>(
    'method host path',
    { cut: 1, after: '"}', sets: 1024, endOf: behindKey('path', '"') },
    change,
  )
  const ways = new Pieces<'query' | 'route' | 'service' | 'target' | 'status' | 'upstreamStatus'>(
    'query route service target status upstreamStatus requestBytes',
    { cut: 2, after: '0}', sets: 1024, endOf: behindKey('requestBytes', '') },
    change,
  )
  const callers = new Pieces<'principal'>(
    'principal',
    { cut: 1, after: '}', sets: 8192, endOf: behindPrincipal },
    change,
  )
  const ends = new Pieces<'verdict' | 'policy' | 'code' | 'reason'>(
    'verdict policy code reason observed configVersion',
    { cut: 1, after: '', sets: 256, endOf: (_, __, to) => to },
    change,
  )
  /** Where the last number or id that was read ends; -1: there was none. */
  let at = 0

  function amount(bytes: Buffer, from: number): number {
    let whole = 0
    let i = from
    for (; i < from + 16; i++) {
      const digit = (bytes[i] as number) - 48
      if (!(digit >= 0 && digit <= 9)) break
      whole = whole * 10 + digit
    }
    const digits = i - from
    // A leading zero stands alone, and what is longer is for the parser.
    if (digits === 0 || digits > 12 || (digits > 1 && bytes[from] === 48)) return refuse()
    at = i
    if (bytes[i] !== 46) return bytes[i] === COMMA ? whole : refuse()
    let scale = 1
    for (i++; i < at + 5; i++) {
      const digit = (bytes[i] as number) - 48
      if (!(digit >= 0 && digit <= 9)) break
      whole = whole * 10 + digit
      scale *= 10
    }
    if (scale === 1 || bytes[i] !== COMMA || whole > Number.MAX_SAFE_INTEGER) return refuse()
    at = i
    // Both are exact, so the quotient is the number nearest to what is written: what JSON.parse gives.
    return whole / scale
  }

  function refuse(): number {
    at = -1
    return -1
  }

  /** `at` behind an id in quotes, or behind `null`; -1: it is neither. */
  function skipId(bytes: Buffer, view: DataView, from: number): void {
    if (bytes[from] === QUOTE) {
      const end = idEnd(bytes, from + 1)
      at = end < 0 ? -1 : end + 1
    } else at = stands(view, from, nullWord) ? from + 4 : -1
  }

  return (bytes, from, to) => {
    if (to - from < 300 || to > bytes.length) return null
    const view = viewOf(bytes)
    if (!stands(view, from, timeStart)) return null
    const head = from + timeStart.length
    if (!stands(view, head + 24, idStart)) return null
    const idFrom = head + 24 + idStart.length
    const idTo = idEnd(bytes, idFrom)
    if (idTo < 0 || !stands(view, idTo, traceStart)) return null
    const traceFrom = idTo + traceStart.length
    skipId(bytes, view, traceFrom)
    if (at < 0 || !stands(view, at, spanStart)) return null
    const traceTo = at
    const spanFrom = at + spanStart.length
    skipId(bytes, view, spanFrom)
    if (at < 0 || !stands(view, at, parentStart)) return null
    const spanTo = at
    const parentFrom = at + parentStart.length
    skipId(bytes, view, parentFrom)
    if (at < 0) return null
    const parentTo = at

    const edge = edges.at(bytes, view, parentTo, to)
    if (edge === null) return null
    const edgeTo = edges.end
    const clientTo = textEnd(bytes, edgeTo, edgeTo + 64)
    if (clientTo < 0 || !stands(view, clientTo, portStart)) return null
    amount(bytes, clientTo + portStart.length)
    if (at < 0) return null
    const call = calls.at(bytes, view, at, to)
    if (call === null) return null
    const callTo = calls.end
    const pathTo = textEnd(bytes, callTo, Math.min(to, callTo + pathMax + 1))
    if (pathTo < 0) return null

    const way = ways.at(bytes, view, pathTo, to)
    if (way === null) return null
    const requestBytes = amount(bytes, ways.end)
    if (at < 0 || !stands(view, at, responseStart)) return null
    const responseBytes = amount(bytes, at + responseStart.length)
    if (at < 0 || !stands(view, at, durationStart)) return null
    const durationMs = amount(bytes, at + durationStart.length)
    if (at < 0 || !stands(view, at, upstreamStart)) return null
    const upstreamFrom = at + upstreamStart.length
    let upstreamMs: number | null = null
    if (stands(view, upstreamFrom, nullWord)) at = upstreamFrom + 4
    else upstreamMs = amount(bytes, upstreamFrom)
    if (at < 0) return null

    const caller = callers.at(bytes, view, at, to)
    if (caller === null) return null
    const end = ends.at(bytes, view, callers.end, to)
    if (end === null) return null

    // Slices of two short texts: each text of its own would cost a call out of JavaScript, and slices of the line would keep all of it alive.
    const ids = bytes.toString('latin1', head, parentTo)
    const time = ids.slice(0, 24)
    if (Number.isNaN(utcMs(time)) || time < '2000' || time >= '2200') return null
    const places = bytes.toString('latin1', edgeTo, pathTo)
    return {
      time,
      id: ids.slice(idFrom - head, idTo - head),
      traceId: quoted(ids, traceFrom - head, traceTo - head),
      spanId: quoted(ids, spanFrom - head, spanTo - head),
      parentId: quoted(ids, parentFrom - head, parentTo - head),
      listener: edge.listener,
      protocol: edge.protocol,
      client: places.slice(0, clientTo - edgeTo),
      method: call.method,
      host: call.host,
      path: places.slice(callTo - edgeTo),
      query: way.query,
      route: way.route,
      service: way.service,
      target: way.target,
      status: way.status,
      upstreamStatus: way.upstreamStatus,
      requestBytes,
      responseBytes,
      durationMs,
      upstreamMs,
      principal: caller.principal,
      verdict: end.verdict,
      policy: end.policy,
      code: end.code,
      reason: end.reason,
    }
  }
}

interface PieceForm {
  /** Characters before its first key. */
  readonly cut: number
  /** What it lacks to be an object. */
  readonly after: string
  /** Of four pieces each; a power of two. */
  readonly sets: number
  /** Where the piece ends that begins at `from`, by what stands in it alone; -1: there is none before `to`, the end of the line. */
  readonly endOf: (bytes: Buffer, from: number, to: number) => number
}

const setSize = 4
/** Of one piece in the list of what is known: hash, length (0: none), place of its bytes. */
const headWords = 3
/** Of a piece, four bytes each. Longer ones, which hardly come again, are read each time. */
const cellWords = 96

/**
 * Pieces of lines that come again, by their bytes. Numbers and bytes lie in rows of their own: as an object with a list each, a piece took three
 * look-ups more in memory.
 */
class Pieces<K extends keyof EventRecord> {
  readonly #keys: string
  readonly #form: PieceForm
  readonly #change: PieceChange
  readonly #heads: Int32Array
  readonly #fields: Array<Pick<EventRecord, K>> = []
  /** Bytes of the pieces by place, four in a word; the last word reaches back when they are not a multiple of four. */
  #cells = new Int32Array(cellWords * 16)
  #cellCount = 0
  /** Place of the piece that came last: mostly it comes again. -1: none. */
  #last = -1
  #lastLength = 0
  /** Which of a full set gives way next. */
  #turn = 0
  /** Where the piece ended that was given last. */
  end = 0

  /** `keys`: all that must stand in it, in order. */
  constructor(keys: string, form: PieceForm, change: PieceChange) {
    this.#keys = keys
    this.#form = form
    this.#change = change
    this.#heads = new Int32Array(form.sets * setSize * headWords)
  }

  /** The fields in the piece that begins at `from` in a line that ends at `to`; null: it is none that is written so. `view` is of the same bytes. */
  at(bytes: Buffer, view: DataView, from: number, to: number): Pick<EventRecord, K> | null {
    const same = from + this.#lastLength
    if (this.#last >= 0 && same <= to && this.#stands(this.#last, this.#lastLength, view, from)) {
      // The same bytes end at the same place, but for the piece that ends with its line.
      if (this.#form.after !== '' || same === to) {
        this.end = same
        return this.#fields[this.#last] as Pick<EventRecord, K>
      }
    }
    const end = this.#form.endOf(bytes, from, to)
    const length = end - from
    if (end < 0 || length < 12 || length > pieceMax) return null
    this.end = end
    const hash = hashOf(view, from, end)
    const heads = this.#heads
    const set = (hash & (this.#form.sets - 1)) * setSize * headWords
    let free = -1
    for (let at = set; at < set + setSize * headWords; at += headWords) {
      if (heads[at + 1] === 0) {
        free = at
        break
      }
      if (heads[at] !== hash || heads[at + 1] !== length) continue
      const place = heads[at + 2] as number
      if (!this.#stands(place, length, view, from)) continue
      this.#last = place
      this.#lastLength = length
      return this.#fields[place] as Pick<EventRecord, K>
    }
    const fields = this.#read(bytes.toString('latin1', from, end))
    if (fields !== null && length <= cellWords * 4)
      this.#remember(free < 0 ? set + (this.#turn++ % setSize) * headWords : free, hash, length, { view, from, fields })
    return fields
  }

  #stands(place: number, length: number, view: DataView, from: number): boolean {
    const cells = this.#cells
    const first = place * cellWords
    const last = first + ((length - 1) >> 2)
    let at = from
    for (let i = first; i < last; i++, at += 4) if (cells[i] !== view.getInt32(at, true)) return false
    return cells[last] === view.getInt32(from + length - 4, true)
  }

  #remember(
    head: number,
    hash: number,
    length: number,
    { view, from, fields }: { readonly view: DataView; readonly from: number; readonly fields: Pick<EventRecord, K> },
  ): void {
    const heads = this.#heads
    const place = heads[head + 1] === 0 ? this.#cellCount++ : (heads[head + 2] as number)
    if ((place + 1) * cellWords > this.#cells.length) {
      const larger = new Int32Array(this.#cells.length * 2)
      larger.set(this.#cells)
      this.#cells = larger
    }
    const first = place * cellWords
    const count = (length + 3) >> 2
    for (let i = 0; i < count; i++)
      this.#cells[first + i] = view.getInt32(Math.min(from + 4 * i, from + length - 4), true)
    heads[head] = hash
    heads[head + 1] = length
    heads[head + 2] = place
    this.#fields[place] = fields
    this.#last = place
    this.#lastLength = length
  }

  #read(text: string): Pick<EventRecord, K> | null {
    // What stands before the first key ends the text before it, or nothing.
    if (text.slice(0, this.#form.cut) !== (this.#form.cut === 1 ? ',' : '",')) return null
    const whole = `{${text.slice(this.#form.cut)}${this.#form.after}`
    let value: unknown
    try {
      value = JSON.parse(whole)
    } catch {
      return null
    }
    // Written again it must be the same text: no key twice, no space, no escape, nothing beyond ASCII.
    if (/[^ -~]/.test(whole) || JSON.stringify(value) !== whole) return null
    if (Object.keys(value as object).join(' ') !== this.#keys) return null
    const event = readEvent({ ...anyEvent, ...(value as object) }, 'x')
    return typeof event === 'string' ? null : { ...event, ...this.#change(event) }
  }
}

/** What `readEvent` asks for besides the fields of a piece. */
const anyEvent = { time: '2026-01-01T00:00:00.000Z', method: 'GET', path: '/', status: 200 }

function quoted(text: string, from: number, to: number): string | null {
  return text.charCodeAt(from) === QUOTE ? text.slice(from + 1, to - 1) : null
}

/** A text of ASCII, at least four characters, as `stands` compares it: four in a word, the last word reaching back. */
interface Written {
  readonly words: Int32Array
  readonly length: number
}

function written(text: string): Written {
  const bytes = Buffer.from(text, 'latin1')
  const count = Math.ceil(text.length / 4)
  const words = Int32Array.from({ length: count }, (_, i) => bytes.readInt32LE(Math.min(4 * i, text.length - 4)))
  return { words, length: text.length }
}

function stands(view: DataView, from: number, { words, length }: Written): boolean {
  if (from + length > view.byteLength) return false
  const last = words.length - 1
  for (let i = 0, at = from; i < last; i++, at += 4) if (words[i] !== view.getInt32(at, true)) return false
  return words[last] === view.getInt32(from + length - 4, true)
}

/** The quote behind an id as `readEvent` takes them; -1: it is none. */
function idEnd(bytes: Buffer, from: number): number {
  let i = from
  for (; i <= from + idMax; i++) {
    const byte = bytes[i] as number
    if (byte === QUOTE) return i > from ? i : -1
    if (!(byte > 32 && byte < 127) || byte === 64 || byte === BACKSLASH) return -1
  }
  return -1
}

/** The quote behind a text of printable ASCII without escapes; -1: there is none before `max`. */
function textEnd(bytes: Buffer, from: number, max: number): number {
  for (let i = from; i < max; i++) {
    const byte = bytes[i] as number
    if (byte === QUOTE) return i
    if (!(byte >= 32 && byte < 127) || byte === BACKSLASH) return -1
  }
  return -1
}

/** Behind the colon of the first key of this name (its last two letters tell it from all others of the piece), and behind `then`. */
function behindKey(name: string, then: '' | '"'): PieceForm['endOf'] {
  const last = name.charCodeAt(name.length - 1)
  const before = name.charCodeAt(name.length - 2)
  return (bytes, from, to) => {
    const max = Math.min(to, from + pieceMax)
    for (let i = from + 12; i < max; i++)
      if (bytes[i] === 58 && bytes[i - 1] === QUOTE && bytes[i - 2] === last && bytes[i - 3] === before) {
        if (then === '') return i + 1
        return bytes[i + 1] === QUOTE ? i + 2 : -1
      }
    return -1
  }
}

/** Behind `,"principal":{…}` or `,"principal":null`. */
function behindPrincipal(bytes: Buffer, from: number, to: number): number {
  if (bytes[from + 13] !== 123) return from + 17 <= to ? from + 17 : -1
  const max = Math.min(to, from + pieceMax)
  for (let i = from + 14; i < max; i++) if (bytes[i] === 125) return i + 1
  return -1
}

let latest: Buffer | null = null
let latestView: DataView = new DataView(new ArrayBuffer(0))

/** Lines come many to a buffer. */
function viewOf(bytes: Buffer): DataView {
  if (bytes !== latest) {
    latest = bytes
    latestView = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }
  return latestView
}

/** Of at least four bytes. Who makes two of them meet gains nothing: all bytes are compared. */
function hashOf(view: DataView, from: number, to: number): number {
  const last = to - 4
  let hash = to - from
  for (let i = from; i < last; i += 4) {
    hash = Math.imul(hash ^ view.getInt32(i, true), 0x9e3779b1)
    hash ^= hash >>> 15
  }
  hash = Math.imul(hash ^ view.getInt32(last, true), 0x85ebca6b)
  return hash ^ (hash >>> 13)
}
