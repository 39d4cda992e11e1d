// Hot path: `add` once per event.
import { QuantileSketch, type QuantileDump } from '../../lib/quantile-sketch.ts'
import type { ExchangeRecord } from '../model/exchange.ts'
import type { Traffic } from '../model/operation.ts'
import { AuthenticationUse, type AuthenticationDump } from './authentication.ts'
import { callerName } from './caller-name.ts'
import { CallerTable, type CallerShare, type Outcome } from './callers.ts'
import { eachClass } from './class-places.ts'
import { ResponseSigns, type ResponseSignsDump } from './response-signs.ts'
import { Tally, type TallyDump } from './tally.ts'

/** How one exchange counts. */
export interface Weighed {
  readonly record: ExchangeRecord
  /** Unix time, ms. */
  readonly timeMs: number
  /** The service answered 2xx or 3xx: only such a call tells how the operation is meant to be called. */
  readonly answered: boolean
  /** The service answered, whatever it said. */
  readonly reached: boolean
}

/**
 * What is counted of one method on one leaf of the paths. It is never changed by joining templates: what a template shows is put together from
 * its leaves whenever it is read, so that parting them again gives exactly what was there.
 */
export class LeafUse {
  readonly callers: CallerTable
  readonly authentication = new AuthenticationUse()
  readonly classes = new Tally(128)
  readonly signs = new ResponseSigns()
  readonly #hosts = new Tally(16)
  readonly #routes = new Tally(32)
  readonly #listeners = new Tally(16)
  /** Most calls come through the same listener and route to the same host: those are counted together until others come, or somebody reads. */
  #host = ''
  #route: string | null = null
  #listener = ''
  #same = 0
  readonly #share: CallerShare
  readonly latency = new QuantileSketch()
  firstMs = Number.POSITIVE_INFINITY
  lastMs = 0
  calls = 0
  /** Refused by the gateway. */
  refused = 0
  /** By the hundreds: 1xx … 5xx. */
  readonly statuses: number[] = [0, 0, 0, 0, 0, 0]
  answered = 0
  requestBytes = 0
  responseBytes = 0
  plaintext = 0

  constructor(share: CallerShare) {
    this.#share = share
    this.callers = new CallerTable(share)
  }

  get hosts(): Tally {
    this.#settle()
    return this.#hosts
  }

  get routes(): Tally {
    this.#settle()
    return this.#routes
  }

  get listeners(): Tally {
    this.#settle()
    return this.#listeners
  }

  add({ record, timeMs, answered, reached }: Weighed): void {
    const { event, observation } = record
    const refused = event.verdict === 'refuse'
    this.calls++
    if (refused) this.refused++
    if (answered) this.answered++
    const hundreds = Math.floor(event.status / 100)
    this.statuses[hundreds] = (this.statuses[hundreds] ?? 0) + 1
    this.requestBytes += event.requestBytes
    this.responseBytes += event.responseBytes
    if (reached) this.latency.add(event.durationMs)
    if (timeMs < this.firstMs) this.firstMs = timeMs
    if (timeMs > this.lastMs) this.lastMs = timeMs
    const caller = this.#share.names.numberOfCaller(event)
    if (caller >= 0) this.callers.count(caller, outcomeOf(event), timeMs)
    else this.callers.add(callerName(event), outcomeOf(event), timeMs)
    this.#way(event, refused)
    this.authentication.add(record, answered)
    if (observation === null) return
    if (observation.encrypted === false) this.plaintext++
    // What a stranger puts into a refused call says nothing of the operation.
    if (!reached) return
    this.signs.add(observation)
    if (answered) eachClass(observation, event.status, (dataClass, where) => this.classes.add(`${dataClass} ${where}`))
  }

  #way({ host, route, listener }: ExchangeRecord['event'], refused: boolean): void {
    if (host === this.#host && route === this.#route && listener === this.#listener && !refused) {
      this.#same++
      return
    }
    this.#settle()
    if (refused) this.#count(host, route, '', 1)
    else {
      this.#host = host
      this.#route = route
      this.#listener = listener
      this.#same = 1
    }
  }

  #settle(): void {
    if (this.#same > 0) this.#count(this.#host, this.#route, this.#listener, this.#same)
    this.#same = 0
  }

  #count(host: string, route: string | null, listener: string, times: number): void {
    if (host !== '') this.#hosts.add(host, times)
    if (route !== null) this.#routes.add(route, times)
    if (listener !== '') this.#listeners.add(listener, times)
  }

  /** Everything but callers, which are joined by `joinCallers`. */
  merge(other: LeafUse): void {
    this.authentication.merge(other.authentication)
    this.classes.merge(other.classes)
    this.signs.merge(other.signs)
    this.hosts.merge(other.hosts)
    this.routes.merge(other.routes)
    this.listeners.merge(other.listeners)
    this.latency.merge(other.latency)
    this.firstMs = Math.min(this.firstMs, other.firstMs)
    this.lastMs = Math.max(this.lastMs, other.lastMs)
    this.calls += other.calls
    this.refused += other.refused
    other.statuses.forEach((calls, i) => (this.statuses[i] = (this.statuses[i] ?? 0) + calls))
    this.answered += other.answered
    this.requestBytes += other.requestBytes
    this.responseBytes += other.responseBytes
    this.plaintext += other.plaintext
  }

  traffic(): Traffic {
    const [, , s2 = 0, s3 = 0, s4 = 0, s5 = 0] = this.statuses
    return {
      calls: this.calls,
      refused: this.refused,
      status: { '2xx': s2, '3xx': s3, '4xx': s4, '5xx': s5 },
      requestBytes: this.requestBytes,
      responseBytes: this.responseBytes,
      latency: {
        p50: rounded(this.latency.quantile(0.5)),
        p95: rounded(this.latency.quantile(0.95)),
        p99: rounded(this.latency.quantile(0.99)),
      },
    }
  }

  dump(): LeafUseDump {
    return {
      numbers: [
        this.firstMs,
        this.lastMs,
        this.calls,
        this.refused,
        this.answered,
        this.requestBytes,
        this.responseBytes,
        this.plaintext,
        this.callers.otherCalls,
        this.callers.otherRefused,
      ],
      statuses: this.statuses,
      authentication: this.authentication.dump(),
      classes: this.classes.dump(),
      signs: this.signs.dump(),
      hosts: this.hosts.dump(),
      routes: this.routes.dump(),
      listeners: this.listeners.dump(),
      latency: this.latency.dump(),
      distinct: this.callers.distinct?.dump() ?? null,
    }
  }

  restore(dump: LeafUseDump): void {
    const [
      first = 0,
      last = 0,
      calls = 0,
      refused = 0,
      answered = 0,
      sent = 0,
      got = 0,
      plaintext = 0,
      others = 0,
      no = 0,
    ] = dump.numbers
    this.firstMs = first
    this.lastMs = last
    this.calls = calls
    this.refused = refused
    this.answered = answered
    this.requestBytes = sent
    this.responseBytes = got
    this.plaintext = plaintext
    this.callers.otherCalls = others
    this.callers.otherRefused = no
    dump.statuses.forEach((times, i) => (this.statuses[i] = times))
    this.authentication.restore(dump.authentication)
    this.classes.restore(dump.classes)
    this.signs.restore(dump.signs)
    this.hosts.restore(dump.hosts)
    this.routes.restore(dump.routes)
    this.listeners.restore(dump.listeners ?? [])
    this.latency.merge(QuantileSketch.restore(dump.latency))
    if (dump.distinct !== null) this.callers.restoreDistinct(dump.distinct)
  }
}

export interface LeafUseDump {
  readonly numbers: readonly number[]
  readonly statuses: readonly number[]
  readonly authentication: AuthenticationDump
  readonly classes: TallyDump
  readonly signs: ResponseSignsDump
  readonly hosts: TallyDump
  readonly routes: TallyDump
  /** Absent in rows that were written before it was counted. */
  readonly listeners?: TallyDump
  readonly latency: QuantileDump
  readonly distinct: unknown
}

/** Enough to build on: its parts may still throw. */
export function isLeafUseDump(value: unknown): value is LeafUseDump {
  const { numbers, statuses } = (value ?? {}) as Partial<LeafUseDump>
  return [numbers, statuses].every(list => Array.isArray(list) && list.length > 4 && list.every(Number.isFinite))
}

function outcomeOf({ verdict, upstreamStatus }: ExchangeRecord['event']): Outcome {
  if (verdict === 'refuse') return 'refused'
  return upstreamStatus === 401 || upstreamStatus === 403 ? 'denied' : 'passed'
}

function rounded(ms: number): number {
  return ms < 10 ? Math.round(ms * 100) / 100 : Math.round(ms * 10) / 10
}
