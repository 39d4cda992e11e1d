import type { ExchangeRecord } from '../model/exchange.ts'
import type { Actor } from './actors.ts'

/** One exchange, with what every detector would have to work out. Lives while it is taken; keep no reference. */
export interface Moment {
  readonly record: ExchangeRecord
  /** The event's id, as it may be kept: the event's own is a piece of a longer text. */
  readonly id: string
  /** Event time, Unix ms. */
  readonly timeMs: number
  /** Who called: verified principal, else session, else address. */
  readonly actor: Actor
  /** The address as an actor: the same as `actor` when nobody was proved. What refused calls show belongs here. */
  readonly source: Actor
  /** `method issuer subject` of the verified principal; null: none. */
  readonly principal: string | null
  /** The peer's address (IPv6: its /64). A forged X-Forwarded-For never shows here: the gateway took it off. */
  readonly address: string
  /** `192.0.2.0/24`, `2001:db8:0:0::/64`. */
  readonly network: string
  /** `sketchHash` of both. */
  readonly addressHash: number
  readonly networkHash: number
  readonly service: string
  /** `service METHOD template`, as the inventory names it now; null: it is none that is known. */
  readonly operation: string | null
  /** The service answered, whatever it said. */
  readonly reached: boolean
  /** The service answered 2xx or 3xx. */
  readonly answered: boolean
  /** By the gateway. */
  readonly refused: boolean
  /** The address lies in `networks.internal`, or belongs to a pod or service that is known. */
  readonly internal: boolean
  /** Whether normal models may learn from it: it reached the service, which did not turn it away, and its actor is under no suspicion. */
  readonly learnable: boolean
}
