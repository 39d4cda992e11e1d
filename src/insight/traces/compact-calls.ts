// Hot path: once per event.
import type { EventRecord } from '../model/event-record.ts'
import { gatewayService, type OwnCall } from './own-span.ts'

/** What an exchange through our gateway counts as when its trace ends. */
export interface EndedCall {
  readonly name: string
  readonly startUs: number
  readonly durationUs: number
  readonly error: boolean
  /** Service of the configuration that it was forwarded to; null: it was not. */
  readonly forwarded: string | null
  readonly origin: 'root' | 'loop' | 'entry'
}

/**
 * Of a slot's bytes: start and duration (64-bit numbers, µs), segment and place where it is written down (stored-calls), lengths of path and client,
 * status, flags; then trace id, span id, parent id; then path and client.
 */
const slotBytes = 256
const SEGMENT = 4
const PLACE = 5
const PATH_LENGTH = 12
const CLIENT_LENGTH = 13
const STATUS = 14
const FLAGS = 30
const idsFrom = 32
const idsLength = 64
const textsFrom = idsFrom + idsLength
/** name, forwarded, principal, listener, method, host, route, verdict, code */
const references = 9

/** Flags: where it stands among its trace's calls, and whether it failed. */
const NO_PARENT = 1
const FAILED = 2
const LOOP = 4

/**
 * Exchanges that are alone in their open trace, as bytes and numbers by slot. As objects each took 1.8 kB that lived for half a minute of event
 * time, just long enough to become old, and moving and marking them cost more than reading the events did.
 */
export class CompactCalls {
  /** The slots one behind the other, seen four ways. */
  #bytes = Buffer.alloc(0)
  #shorts = new Uint16Array(0)
  #words = new Int32Array(0)
  #numbers = new Float64Array(0)
  readonly #references: unknown[] = []

  /** Room for slots 0 to `slots` − 1. */
  grow(slots: number): void {
    const room = new ArrayBuffer(slots * slotBytes)
    const bytes = Buffer.from(room)
    bytes.set(this.#bytes)
    this.#bytes = bytes
    this.#shorts = new Uint16Array(room)
    this.#words = new Int32Array(room)
    this.#numbers = new Float64Array(room)
    while (this.#references.length < slots * references) this.#references.push(null)
  }

  /** False: its ids or its texts do not fit, and nothing of the slot may be read. */
  put(slot: number, event: EventRecord, call: Pick<EndedCall, 'name' | 'startUs' | 'durationUs' | 'error'>): boolean {
    const { traceId, spanId, parentId, path, client, status } = event
    if (traceId?.length !== 32 || spanId?.length !== 16) return false
    if (parentId !== null && parentId.length !== 16) return false
    if (textsFrom + path.length + client.length > slotBytes || !(status >= 0 && status < 65_536)) return false
    const at = slot * slotBytes
    let codes = this.#write(traceId, at + idsFrom) | this.#write(spanId, at + idsFrom + 32)
    if (parentId !== null) codes |= this.#write(parentId, at + idsFrom + 48)
    codes |= this.#write(path, at + textsFrom) | this.#write(client, at + textsFrom + path.length)
    if (codes > 127) return false
    const origin = parentId === null ? NO_PARENT : parentId === spanId ? LOOP : 0
    this.#bytes[at + FLAGS] = origin | (call.error ? FAILED : 0)
    this.#shorts[at / 2 + PATH_LENGTH] = path.length
    this.#shorts[at / 2 + CLIENT_LENGTH] = client.length
    this.#shorts[at / 2 + STATUS] = status
    this.#numbers[at / 8] = call.startUs
    this.#numbers[at / 8 + 1] = call.durationUs
    const list = this.#references
    const first = slot * references
    list[first] = call.name
    list[first + 1] = event.target === null ? null : event.service
    list[first + 2] = event.principal
    list[first + 3] = event.listener
    list[first + 4] = event.method
    list[first + 5] = event.host
    list[first + 6] = event.route
    list[first + 7] = event.verdict
    list[first + 8] = event.code
    return true
  }

  isTrace(slot: number, traceId: string): boolean {
    if (traceId.length !== 32) return false
    const at = slot * slotBytes + idsFrom
    for (let i = 0; i < 32; i++) if (this.#bytes[at + i] !== traceId.charCodeAt(i)) return false
    return true
  }

  ended(slot: number): EndedCall {
    const first = slot * references
    const at = slot * slotBytes
    const flags = this.#bytes[at + FLAGS] as number
    return {
      name: this.#references[first] as string,
      startUs: this.#numbers[at / 8] as number,
      durationUs: this.#numbers[at / 8 + 1] as number,
      error: (flags & FAILED) !== 0,
      forwarded: this.#references[first + 1] as string | null,
      origin: (flags & NO_PARENT) !== 0 ? 'root' : (flags & LOOP) !== 0 ? 'loop' : 'entry',
    }
  }

  setStored(slot: number, segment: number, place: number): void {
    this.#words[(slot * slotBytes) / 4 + SEGMENT] = segment
    this.#words[(slot * slotBytes) / 4 + PLACE] = place
  }

  segmentOf(slot: number): number {
    return this.#words[(slot * slotBytes) / 4 + SEGMENT] as number
  }

  placeOf(slot: number): number {
    return this.#words[(slot * slotBytes) / 4 + PLACE] as number
  }

  traceId(slot: number): string {
    return this.#text(slot, idsFrom, 32)
  }

  /** The call as it would have been kept from the beginning. */
  whole(slot: number): OwnCall {
    const at = slot * slotBytes
    const pathLength = this.#shorts[at / 2 + PATH_LENGTH] as number
    const clientLength = this.#shorts[at / 2 + CLIENT_LENGTH] as number
    const [name, forwarded, principal, listener, method, host, route, verdict, code] = this.#references.slice(
      slot * references,
      (slot + 1) * references,
    )
    const flags = this.#bytes[at + FLAGS] as number
    return {
      own: true,
      traceId: this.traceId(slot),
      spanId: this.#text(slot, idsFrom + 32, 16),
      parentId: (flags & NO_PARENT) !== 0 ? null : this.#text(slot, idsFrom + 48, 16),
      service: gatewayService,
      name: name as string,
      startUs: this.#numbers[at / 8] as number,
      durationUs: this.#numbers[at / 8 + 1] as number,
      error: (flags & FAILED) !== 0,
      forwarded: forwarded as string | null,
      client: this.#text(slot, textsFrom + pathLength, clientLength),
      principal: principal as OwnCall['principal'],
      listener: listener as string,
      method: method as string,
      host: host as string,
      path: this.#text(slot, textsFrom, pathLength),
      route: route as string | null,
      status: this.#shorts[at / 2 + STATUS] as number,
      verdict: verdict as OwnCall['verdict'],
      code: code as string | null,
    }
  }

  /** The union of its codes' bits. */
  #write(text: string, at: number): number {
    const bytes = this.#bytes
    let codes = 0
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      codes |= code
      bytes[at + i] = code
    }
    return codes
  }

  #text(slot: number, from: number, length: number): string {
    const at = slot * slotBytes + from
    return this.#bytes.toString('latin1', at, at + length)
  }
}
