// Hot path: `take` once per event; while nobody is suspected it counts, otherwise it looks one name up.
import type { Severity } from '../core/finding.ts'
import { callerName, provenBy } from '../insight/inventory/caller-name.ts'
import type { LearningPart } from '../insight/learner.ts'
import type { EventRecord } from '../insight/model/event-record.ts'
import type { ExchangeRecord } from '../insight/model/exchange.ts'
import { ChangedRows } from '../insight/traces/changed-rows.ts'
import { addressBlock } from '../lib/address.ts'
import type { Incidents } from './incidents/incidents.ts'
import { severityRank } from './incidents/merge-anomaly.ts'
import { type Suspect, suspectsOf } from './incidents/report.ts'

/** Calls of one caller that the policy `behaviour` with `action: block` would have turned away, for incidents of one severity. Plain data, as it is kept. */
export interface WouldRefuse {
  /** `method issuer subject`, or `address ADDRESS` of one who proved nothing. */
  readonly caller: string
  /** Of the gravest incident that was about it then: the policy's `severity` up to which they would have been turned away. */
  readonly severity: Severity
  /** Numbers, the latest last. */
  readonly incidents: readonly number[]
  /** Calls that passed and would not have. */
  readonly calls: number
  /** Of the first and last of them; event time, RFC 3339 UTC. */
  readonly first: string
  readonly last: string
  /** By route: where the policy would have to stand. The rest under '*'. */
  readonly routes: Readonly<Record<string, number>>
}

/** What the policy would have done, had it stood on every route. */
export interface WouldRefuseReport {
  /** Calls that were let pass, all of them; and since when (event time; '' when none). */
  readonly passed: number
  readonly since: string
  /** Most calls first; a caller stands here once for each severity. */
  readonly callers: readonly WouldRefuse[]
  /** Callers that were forgotten for want of room. */
  readonly forgotten: number
}

const callersMax = 2_000
const routesMax = 20
const incidentsMax = 20
/** As often as main hands the table of suspects to the workers, ms. */
const renewedMs = 1_000
const totalKey = 'total'
const severities: readonly Severity[] = ['info', 'low', 'medium', 'high', 'critical']

/**
 * Counts, beside the learning, what `behaviour` would have refused, whether or not it is configured: nobody should have to switch it on to find out. Event time only,
 * so a replay gives what live traffic gave.
 */
export class WouldRefuseCount implements LearningPart {
  readonly part = 'would-refuse'
  unreadable = 0
  readonly #incidents: Incidents
  readonly #holdMs: number
  readonly #callers = new Map<string, WouldRefuse>()
  readonly #rows = new ChangedRows()
  /** By name. Those whose time is over too: a forged time must not end it for those behind. */
  #suspects: ReadonlyMap<string, readonly Suspect[]> = new Map()
  #renewedAtMs = Number.NEGATIVE_INFINITY
  #revision = -1
  #passed = 0
  #since = ''
  #forgotten = 0

  /** `holdMs`: how long a caller stays suspect after it was last found. */
  constructor(incidents: Incidents, holdMs: number) {
    this.#incidents = incidents
    this.#holdMs = holdMs
  }

  take({ event }: ExchangeRecord): void {
    if (event.verdict === 'refuse') return
    this.#passed++
    if (this.#since === '' || event.time < this.#since) this.#since = event.time
    this.#rows.changed(totalKey)
    const timeMs = Date.parse(event.time)
    if (this.#revision !== this.#incidents.revision && Math.abs(timeMs - this.#renewedAtMs) >= renewedMs)
      this.#renew(timeMs)
    if (this.#suspects.size === 0) return
    let gravest: Suspect | null = null
    for (const suspect of this.#suspects.get(nameOf(event)) ?? [])
      if (suspect.untilMs > timeMs && suspect.severity > (gravest?.severity ?? 0)) gravest = suspect
    if (gravest !== null) this.#count(gravest, event)
  }

  /** `severity`: what the policy's setting would be; incidents below it are let through. */
  report(severity: Severity = 'info'): WouldRefuseReport {
    const callers = [...this.#callers.values()]
      .filter(one => severityRank(one.severity) >= severityRank(severity))
      .sort((a, b) => b.calls - a.calls || (a.caller < b.caller ? -1 : 1))
    return { passed: this.#passed, since: this.#since, callers, forgotten: this.#forgotten }
  }

  changes(): Iterable<readonly [key: string, value: string | null]> {
    return this.#rows.take(key => {
      if (key === totalKey)
        return JSON.stringify({ passed: this.#passed, since: this.#since, forgotten: this.#forgotten })
      const one = this.#callers.get(key)
      return one === undefined ? null : JSON.stringify(one)
    })
  }

  restore(rows: Iterable<readonly [key: string, value: string]>): void {
    for (const [key, text] of rows) {
      try {
        const value = JSON.parse(text) as WouldRefuse & { passed: number; since: string; forgotten: number }
        if (key === totalKey) {
          if (!Number.isSafeInteger(value.passed) || typeof value.since !== 'string') throw new Error('no total')
          this.#passed = value.passed
          this.#since = value.since
          this.#forgotten = value.forgotten
        } else {
          if (key !== rowOf(value) || !Number.isSafeInteger(value.calls) || !severities.includes(value.severity))
            throw new Error('no caller')
          this.#callers.set(key, value)
        }
        this.#rows.stored(key)
      } catch {
        this.unreadable++
      }
    }
  }

  /** What the workers' table would be made of now; of several incidents about a caller the gravest counts, as there. */
  #renew(timeMs: number): void {
    this.#renewedAtMs = timeMs
    this.#revision = this.#incidents.revision
    const all = suspectsOf(this.#incidents.all(), this.#holdMs, Number.NEGATIVE_INFINITY)
    this.#suspects = Map.groupBy(all, ({ name }) => name)
  }

  #count({ name: caller, severity: rank, incident }: Suspect, { time, route }: EventRecord): void {
    const severity = severities[rank - 1] ?? 'critical'
    const row = rowOf({ caller, severity })
    const known = this.#callers.get(row)
    const place = route ?? '*'
    const routes = known?.routes ?? {}
    const at = Object.hasOwn(routes, place) || Object.keys(routes).length < routesMax ? place : '*'
    // Taken out and put back, so that the one that was silent longest stands first.
    this.#callers.delete(row)
    this.#callers.set(row, {
      caller,
      severity,
      incidents: [...(known?.incidents ?? []).filter(one => one !== incident), incident].slice(-incidentsMax),
      calls: (known?.calls ?? 0) + 1,
      first: known?.first ?? time,
      last: time,
      routes: { ...routes, [at]: (Object.hasOwn(routes, at) ? (routes[at] ?? 0) : 0) + 1 },
    })
    this.#rows.changed(row)
    if (this.#callers.size <= callersMax) return
    const [oldest = ''] = this.#callers.keys()
    this.#callers.delete(oldest)
    this.#rows.gone(oldest)
    this.#forgotten++
  }
}

/** Its key in the store; names of callers may hold anything and stand last. */
function rowOf({ caller, severity }: Pick<WouldRefuse, 'caller' | 'severity'>): string {
  return `caller ${severity} ${caller}`
}

/** As the policy names callers: whoever was proven by name, who is nobody by address (IPv6: its /64). */
function nameOf(event: EventRecord): string {
  return provenBy(event) === null ? `address ${addressBlock(event.client)}` : callerName(event)
}
