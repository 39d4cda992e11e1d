import type { Config } from '../../config/types.ts'
import { timeMs as parsedMs } from '../../lib/time-ms.ts'
import type { Durable } from '../model/durable.ts'
import type { ExchangeRecord } from '../model/exchange.ts'
import type { Operation, Owner } from '../model/operation.ts'
import type { Span } from '../model/span.ts'
import type { SchemaOptions } from '../observe/schema-output.ts'
import { Announcements } from './announced-life.ts'
import { templateEditOf } from './apply-edit.ts'
import { assemble } from './assemble.ts'
import { provenBy } from './caller-name.ts'
import { callerEntriesMax, CallerNames } from './callers.ts'
import { type Declaration, Declarations } from './declarations.ts'
import { EditList, type Edit, type EditChange, type OperatorWords, type Signed } from './edits.ts'
import type { OpenApiDocument } from './openapi/document.ts'
import { OwnerDirectory } from './owners/owner-directory.ts'
import { addressOf, nobody, type Placement, withOperator } from './owners/placement.ts'
import { ownerOfSpan, ownerOfSpiffe } from './owners/self-told.ts'
import { Reach } from './reachable.ts'
import { InventoryRows } from './rows.ts'
import { type Entry, type Room, ServiceUse } from './service-use.ts'
import { Tally } from './tally.ts'
import { ToldRoutes } from './told-routes.ts'

const servicesMax = 500

/** Sum over all services; what comes beyond is counted as overflow. */
const leavesMax = 20_000

/** Of these, so many learn shapes. */
const shapesMax = 6_000

/** Places of schemas in all: 110 to 260 MB. */
const placesMax = 80_000

/** A service's name as the inventory shows it, how much was counted, and what was not counted to an operation. */
export interface ServiceSummary {
  readonly name: string
  readonly operations: number
  readonly calls: number
  /** Calls that belong to no operation, by status. */
  readonly aside: Readonly<Record<string, number>>
  /** Calls for which there was no room. */
  readonly overflow: number
  readonly owner: Owner | null
  readonly documents: readonly string[]
}

/** Who answered for a service, and when. */
export interface Tenure {
  readonly target: string
  readonly owner: Owner
  /** RFC 3339 UTC. */
  readonly from: string
  readonly to: string
}

/**
 * All services and operations with what is known of them, from exchanges, spans, documents, the configuration and operators. Event time is its
 * only clock. Memory is bounded: services, leaves, callers, names and values all have caps, and what goes beyond is counted.
 */
export class Inventory implements Durable {
  readonly part = 'inventory'
  readonly owners = new OwnerDirectory()
  readonly #services = new Map<string, ServiceUse>()
  readonly #declarations = new Map<string, Declarations>()
  /** Documents of the configuration, by service. */
  #described: ReadonlyMap<OpenApiDocument, string> = new Map()
  readonly #edits = new EditList()
  readonly #told = new ToldRoutes()
  readonly #room: Room = {
    names: new CallerNames(),
    entriesLeft: callerEntriesMax,
    leavesLeft: leavesMax,
    shapesLeft: shapesMax,
    placesLeft: placesMax,
  }
  readonly #rows: InventoryRows
  /** Counts the documents told so far: what was declared may be otherwise when it has changed. */
  declared = 0
  #reach: Reach | null = null
  #announcements: Announcements | null = null
  #nowMs = 0
  /** Exchanges of services beyond the largest number, and those whose time or method cannot be read; rows that did not read. */
  #lost = 0
  readonly #unrouted = new Tally(64)
  /** The record taken last, and where it counted. */
  #latest: { readonly record: ExchangeRecord; readonly service: ServiceUse; readonly entry: Entry | null } | null = null

  constructor() {
    this.#rows = new InventoryRows({
      names: this.#room.names,
      edits: this.#edits,
      unrouted: this.#unrouted,
      told: this.#told,
      owners: this.owners,
      service: name => this.#service(name),
      edited: edit => this.#carryOut(edit),
    })
  }

  /** Latest event time taken, Unix ms; 0 before the first. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** Calls that no route took, by status. */
  get unrouted(): Readonly<Record<string, number>> {
    return this.#unrouted.toRecord()
  }

  /** Exchanges that were counted nowhere. */
  get lost(): number {
    return this.#lost
  }

  take(record: ExchangeRecord): void {
    const { event } = record
    const timeMs = parsedMs(event.time)
    if (Number.isNaN(timeMs)) {
      this.#lost++
      return
    }
    if (timeMs > this.#nowMs) this.#nowMs = timeMs
    // Foreign captures do not say what was behind them: what passed was answered there.
    const reached = event.upstreamStatus !== null || event.verdict === 'pass'
    if (event.service === null && !reached) {
      // Refused before a route was found: it asked for nothing that is here.
      this.#unrouted.add(String(event.status))
      this.#rows.changed(null, null, { timeMs, taught: false })
      return
    }
    const service = isMethod(event.method) ? this.#service(serviceOf(record)) : null
    if (service === null) {
      this.#lost++
      return
    }
    const status = reached ? (event.upstreamStatus ?? event.status) : 0
    const answered = status >= 200 && status < 400
    const entry = service.take({ record, timeMs, answered, reached })
    this.#latest = { record, service, entry }
    this.#rows.changed(service, entry, { timeMs, taught: reached })
    if (event.target !== null && reached) service.targets.add(event.target, timeMs)
    const principal = provenBy(event)
    if (principal?.method === 'mtls') {
      const owner = ownerOfSpiffe(principal.subject)
      if (owner !== null) this.owners.seen(addressOf(event.client), timeMs, owner, 'mtls')
    }
  }

  /** Where the record taken last was counted; null: nowhere, or another came since. `entry` null: it is no operation that is known. */
  locate(record: ExchangeRecord): { readonly service: ServiceUse; readonly entry: Entry | null } | null {
    return this.#latest?.record === record ? this.#latest : null
  }

  /** Owners and routes, as far as the span's program says them. */
  takeSpan(span: Span): void {
    this.#takeRoute(span)
    const told = ownerOfSpan(span)
    if (told === null) return
    const timeMs = Math.floor(span.startUs / 1000)
    if (told.address !== null) this.owners.seen(addressOf(told.address), timeMs, told.owner, 'span')
    if (span.kind === 'server' || span.kind === 'unspecified') this.owners.ofService(span.service, told.owner, 'span')
  }

  /** What is reachable, and owners; may be told again when the configuration changed. */
  configure(config: Config): void {
    this.#reach = new Reach(config)
    this.#announcements = new Announcements(config)
    this.owners.forget('configuration')
    for (const service of config.services)
      if (service.owner !== null) this.owners.ofService(service.name, { ...nobody, ...service.owner }, 'configuration')
    for (const service of this.#declarations.keys()) this.#settle(service)
  }

  /** Owners by address and time, from Kubernetes objects. */
  place(placements: readonly Placement[]): void {
    for (const placement of placements) this.owners.place(placement)
  }

  /** All owners by address that a cluster knows now; those it does not name any more ended by `nowMs`. */
  placeCluster(placements: readonly Placement[], nowMs: number): void {
    this.owners.placeAll('kubernetes', placements, nowMs)
  }

  /** A document of a service. Its templates outweigh inferred ones. */
  declare(service: string, document: OpenApiDocument): void {
    this.declared++
    let declarations = this.#declarations.get(service)
    if (declarations === undefined) this.#declarations.set(service, (declarations = new Declarations()))
    declarations.add(document)
    this.#settle(service)
  }

  /** The documents that the configuration names now, in place of those that it named before. */
  describe(documents: ReadonlyArray<{ readonly service: string; readonly document: OpenApiDocument }>): void {
    const before = this.#described
    this.#described = new Map(documents.map(({ service, document }) => [document, service]))
    for (const service of new Set(before.values())) {
      const declarations = this.#declarations.get(service)
      declarations?.remove(new Set(before.keys()))
      if (declarations?.documents.length === 0) this.#declarations.delete(service)
      const left = this.#declarations.get(service) ?? null
      // Templates of documents that are gone are inferred again.
      this.#services.get(service)?.settle(left, this.#told.of(service), this.#prefixesOf(service))
    }
    for (const { service, document } of documents) this.declare(service, document)
  }

  /** Carries an operator's word out. Throws a RangeError when it cannot hold: no such template, no such name. */
  edit(change: EditChange, signed: Signed): Edit {
    const edit = this.#edits.add(change, signed)
    try {
      this.#carryOut(edit)
    } catch (error) {
      this.#edits.undo(edit.number, { ...signed, reason: 'could not be carried out' })
      throw error
    }
    return edit
  }

  /** Takes an edit back exactly; null: there is none of this number that stands. */
  undo(number: number, signed: Signed): Edit | null {
    const edit = this.#edits.undo(number, signed)
    if (edit !== null) this.#takeBack(edit)
    return edit
  }

  edits(): readonly Edit[] {
    return this.#edits.all()
  }

  /** Operations that were called or are declared, by service, template and method. `schemas`: how their shapes are told. */
  operations(schemas: SchemaOptions = {}): Operation[] {
    const operator = this.#edits.words()
    return this.#names().flatMap(name => {
      this.#settle(name)
      return assemble({
        name,
        service: this.#services.get(name) ?? null,
        declarations: this.#declarations.get(name) ?? null,
        reach: this.#reach,
        announcements: this.#announcements,
        names: this.#room.names,
        owner: this.#ownerOf(name, operator),
        operator,
        schemas,
        nowMs: this.#nowMs,
      })
    })
  }

  services(): ServiceSummary[] {
    const operator = this.#edits.words()
    return this.#names().map(name => {
      const service = this.#services.get(name)
      let calls = 0
      for (const entry of service?.entries() ?? []) calls += entry.use.calls
      return {
        name,
        operations: service?.groups().length ?? 0,
        calls,
        aside: service?.aside.toRecord() ?? {},
        overflow: service?.overflow ?? 0,
        owner: this.#ownerOf(name, operator),
        documents: (this.#declarations.get(name)?.documents ?? []).map(document => document.source),
      }
    })
  }

  /** The documents told, with the service each describes. */
  documents(): ReadonlyArray<{ readonly service: string; readonly document: OpenApiDocument }> {
    return [...this.#declarations].flatMap(([service, { documents }]) =>
      documents.map(document => ({ service, document })),
    )
  }

  /** What a document says of an operation; null: nothing. */
  declarationOf(service: string, method: string, template: string): Declaration | null {
    return this.#declarations.get(service)?.find(method, template) ?? null
  }

  /** Who answered for a service over time, as far as targets and owners are known; oldest first. */
  tenures(service: string): Tenure[] {
    const out: Tenure[] = []
    for (const [target, stretches] of this.#services.get(service)?.targets.entries() ?? []) {
      const address = addressOf(target)
      for (const { fromMs, toMs } of stretches) {
        const starts = [fromMs, ...this.owners.takeovers(address, fromMs, toMs)]
        for (const [i, start] of starts.entries()) {
          const owner = this.owners.ownerOf(service, address, start)
          if (owner === null) continue
          const end = starts[i + 1] ?? toMs
          out.push({ target, owner, from: new Date(start).toISOString(), to: new Date(end).toISOString() })
        }
      }
    }
    return out.sort((a, b) => (a.from < b.from ? -1 : 1))
  }

  changes(): Iterable<readonly [key: string, value: string | null]> {
    return this.#rows.changes()
  }

  restore(rows: Iterable<readonly [key: string, value: string]>): void {
    const { nowMs, skipped } = this.#rows.restore(rows)
    this.#nowMs = Math.max(this.#nowMs, nowMs)
    this.#lost += skipped
  }

  /** A route that the service's own router named. */
  #takeRoute(span: Span): void {
    const route = span.attributes['http.route']
    if (span.kind !== 'server' || typeof route !== 'string') return
    if (this.#told.add(span.service, route) && this.#services.has(span.service)) this.#settle(span.service)
  }

  #service(name: string): ServiceUse | null {
    let service = this.#services.get(name)
    if (service === undefined) {
      if (this.#services.size >= servicesMax) return null
      this.#services.set(name, (service = new ServiceUse(name, this.#room)))
      this.#settle(name)
    }
    return service
  }

  /** Documents stand where their operations are met; that may show only after some calls. */
  #settle(name: string): void {
    const declarations = this.#declarations.get(name) ?? null
    const told = this.#told.of(name)
    if (declarations === null && told.length === 0) return
    const service = this.#service(name)
    if (service === null) return
    service.settle(declarations, told, this.#prefixesOf(name))
  }

  #prefixesOf(service: string): readonly string[] {
    return this.#reach?.prefixesOf(service) ?? []
  }

  #names(): string[] {
    return [...new Set([...this.#services.keys(), ...this.#declarations.keys()])].sort()
  }

  /** Who answers for a service now: at the target that served last. */
  #ownerOf(name: string, operator: OperatorWords): Owner | null {
    const latest = this.#services.get(name)?.targets.latest() ?? null
    const known = this.owners.ownerOf(
      name,
      latest === null ? null : addressOf(latest.target),
      latest?.timeMs ?? this.#nowMs,
    )
    const said = operator.owners.get(name)
    return said === undefined ? known : withOperator(known, said)
  }

  #carryOut({ change }: Edit): void {
    const wanted = templateEditOf(change)
    if (wanted === null) return
    const trouble = this.#service(wanted.service)?.apply(wanted.edit) ?? 'there are too many services'
    if (trouble !== '') throw new RangeError(trouble)
  }

  #takeBack({ change }: Edit): void {
    const wanted = templateEditOf(change)
    if (wanted !== null) this.#services.get(wanted.service)?.templates.undo(wanted.edit)
  }
}

const commonMethods: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])

function isMethod(method: string): boolean {
  return commonMethods.has(method) || /^[A-Z][A-Z0-9-]{0,31}$/.test(method)
}

/** Sources without services (HAR, access logs) have hosts. */
function serviceOf({ event }: ExchangeRecord): string {
  return event.service ?? (event.host === '' ? 'unknown' : event.host)
}
