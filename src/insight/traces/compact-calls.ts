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

/** Trace id, span id, parent id. */
const idsLength = 64
const slotBytes = 256
/** name, principal, listener, method, host, route, verdict, code, forwarded */
const references = 9

const NO_PARENT = 1
const FAILED = 2

/**
 * Exchanges that are alone in their open trace, as bytes and numbers by slot. As objects each took 1.8 kB that lived for half a minute of event
 * time, just long enough to become old, and moving and marking them cost more than reading the events did.
 */
export class CompactCalls {
  #bytes = Buffer.alloc(0)
  #lengths = new Uint16Array(0)
  #flags = new Uint8Array(0)
  #statuses = new Uint16Array(0)
  #times = new Float64Array(0)
  /** Segment and place in it where the call is written down (stored-calls). */
  #stored = new Int32Array(0)
  readonly #references: unknown[] = []

  /** Room for slots 0 to `slots` − 1. */
  grow(slots: number): void {
    const bytes = Buffer.alloc(slots * slotBytes)
    bytes.set(this.#bytes)
    this.#bytes = bytes
    this.#lengths = stretched(this.#lengths, new Uint16Array(slots * 2))
    this.#flags = stretched(this.#flags, new Uint8Array(slots))
    this.#statuses = stretched(this.#statuses, new Uint16Array(slots))
    this.#times = stretched(this.#times, new Float64Array(slots * 2))
    this.#stored = stretched(this.#stored, new Int32Array(slots * 2))
    while (this.#references.length < slots * references) this.#references.push(null)
  }

  /** False: its ids or its texts do not fit, and nothing of the slot may be read. */
  put(slot: number, event: EventRecord, call: Pick<EndedCall, 'name' | 'startUs' | 'durationUs' | 'error'>): boolean {
    const { traceId, spanId, parentId, path, client, status } = event
    if (traceId?.length !== 32 || spanId?.length !== 16) return false
    if (parentId !== null && parentId.length !== 16) return false
    if (idsLength + path.length + client.length > slotBytes || !(status >= 0 && status < 65_536)) return false
    const at = slot * slotBytes
    let codes = this.#write(traceId, at) | this.#write(spanId, at + 32)
    if (parentId !== null) codes |= this.#write(parentId, at + 48)
    codes |= this.#write(path, at + idsLength) | this.#write(client, at + idsLength + path.length)
    if (codes > 127) return false
    this.#lengths[slot * 2] = path.length
    this.#lengths[slot * 2 + 1] = client.length
    this.#flags[slot] = (parentId === null ? NO_PARENT : 0) | (call.error ? FAILED : 0)
    this.#statuses[slot] = status
    this.#times[slot * 2] = call.startUs
    this.#times[slot * 2 + 1] = call.durationUs
    const list = this.#references
    const first = slot * references
    list[first] = call.name
    list[first + 1] = event.principal
    list[first + 2] = event.listener
    list[first + 3] = event.method
    list[first + 4] = event.host
    list[first + 5] = event.route
    list[first + 6] = event.verdict
    list[first + 7] = event.code
    list[first + 8] = event.target === null ? null : event.service
    return true
  }

  isTrace(slot: number, traceId: string): boolean {
    if (traceId.length !== 32) return false
    const at = slot * slotBytes
    for (let i = 0; i < 32; i++) if (this.#bytes[at + i] !== traceId.charCodeAt(i)) return false
    return true
  }

  ended(slot: number): EndedCall {
    const first = slot * references
    return {
      name: this.#references[first] as string,
      startUs: this.#times[slot * 2] as number,
      durationUs: this.#times[slot * 2 + 1] as number,
      error: ((this.#flags[slot] as number) & FAILED) !== 0,
      forwarded: this.#references[first + 8] as string | null,
      origin: ((this.#flags[slot] as number) & NO_PARENT) !== 0 ? 'root' : this.#isLoop(slot) ? 'loop' : 'entry',
    }
  }

  setStored(slot: number, segment: number, place: number): void {
    this.#stored[slot * 2] = segment
    this.#stored[slot * 2 + 1] = place
  }

  segmentOf(slot: number): number {
    return this.#stored[slot * 2] as number
  }

  placeOf(slot: number): number {
    return this.#stored[slot * 2 + 1] as number
  }

  traceId(slot: number): string {
    return this.#text(slot, 0, 32)
  }

  /** The call as it would have been kept from the beginning. */
  whole(slot: number): OwnCall {
    const [pathLength = 0, clientLength = 0] = this.#lengths.subarray(slot * 2, slot * 2 + 2)
    const [name, principal, listener, method, host, route, verdict, code, forwarded] = this.#references.slice(
      slot * references,
      (slot + 1) * references,
    )
    const flags = this.#flags[slot] as number
    return {
      own: true,
      traceId: this.traceId(slot),
      spanId: this.#text(slot, 32, 16),
      parentId: (flags & NO_PARENT) !== 0 ? null : this.#text(slot, 48, 16),
      service: gatewayService,
      name: name as string,
      startUs: this.#times[slot * 2] as number,
      durationUs: this.#times[slot * 2 + 1] as number,
      error: (flags & FAILED) !== 0,
      forwarded: forwarded as string | null,
      client: this.#text(slot, idsLength + pathLength, clientLength),
      principal: principal as OwnCall['principal'],
      listener: listener as string,
      method: method as string,
      host: host as string,
      path: this.#text(slot, idsLength, pathLength),
      route: route as string | null,
      status: this.#statuses[slot] as number,
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

  #isLoop(slot: number): boolean {
    const at = slot * slotBytes
    for (let i = 0; i < 16; i++) if (this.#bytes[at + 32 + i] !== this.#bytes[at + 48 + i]) return false
    return true
  }

  #text(slot: number, from: number, length: number): string {
    const at = slot * slotBytes + from
    return this.#bytes.toString('latin1', at, at + length)
  }
}

function stretched<T extends Uint8Array | Uint16Array | Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from)
  return to
}
