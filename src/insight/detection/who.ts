// Hot path: once per event.
import { addressBlock } from '../../lib/address.ts'
import { sketchHash } from '../../lib/hyper-log-log.ts'
import { callerName, networkOf, provenBy } from '../inventory/caller-name.ts'
import type { EventRecord } from '../model/event-record.ts'
import type { ExchangeRecord } from '../model/exchange.ts'
import type { Actors, KnownActor } from './actors.ts'

const rememberedMax = 16_384

export interface Where {
  /** IPv6: its /64. */
  readonly address: string
  readonly network: string
  /** `sketchHash` of both. */
  readonly addressHash: number
  readonly networkHash: number
  /** `address ADDRESS`. */
  readonly name: string
  /** Of that name, as it was last; it may have been forgotten. */
  source: KnownActor | null
  /** It is of a network, pod or service of one's own, as was found out in that era; -1: it was not yet. */
  internal: boolean
  internalEra: number
}

/** A principal as it was last; it may have been forgotten. */
interface Principal {
  readonly method: string
  readonly issuer: string | null
  readonly actor: KnownActor
}

/** Tells who called: verified principal, else a session that the service knows, else the address. */
export function createWho(actors: Actors): {
  where(client: string): Where
  /** The address as an actor. */
  source(where: Where, timeMs: number): KnownActor
  actor(record: ExchangeRecord, timeMs: number, seen: { readonly where: Where; readonly answered: boolean }): KnownActor
} {
  const places = new Map<string, Where>()
  /** By subject: with every event another of ten thousand names would be put together and looked up. */
  const principals = new Map<string, Principal>()

  function source(where: Where, timeMs: number): KnownActor {
    const known = where.source
    if (known !== null && known.place >= 0) return known
    return (where.source = actors.of('address', where.name, { method: 'address', timeMs }))
  }

  function principalActor(event: EventRecord, timeMs: number, principal: NonNullable<EventRecord['principal']>) {
    const { method, issuer, subject } = principal
    const known = principals.get(subject)
    if (known !== undefined && known.actor.place >= 0 && known.method === method && known.issuer === issuer)
      return known.actor
    const actor = actors.of('principal', callerName(event), { method, timeMs })
    if (principals.size >= rememberedMax) principals.clear()
    principals.set(subject, { method, issuer, actor })
    return actor
  }

  return {
    source,
    where(client) {
      let place = places.get(client)
      if (place !== undefined) return place
      const address = addressBlock(client).slice(0, 256)
      const network = networkOf(client)
      place = {
        address,
        network,
        addressHash: sketchHash(address),
        networkHash: sketchHash(network),
        name: `address ${address}`,
        source: null,
        internal: false,
        internalEra: -1,
      }
      if (places.size >= rememberedMax) places.clear()
      places.set(client, place)
      return place
    },
    actor(record, timeMs, { where, answered }) {
      const { event } = record
      const principal = provenBy(event)
      if (principal !== null) return principalActor(event, timeMs, principal)
      const session = sessionOf(record)
      if (session !== null) {
        // Anybody can make up a session: one counts once the service has answered it.
        const name = `session ${session}`
        const known = answered ? actors.of('session', name, { method: 'session', timeMs }) : actors.find(name)
        if (known !== undefined) return known
      }
      return source(where, timeMs)
    },
  }
}

/** Hash of the session cookie; null: there is none. */
function sessionOf({ observation }: ExchangeRecord): string | null {
  if (observation === null || observation.cookies.length === 0) return null
  for (const { place, scheme, name } of observation.credentials) {
    if (place !== 'cookie' || (scheme !== 'session' && scheme !== 'jwt')) continue
    const cookie = observation.cookies.find(one => one.name.toLowerCase() === name)
    if (cookie?.shape.hash !== undefined) return cookie.shape.hash
  }
  return null
}
