// Hot path: once per event.
import { addressBlock } from '../../lib/address.ts'
import { callerName, networkOf, provenBy } from '../inventory/caller-name.ts'
import type { ExchangeRecord } from '../model/exchange.ts'
import type { Actors, KnownActor } from './actors.ts'

const rememberedMax = 16_384

export interface Where {
  /** IPv6: its /64. */
  readonly address: string
  readonly network: string
  /** `address ADDRESS`. */
  readonly name: string
}

/** Tells who called: verified principal, else a session that the service knows, else the address. */
export function createWho(actors: Actors): {
  where(client: string): Where
  actor(record: ExchangeRecord, timeMs: number, seen: { readonly where: Where; readonly answered: boolean }): KnownActor
} {
  const places = new Map<string, Where>()
  return {
    where(client) {
      let place = places.get(client)
      if (place !== undefined) return place
      const address = addressBlock(client).slice(0, 256)
      place = { address, network: networkOf(client), name: `address ${address}` }
      if (places.size >= rememberedMax) places.clear()
      places.set(client, place)
      return place
    },
    actor(record, timeMs, { where, answered }) {
      const { event } = record
      const principal = provenBy(event)
      if (principal !== null) return actors.of('principal', callerName(event), { method: principal.method, timeMs })
      const session = sessionOf(record)
      if (session !== null) {
        // Anybody can make up a session: one counts once the service has answered it.
        const name = `session ${session}`
        const known = answered ? actors.of('session', name, { method: 'session', timeMs }) : actors.find(name)
        if (known !== undefined) return known
      }
      return actors.of('address', where.name, { method: 'address', timeMs })
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
