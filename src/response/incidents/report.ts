import { quietMs } from './belongs.ts'
import type { Incident } from './incident.ts'
import { severityRank } from './merge-anomaly.ts'

/** An incident as people and programs read it. */
export interface IncidentReport extends Incident {
  /** Something of it was seen in the last half hour of event time, and nobody closed it. */
  readonly running: boolean
  /** All of it in one paragraph. */
  readonly summary: string
}

/** `nowMs`: latest event time, Unix ms. */
export function reportOf(incident: Incident, nowMs: number): IncidentReport {
  const running = isRunning(incident, nowMs)
  return { ...incident, running, summary: summaryOf(incident, running) }
}

export function isRunning({ state, lastSeen }: Incident, nowMs: number): boolean {
  return state !== 'closed' && nowMs - Date.parse(lastSeen) <= quietMs
}

/** A caller on whom the gateway acts, until a time of the wall clock (Unix ms). */
export interface Suspect {
  readonly name: string
  readonly untilMs: number
  /** 1 info … 5 critical. */
  readonly severity: number
  readonly incident: number
}

/** Callers behind incidents that nobody closed, as long as each holds after it was last seen. Principals by name; addresses where nobody was proven. */
export function suspectsOf(incidents: readonly Incident[], holdMs: number, nowMs: number): Suspect[] {
  return incidents
    .filter(({ state, lastSeen }) => state !== 'closed' && Date.parse(lastSeen) + holdMs > nowMs)
    .flatMap(incident => {
      const untilMs = Date.parse(incident.lastSeen) + holdMs
      const severity = severityRank(incident.severity)
      const names = [...incident.principals, ...incident.actors.filter(actor => actor.startsWith('address '))]
      return names.map(name => ({ name, untilMs, severity, incident: incident.number }))
    })
}

function summaryOf(incident: Incident, running: boolean): string {
  const { firstSeen, lastSeen, accounts, principals, actors, addresses, operations, reports } = incident
  const who = [...principals, ...actors]
  const inside = addresses.filter(({ internal }) => internal)
  const titles = accounts.map(({ title }) => title)
  const sentences = [
    `${titles.join('; ')}: ${running ? 'running' : 'over'}, first seen ${time(firstSeen)}, last seen ${time(lastSeen)}, reported ${reports === 1 ? 'once' : `${reports} times`}.`,
    `By ${who.length === 0 ? 'callers that nobody can tell apart' : some(who)}, from ${
      addresses.length === 0 ? 'addresses that are not known' : some(addresses.map(addressWords))
    }${inside.length > 0 ? ', which is inside' : ''}.`,
    ...(operations.length === 0 ? [] : [`About ${some(operations)}.`]),
    ...accounts.slice(0, 4).map(({ explanation }) => sentence(explanation)),
    ...accounts.slice(0, 2).flatMap(({ normal }) => (normal === '' ? [] : [sentence(`Normal: ${normal}`)])),
  ]
  return sentences.join(' ')
}

function addressWords({ address, internal, owner }: Incident['addresses'][number]): string {
  if (owner !== null) return `${address} (${owner})`
  return internal ? `${address} (internal)` : address
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 3)
  return names.length > shown.length ? `${shown.join(', ')} and ${names.length - shown.length} more` : shown.join(', ')
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}

function time(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')} UTC`
}
