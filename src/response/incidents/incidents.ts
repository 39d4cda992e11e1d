import type { AnomalyList, KeptAnomaly } from '../../insight/detection/anomaly-list.ts'
import type { LearningPart } from '../../insight/learner.ts'
import { ChangedRows } from '../../insight/traces/changed-rows.ts'
import { belongs } from './belongs.ts'
import type { Acceptance, Incident, IncidentState, Step } from './incident.ts'
import { codeOf, incidentOf, mergeAnomaly } from './merge-anomaly.ts'

const incidentsMax = 2_000
const acceptancesMax = 1_000
/** Latest ones that an anomaly may belong to. */
const lookedAt = 500

/** A row of the store: how many reports of each anomaly are in it already. */
interface KeptIncident {
  readonly incident: Incident
  readonly reports: Readonly<Record<string, number>>
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
  /** Of each anomaly: its incident, and how many of its reports that has counted. */
  readonly #ofAnomaly = new Map<number, { readonly incident: number; readonly reports: number }>()
  readonly #acceptances = new Map<number, Acceptance>()
  readonly #rows = new ChangedRows()
  #next = 1
  #nextAcceptance = 1

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

  acknowledge(number: number, signature: Signature): Incident | null {
    return this.#step(number, 'acknowledged', { action: 'acknowledge', ...signature })
  }

  close(number: number, signature: Signature): Incident | null {
    return this.#step(number, 'closed', { action: 'close', ...signature })
  }

  reopen(number: number, signature: Signature): Incident | null {
    return this.#step(number, 'open', { action: 'reopen', ...signature })
  }

  /** Closes it, and lets anomalies of its codes by its actors make no incident any more, until `withdraw`. */
  accept(number: number, signature: Signature): Incident | null {
    const incident = this.#byNumber.get(number)
    if (incident === undefined) return null
    const actors = [...incident.principals, ...incident.actors]
    for (const code of incident.codes) {
      if (actors.length === 0)
        for (const operation of incident.operations) this.#acceptOne({ code, actor: '', operation, ...signature })
      for (const actor of actors) this.#acceptOne({ code, actor, operation: '', ...signature })
    }
    return this.#step(number, 'closed', { action: 'accept', ...signature })
  }

  /** Takes an acceptance back; false: there is none of this number. */
  withdraw(number: number): boolean {
    const is = this.#acceptances.delete(number)
    if (is) this.#rows.gone(`acceptance ${number}`)
    return is
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
          if (!Number.isSafeInteger(value.number)) throw new Error('no acceptance')
          this.#acceptances.set(value.number, value)
          this.#nextAcceptance = Math.max(this.#nextAcceptance, value.number + 1)
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
    for (const { incident, reports } of incidents.sort((a, b) => a.incident.number - b.incident.number)) {
      this.#byNumber.set(incident.number, incident)
      for (const [anomaly, count] of Object.entries(reports))
        this.#ofAnomaly.set(Number(anomaly), { incident: incident.number, reports: count })
      this.#next = Math.max(this.#next, incident.number + 1)
    }
    this.revision++
  }

  #kept(number: number): KeptIncident | undefined {
    const incident = this.#byNumber.get(number)
    if (incident === undefined) return undefined
    const reports = Object.fromEntries(
      incident.anomalies.map(anomaly => [String(anomaly), this.#ofAnomaly.get(anomaly)?.reports ?? 0]),
    )
    return { incident, reports }
  }

  #take(anomaly: KeptAnomaly): void {
    if (this.#isAccepted(anomaly)) return
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

  #put(incident: Incident, { number, reports }: KeptAnomaly): void {
    this.revision++
    this.#byNumber.set(incident.number, incident)
    this.#ofAnomaly.set(number, { incident: incident.number, reports })
    this.#rows.changed(`incident ${incident.number}`)
    if (this.#byNumber.size <= incidentsMax) return
    const oldest = this.#leastNeeded()
    for (const anomaly of oldest.anomalies) this.#ofAnomaly.delete(anomaly)
    this.#byNumber.delete(oldest.number)
    this.#rows.gone(`incident ${oldest.number}`)
    this.forgotten++
  }

  /** Closed ones go before open ones, so that noise does not push out what nobody has looked at. */
  #leastNeeded(): Incident {
    let [first] = this.#byNumber.values()
    for (const incident of this.#byNumber.values())
      if (incident.state === 'closed') {
        first = incident
        break
      }
    return first as Incident
  }

  #isAccepted(anomaly: KeptAnomaly): boolean {
    const code = codeOf(anomaly)
    for (const one of this.#acceptances.values()) {
      if (one.code !== code) continue
      if (
        one.actor === ''
          ? anomaly.actor === null && anomaly.operations[0] === one.operation
          : anomaly.actor === one.actor
      )
        return true
    }
    return false
  }

  #acceptOne(acceptance: Omit<Acceptance, 'number'>): void {
    if (this.#acceptances.size >= acceptancesMax)
      throw new RangeError(`${acceptancesMax} things are accepted already; withdraw some`)
    const number = this.#nextAcceptance++
    this.#acceptances.set(number, { number, ...acceptance })
    this.#rows.changed(`acceptance ${number}`)
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
