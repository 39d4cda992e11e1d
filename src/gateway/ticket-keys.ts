import { type TlsSettings, trustChanged } from '../net/tls/settings.ts'
import { createTicketKeys, ticketKeysDue } from '../net/tls/tickets.ts'

/** Resumption keys of one listener, 48 bytes, shared by all workers. */
interface Tickets {
  readonly keys: Buffer
  readonly madeAtMs: number
}

/** Resumption keys and TLS of the listeners of one configuration, by the listener's name. */
export class TicketKeys {
  readonly tls: ReadonlyMap<string, TlsSettings>
  readonly #tickets: ReadonlyMap<string, Tickets>

  private constructor(tls: ReadonlyMap<string, TlsSettings>, tickets: ReadonlyMap<string, Tickets>) {
    this.tls = tls
    this.#tickets = tickets
  }

  static readonly none: TicketKeys = new TicketKeys(new Map(), new Map())

  /** For the next configuration: kept, unless they are old or somebody lost trust, who must not resume what was verified before. */
  next(tls: ReadonlyMap<string, TlsSettings>, nowMs: number): TicketKeys {
    const tickets = [...tls].map(([name, settings]): [string, Tickets] => {
      const known = this.#tickets.get(name)
      const before = this.tls.get(name)
      const keep =
        known !== undefined &&
        before !== undefined &&
        !trustChanged(before, settings) &&
        !ticketKeysDue(known.madeAtMs, nowMs)
      return [name, keep ? known : { keys: createTicketKeys(), madeAtMs: nowMs }]
    })
    return new TicketKeys(tls, new Map(tickets))
  }

  /** Did any of them serve its time? */
  due(nowMs: number): boolean {
    return [...this.#tickets.values()].some(({ madeAtMs }) => ticketKeysDue(madeAtMs, nowMs))
  }

  /** As they cross to a worker. */
  get keys(): Readonly<Record<string, Uint8Array>> {
    return Object.fromEntries([...this.#tickets].map(([name, { keys }]) => [name, keys]))
  }
}
