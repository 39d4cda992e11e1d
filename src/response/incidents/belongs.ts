import type { KeptAnomaly } from '../../insight/detection/anomaly-list.ts'
import { codeOf } from './merge-anomaly.ts'
import type { Incident } from './incident.ts'

/** What is silent for longer is over; what comes then is another incident, ms. */
export const quietMs = 30 * 60_000

/**
 * Does an anomaly belong to an incident? It does when the same actor is behind both, or a principal of the one is one of the other; when nobody proved
 * anything on either side, the same address; and when no one actor is known, the same code about the same operation. Many people share an address, so an address alone never
 * joins what different principals did.
 */
export function belongs(incident: Incident, anomaly: KeptAnomaly): boolean {
  if (incident.state === 'closed') return false
  if (Date.parse(anomaly.first) - Date.parse(incident.lastSeen) > quietMs) return false
  if (anomaly.actor !== null && incident.actors.includes(anomaly.actor)) return true
  if (anomaly.principals.some(principal => incident.principals.includes(principal))) return true
  if (anomaly.principals.length === 0 && incident.principals.length === 0 && anomaly.actor !== null) {
    if (anomaly.addresses.some(one => incident.addresses.some(({ address }) => address === one.address))) return true
  }
  if (anomaly.actor !== null) return false
  return (
    incident.codes.includes(codeOf(anomaly)) &&
    anomaly.operations.some(operation => incident.operations.includes(operation))
  )
}
