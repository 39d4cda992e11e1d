import type { AnomalyList, KeptAnomaly } from '../../insight/detection/anomaly-list.ts'
import type { LearningPart } from '../../insight/learner.ts'
import { ChangedRows } from '../../insight/traces/changed-rows.ts'
import { belongs } from './belongs.ts'
import type { AcceptedThing, Acceptance, Incident, IncidentState, Step } from './incident.ts'
import { codeOf, incidentOf, mergeAnomaly } from './merge-anomaly.ts'

const incidentsMax = 2_000
const acceptancesMax = 1_000
/** Latest ones that an anomaly may belong to. */
const lookedAt = 500

/** An anomaly that is in an incident: how many of its reports that has counted, and what accepting it would accept. */
interface KnownAnomaly extends AcceptedThing {
  readonly incident: number
  readonly reports: number
}

/** A row of the store, with its anomalies by number. */
interface KeptIncident {
  readonly incident: Incident
  readonly anomalies: Readonly<Record<string, Omit<KnownAnomaly, 'incident'>>>
}

/** Who does something to an incident, and why. `at`: RFC 3339 UTC. */
export type Signature = Pick<Step, 'author' | 'reason' | 'at'>

/** What detectors found, put together into incidents. Event time only: the same stream gives the same incidents. */
export class Incidents implements LearningPart {
  readonly part = 'incidents'
  /** Incidents that were forgotten for want of room; rows that did not read. */
  forgotten = 0
  unreadable = 0
  /** Counts up whenever an incident changes. */
  revision = 0
  readonly #byNumber = new Map<number, Incident>()
  readonly #ofAnomaly = new Map<number, KnownAnomaly>()
  readonly #acceptances = new Map<number, Acceptance>()
  /** Keys of all things that are accepted. */
  #accepted = new Set<string>()
  readonly #rows = new ChangedRows()
  #next = 1

  constructor(anomalies: AnomalyList) {
    anomalies.onReport = anomaly => this.#take(anomaly)
  }

  /** Newest first. */
  all(): readonly Incident[] {
    return [...this.#byNumber.values()].toReversed()
  }

  get(number: number): Incident | null {
    return this.#byNumber.get(number) ?? null
  }

  acceptances(): readonly Acceptance[] {
    return [...this.#acceptances.values()]
  }

  /** Anomalies that are remembered: at most those that incidents name. */
  get anomaliesKnown(): number {
    return this.#ofAnomaly.size
  }

  acknowledge(number: number, signature: Signature): Incident | null {
    return this.#step(number, 'acknowledged', { action: 'acknowledge', ...signature })
  }

  close(number: number, signature: Signature): Incident | null {
    return this.#step(number, 'closed', { action: 'close', ...signature })
  }

  /** What was accepted with it is not accepted any more. */
  reopen(number: number, signature: Signature): Incident | null {
    if (this.#acceptances.delete(number)) {
      this.#rows.gone(`acceptance ${number}`)
      this.#gatherAccepted()
    }
    return this.#step(number, 'open', { action: 'reopen', ...signature })
  }

  /**
   * Closes it, and lets what it is about make no incident any more, until it is reopened: its codes by the actors who caused them; what is no one actor's, about
   * the same operation. Throws RangeError, and changes nothing, when too much is accepted already.
   */
  accept(number: number, signature: Signature): Incident | null {
    const incident = this.#byNumber.get(number)
    if (incident === undefined) return null
    if (this.#acceptances.size >= acceptancesMax && !this.#acceptances.has(number))
      throw new RangeError(`${acceptancesMax} incidents are accepted already; reopen some`)
    const things = new Map<string, AcceptedThing>()
    for (const anomaly of incident.anomalies) {
      const known = this.#ofAnomaly.get(anomaly)
      if (known === undefined) continue
      const { code, actor, operation } = known
      things.set(keyOf(known), { code, actor, operation })
    }
    this.#acceptances.set(number, { number, things: [...things.values()], ...signature })
    this.#rows.changed(`acceptance ${number}`)
    for (const key of things.keys()) this.#accepted.add(key)
    return this.#step(number, 'closed', { action: 'accept', ...signature })
  }

  changes(): Iterable<readonly [key: string, value: string | null]> {
    return this.#rows.take(key => {
      const number = Number(key.slice(key.indexOf(' ') + 1))
      const value = key.startsWith('acceptance ') ? this.#acceptances.get(number) : this.#kept(number)
      return value === undefined ? null : JSON.stringify(value)
    })
  }

  restore(rows: Iterable<readonly [key: string, value: string]>): void {
    const incidents: KeptIncident[] = []
    for (const [key, text] of rows) {
      try {
        const value = JSON.parse(text) as Acceptance & KeptIncident
        if (key.startsWith('acceptance ')) {
          if (!Number.isSafeInteger(value.number) || !Array.isArray(value.things)) throw new Error('no acceptance')
          this.#acceptances.set(value.number, value)
        } else {
          if (!Number.isSafeInteger(value.incident.number) || !Array.isArray(value.incident.accounts))
            throw new Error('no incident')
          incidents.push(value)
        }
        this.#rows.stored(key)
      } catch {
        this.unreadable++
      }
    }
    this.#gatherAccepted()
    for (const { incident, anomalies } of incidents.sort((a, b) => a.incident.number - b.incident.number)) {
      this.#byNumber.set(incident.number, incident)
      for (const [anomaly, known] of Object.entries(anomalies ?? {}))
        this.#ofAnomaly.set(Number(anomaly), { ...known, incident: incident.number })
      this.#next = Math.max(this.#next, incident.number + 1)
    }
    this.revision++
  }

  #kept(number: number): KeptIncident | undefined {
    const incident = this.#byNumber.get(number)
    if (incident === undefined) return undefined
    const anomalies = Object.fromEntries(
      [...this.#anomaliesOf(incident)].map(([anomaly, { code, actor, operation, reports }]) => [
        String(anomaly),
        { code, actor, operation, reports },
      ]),
    )
    return { incident, anomalies }
  }

  #anomaliesOf({ number, anomalies }: Incident): ReadonlyMap<number, KnownAnomaly> {
    const known = new Map<number, KnownAnomaly>()
    for (const anomaly of anomalies) {
      const one = this.#ofAnomaly.get(anomaly)
      // It may have gone on in a later incident.
      if (one?.incident === number) known.set(anomaly, one)
    }
    return known
  }

  #take(anomaly: KeptAnomaly): void {
    if (this.#accepted.has(keyOf(thingOf(anomaly)))) return
    const known = this.#ofAnomaly.get(anomaly.number)
    const own = known === undefined ? undefined : this.#byNumber.get(known.incident)
    // What goes on after it was closed begins anew.
    if (own !== undefined && own.state !== 'closed') {
      this.#put(mergeAnomaly(own, anomaly, known?.reports ?? 0), anomaly)
      return
    }
    const incident = this.#find(anomaly)
    this.#put(incident === null ? incidentOf(this.#next++, anomaly) : mergeAnomaly(incident, anomaly, 0), anomaly)
  }

  #find(anomaly: KeptAnomaly): Incident | null {
    let looked = 0
    for (const incident of this.all()) {
      if (belongs(incident, anomaly)) return incident
      if (++looked === lookedAt) break
    }
    return null
  }

  #put(incident: Incident, anomaly: KeptAnomaly): void {
    this.revision++
    const named = new Set(incident.anomalies)
    const before = this.#byNumber.get(incident.number)
    // An incident names so many of its anomalies; whoever goes on and on must not fill this table.
    if (before !== undefined)
      for (const one of this.#anomaliesOf(before).keys()) if (!named.has(one)) this.#ofAnomaly.delete(one)
    this.#byNumber.set(incident.number, incident)
    this.#ofAnomaly.set(anomaly.number, {
      ...thingOf(anomaly),
      incident: incident.number,
      reports: anomaly.reports,
    })
    this.#rows.changed(`incident ${incident.number}`)
    if (this.#byNumber.size <= incidentsMax) return
    const oldest = this.#leastNeeded()
    for (const anomaly of this.#anomaliesOf(oldest).keys()) this.#ofAnomaly.delete(anomaly)
    this.#byNumber.delete(oldest.number)
    this.#rows.gone(`incident ${oldest.number}`)
    this.forgotten++
  }

  /**
   * Closed ones go before open ones, so that noise does not push out what nobody has looked at; accepted ones stay, since only by them it is taken back. There
   * are more incidents than may be accepted.
   */
  #leastNeeded(): Incident {
    let first: Incident | null = null
    for (const incident of this.#byNumber.values()) {
      if (this.#acceptances.has(incident.number)) continue
      if (incident.state === 'closed') return incident
      first ??= incident
    }
    return first as Incident
  }

  #gatherAccepted(): void {
    this.#accepted = new Set([...this.#acceptances.values()].flatMap(({ things }) => things.map(keyOf)))
  }

  #step(number: number, state: IncidentState, step: Step): Incident | null {
    const incident = this.#byNumber.get(number)
    if (incident === undefined) return null
    const changed = { ...incident, state, history: [...incident.history, step].slice(-50) }
    this.revision++
    this.#byNumber.set(number, changed)
    this.#rows.changed(`incident ${number}`)
    return changed
  }
}

/** What accepting an incident with this anomaly accepts. */
function thingOf(anomaly: KeptAnomaly): AcceptedThing {
  const { actor, operations } = anomaly
  return { code: codeOf(anomaly), actor: actor ?? '', operation: actor === null ? (operations[0] ?? '') : '' }
}

function keyOf({ code, actor, operation }: AcceptedThing): string {
  return JSON.stringify([code, actor, operation])
}
