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

const timeStart = ascii('{"time":"')
const idStart = ascii('","id":"')
const traceStart = ascii('","traceId":')
const spanStart = ascii(',"spanId":')
const parentStart = ascii(',"parentId":')
const portStart = ascii('","clientPort":')
const responseStart = ascii(',"responseBytes":')
const durationStart = ascii(',"durationMs":')
const upstreamStart = ascii(',"upstreamMs":')
const nullWord = ascii('null')

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
    { cut: 1, after: '"}', sets: 64 },
    change,
  )
  const calls = new Pieces<'method' | 'host'>('method host path', { cut: 1, after: '"}', sets: 1024 }, change)
  const ways = new Pieces<'query' | 'route' | 'service' | 'target' | 'status' | 'upstreamStatus'>(
    'query route service target status upstreamStatus requestBytes',
    { cut: 2, after: '0}', sets: 1024 },
    change,
  )
  const callers = new Pieces<'principal'>('principal', { cut: 1, after: '}', sets: 8192 }, change)
  const ends = new Pieces<'verdict' | 'policy' | 'code' | 'reason'>(
    'verdict policy code reason observed configVersion',
    { cut: 1, after: '', sets: 256 },
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
  function skipId(bytes: Buffer, from: number): void {
    if (bytes[from] === QUOTE) {
      const end = idEnd(bytes, from + 1)
      at = end < 0 ? -1 : end + 1
    } else at = stands(bytes, from, nullWord) ? from + 4 : -1
  }

  return (bytes, from, to) => {
    if (to - from < 300 || to > bytes.length) return null
    if (!stands(bytes, from, timeStart)) return null
    const head = from + timeStart.length
    if (!stands(bytes, head + 24, idStart)) return null
    const idFrom = head + 24 + idStart.length
    const idTo = idEnd(bytes, idFrom)
    if (idTo < 0 || !stands(bytes, idTo, traceStart)) return null
    const traceFrom = idTo + traceStart.length
    skipId(bytes, traceFrom)
    if (at < 0 || !stands(bytes, at, spanStart)) return null
    const traceTo = at
    const spanFrom = at + spanStart.length
    skipId(bytes, spanFrom)
    if (at < 0 || !stands(bytes, at, parentStart)) return null
    const spanTo = at
    const parentFrom = at + parentStart.length
    skipId(bytes, parentFrom)
    if (at < 0) return null
    const parentTo = at

    const edgeTo = pieceEnd(bytes, parentTo, to, 't', 'n') + 1
    if (edgeTo <= 0 || bytes[edgeTo - 1] !== QUOTE) return null
    const edge = edges.at(bytes, parentTo, edgeTo)
    if (edge === null) return null
    const clientTo = textEnd(bytes, edgeTo, edgeTo + 64)
    if (clientTo < 0 || !stands(bytes, clientTo, portStart)) return null
    amount(bytes, clientTo + portStart.length)
    if (at < 0) return null
    const callFrom = at
    const callTo = pieceEnd(bytes, callFrom, to, 'h', 't') + 1
    if (callTo <= 0 || bytes[callTo - 1] !== QUOTE) return null
    const call = calls.at(bytes, callFrom, callTo)
    if (call === null) return null
    const pathTo = textEnd(bytes, callTo, Math.min(to, callTo + pathMax + 1))
    if (pathTo < 0) return null

    const wayTo = pieceEnd(bytes, pathTo, to, 's', 'e')
    if (wayTo < 0) return null
    const way = ways.at(bytes, pathTo, wayTo)
    if (way === null) return null
    const requestBytes = amount(bytes, wayTo)
    if (at < 0 || !stands(bytes, at, responseStart)) return null
    const responseBytes = amount(bytes, at + responseStart.length)
    if (at < 0 || !stands(bytes, at, durationStart)) return null
    const durationMs = amount(bytes, at + durationStart.length)
    if (at < 0 || !stands(bytes, at, upstreamStart)) return null
    const upstreamFrom = at + upstreamStart.length
    let upstreamMs: number | null = null
    if (stands(bytes, upstreamFrom, nullWord)) at = upstreamFrom + 4
    else upstreamMs = amount(bytes, upstreamFrom)
    if (at < 0) return null

    const callerFrom = at
    const callerTo = callerEnd(bytes, callerFrom, to)
    if (callerTo < 0) return null
    const caller = callers.at(bytes, callerFrom, callerTo)
    if (caller === null) return null
    const end = ends.at(bytes, callerTo, to)
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
}

interface Piece<K extends keyof EventRecord> {
  readonly hash: number
  readonly length: number
  /** Its bytes, four each; the last word reaches back when they are not a multiple of four. */
  readonly words: Int32Array
  readonly fields: Pick<EventRecord, K>
}

const setSize = 4

/** Pieces of lines that come again, by their bytes. */
class Pieces<K extends keyof EventRecord> {
  readonly #keys: string
  readonly #form: PieceForm
  readonly #change: PieceChange
  /** Sets one behind the other, the newest piece of a set first. */
  readonly #known: Array<Piece<K> | null>

  /** `keys`: all that must stand in it, in order. */
  constructor(keys: string, form: PieceForm, change: PieceChange) {
    this.#keys = keys
    this.#form = form
    this.#change = change
    this.#known = Array.from({ length: form.sets * setSize }, () => null)
  }

  /** The fields in a piece; null: it is none that is written so. */
  at(bytes: Buffer, from: number, to: number): Pick<EventRecord, K> | null {
    const length = to - from
    if (length < 12 || length > pieceMax) return null
    const view = viewOf(bytes)
    const hash = hashOf(view, from, to)
    const known = this.#known
    const first = (hash & (this.#form.sets - 1)) * setSize
    for (let i = first; i < first + setSize; i++) {
      const piece = known[i] ?? null
      if (piece === null) break
      if (piece.hash === hash && piece.length === length && sameWords(piece.words, view, from, to)) return piece.fields
    }
    const text = bytes.toString('latin1', from, to)
    const fields = this.#read(text)
    if (fields === null) return null
    known.copyWithin(first + 1, first, first + setSize - 1)
    known[first] = { hash, length, words: wordsOf(view, from, to), fields }
    return fields
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

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, char => char.charCodeAt(0))
}

function stands(bytes: Buffer, from: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i++) if (bytes[from + i] !== expected[i]) return false
  return true
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

/** Behind the colon of the first key whose name ends in `last`, and `before` two letters before it; -1: there is none. */
function pieceEnd(bytes: Buffer, from: number, to: number, last: string, before: string): number {
  const a = last.charCodeAt(0)
  const b = before.charCodeAt(0)
  const max = Math.min(to, from + pieceMax)
  for (let i = from + 12; i < max; i++)
    if (bytes[i] === 58 && bytes[i - 1] === QUOTE && bytes[i - 2] === a && bytes[i - 3] === b) return i + 1
  return -1
}

/** Behind `,"principal":{…}` or `,"principal":null`. */
function callerEnd(bytes: Buffer, from: number, to: number): number {
  if (bytes[from + 13] !== 123) return from + 17
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

function wordsOf(view: DataView, from: number, to: number): Int32Array {
  const words = new Int32Array(Math.ceil((to - from) / 4))
  for (const i of words.keys()) words[i] = view.getInt32(Math.min(from + 4 * i, to - 4), true)
  return words
}

function sameWords(words: Int32Array, view: DataView, from: number, to: number): boolean {
  const last = words.length - 1
  for (let i = 0, at = from; i < last; i++, at += 4) if (words[i] !== view.getInt32(at, true)) return false
  return words[last] === view.getInt32(to - 4, true)
}
