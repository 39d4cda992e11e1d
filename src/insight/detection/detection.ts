// Hot path: `take` once per event.
import { createCidrSet, type CidrSet } from '../../lib/cidr-set.ts'
import { keptText } from '../../lib/flat-text.ts'
import { timeMs as parsedMs } from '../../lib/time-ms.ts'
import type { Baseline, Metric } from '../baselines/baseline.ts'
import { Baselines } from '../baselines/baselines.ts'
import { ShapeQuarantine } from '../baselines/quarantine.ts'
import type {
  ActorSlot,
  Anomaly,
  AnyDetector,
  DetectorAtWork,
  DetectorHost,
  KeptRows,
  KeptSlot,
} from '../detectors/detector.ts'
import { detectors as allDetectors } from '../detectors/index.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { provenBy } from '../inventory/caller-name.ts'
import type { LearningPart } from '../learner.ts'
import type { ExchangeRecord } from '../model/exchange.ts'
import { type CallTree, endOf } from '../traces/call-tree.ts'
import type { Traces } from '../traces/traces.ts'
import { type Actor, Actors, type KnownActor, type Passed } from './actors.ts'
import { ActorRows } from './actor-rows.ts'
import { type AddressSeen, AnomalyList } from './anomaly-list.ts'
import { createDeclaredShapes } from './declared-shapes.ts'
import { EventClock } from './event-clock.ts'
import type { Moment } from './moment.ts'
import { OperationNames } from './operation-names.ts'
import { type DetectionSettings, usualDetection } from './settings.ts'
import { createWho, type Where } from './who.ts'

interface AtWork {
  readonly definition: AnyDetector
  readonly work: DetectorAtWork
}

/** Nothing is learnt from an actor for so long after a report of it, ms. */
const suspectMs = 3_600_000
/** Scopes of a metric that are found at once. */
const scopesRemembered = 1024

export interface DetectionCounts {
  readonly actors: number
  readonly actorsForgotten: number
  readonly anomalies: number
  readonly anomaliesForgotten: number
  /** A detector threw: a fault of ours. */
  readonly faults: number
  readonly scopesWithoutRoom: number
  /** Things that detectors had no room for, since the start. */
  readonly detectorsWithoutRoom: number
  readonly unreadable: number
}

/** Drives the detectors over the stream: says who called what, keeps their state within bounds, and lists what they find. */
export class Detection implements LearningPart {
  readonly part = 'detection'
  readonly anomalies = new AnomalyList()
  readonly baselines: Baselines
  readonly quarantine: ShapeQuarantine
  /** Told of faults of detectors, once each minute of event time at most. */
  onFault: ((detector: string, error: unknown) => void) | null = null
  readonly #actors = new Actors(actor => this.#rows.forget(actor))
  readonly #rows = new ActorRows(this.#actors)
  readonly #shared = new Map<string, KeptRows>()
  readonly #kept: Array<readonly [name: string, rows: KeptRows]> = []
  readonly #who = createWho(this.#actors)
  readonly #names: OperationNames
  readonly #inventory: Inventory
  readonly #atWork: AtWork[] = []
  /** Those that take exchanges, alike in build: work of seventeen builds would be looked up anew with every event. */
  readonly #takers: Array<{ readonly name: string; readonly take: (moment: Moment) => void }> = []
  #settings: DetectionSettings
  #internal: CidrSet | null = null
  /** Another number: which addresses are internal has to be found out anew. */
  #internalEra = 0
  readonly #clock = new EventClock()
  #nowMs = 0
  #minute = 0
  #slots = 0
  #faults = 0
  #unreadable = 0

  constructor(
    parts: { readonly inventory: Inventory; readonly traces: Traces },
    settings: DetectionSettings = usualDetection,
    list: readonly AnyDetector[] = allDetectors,
  ) {
    this.#inventory = parts.inventory
    this.#names = new OperationNames(parts.inventory)
    this.#settings = settings
    this.baselines = new Baselines(settings.baselines, timeMs => parts.inventory.owners.scenariosAt(timeMs))
    this.quarantine = new ShapeQuarantine(settings.quarantine)
    this.quarantine.declared = {
      version: () => parts.inventory.declared,
      why: createDeclaredShapes(parts.inventory),
    }
    if (!settings.enabled) return
    for (const definition of list) {
      const own = settings.detectors[definition.name]
      if (own?.enabled === false) continue
      this.baselines.budget.detector(definition.name, own?.weight ?? definition.weight ?? 1)
      const work = definition.create((own?.with ?? definition.defaults) as never, this.#host(definition))
      this.#atWork.push({ definition, work })
      if (work.take !== undefined) this.#takers.push({ name: definition.name, take: work.take.bind(work) })
    }
    this.configure(settings)
    if (this.#atWork.some(({ work }) => work.takeTree !== undefined)) parts.traces.onTree = tree => this.#takeTree(tree)
  }

  /** Latest event time, Unix ms; 0 before the first. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** Budget, warm-up, scenarios, networks; which detectors run and what is written for each is told at the start alone. */
  configure(settings: DetectionSettings): void {
    this.#settings = settings
    this.baselines.configure(settings.baselines)
    this.quarantine.terms = settings.quarantine
    const set = createCidrSet(settings.internal)
    this.#internal = 'has' in set ? set : null
    this.#internalEra++
  }

  counts(): DetectionCounts {
    return {
      actors: this.#actors.size,
      actorsForgotten: this.#actors.evicted,
      anomalies: this.anomalies.all().length,
      anomaliesForgotten: this.anomalies.forgotten,
      faults: this.#faults,
      scopesWithoutRoom: this.baselines.overflow,
      detectorsWithoutRoom: this.#atWork.reduce((sum, { work }) => sum + (work.lost?.() ?? 0), 0),
      unreadable: this.#unreadable + this.anomalies.unreadable + this.baselines.unreadable,
    }
  }

  take(record: ExchangeRecord): void {
    if (this.#atWork.length === 0) return
    const { event } = record
    const written = parsedMs(event.time)
    if (Number.isNaN(written)) return
    const timeMs = this.#clock.at(written, event.client)
    this.#follow(timeMs)
    const reached = event.upstreamStatus !== null || event.verdict === 'pass'
    const status = reached ? (event.upstreamStatus ?? event.status) : 0
    const answered = status >= 200 && status < 400
    const where = this.#who.where(event.client)
    const actor = this.#who.actor(record, timeMs, { where, answered })
    const principal = provenBy(event) === null ? null : actor.name
    const operation = this.#names.nameOf(record)
    const source = actor.kind === 'address' ? actor : this.#who.source(where, timeMs)
    const id = keptText(event.id)
    const passed: Passed = {
      timeMs,
      event: id,
      address: where.address,
      operation: operation ?? `${event.method} ${event.path.slice(0, 200)}`,
    }
    const turnedAway = event.status >= 400 && event.status < 500
    this.#actors.called(actor, passed, turnedAway)
    this.#rows.changed(actor)
    if (source !== actor) {
      this.#actors.called(source, passed, turnedAway)
      this.#rows.changed(source)
    }
    const moment: Moment = {
      record,
      id,
      timeMs,
      actor,
      source,
      principal,
      address: where.address,
      network: where.network,
      addressHash: where.addressHash,
      networkHash: where.networkHash,
      service: event.service ?? event.host,
      operation,
      reached,
      answered,
      refused: event.verdict === 'refuse',
      internal: this.#internalAt(where, timeMs),
      learnable: answered && timeMs >= actor.suspectUntilMs,
    }
    for (const { name, take } of this.#takers) {
      try {
        take(moment)
      } catch (error) {
        this.#fault(name, error)
      }
    }
  }

  *changes(): Iterable<readonly [key: string, value: string | null]> {
    const parts: ReadonlyArray<readonly [string, Iterable<readonly [string, string | null]>]> = [
      ['anomaly', this.anomalies.changes()],
      ['baseline', this.baselines.changes()],
      ['quarantine', this.quarantine.changes()],
      ['actor', this.#rows.changes()],
      ...this.#kept.map(([name, rows]) => [`kept ${name}`, rows.changes()] as const),
      ...this.#atWork.flatMap(({ definition, work }) =>
        work.changes === undefined ? [] : [[`detector ${definition.name}`, work.changes()] as const],
      ),
    ]
    for (const [prefix, rows] of parts) for (const [key, value] of rows) yield [`${prefix}|${key}`, value]
  }

  restore(rows: Iterable<readonly [key: string, value: string]>): void {
    const byPart = new Map<string, Array<readonly [string, string]>>()
    for (const [key, value] of rows) {
      const bar = key.indexOf('|')
      const list = byPart.get(key.slice(0, bar))
      const row = [key.slice(bar + 1), value] as const
      if (list === undefined) byPart.set(key.slice(0, bar), [row])
      else list.push(row)
    }
    this.anomalies.restore(byPart.get('anomaly') ?? [])
    this.baselines.restore(byPart.get('baseline') ?? [])
    for (const [key, value] of byPart.get('quarantine') ?? [])
      this.#attempt(() => this.quarantine.restoreRow(key, value))
    this.#unreadable += this.#rows.restore(byPart.get('actor') ?? [])
    for (const [name, kept] of this.#kept) this.#attempt(() => kept.restore(byPart.get(`kept ${name}`) ?? []))
    for (const { definition, work } of this.#atWork)
      this.#attempt(() => work.restore?.(byPart.get(`detector ${definition.name}`) ?? []))
  }

  #attempt(work: () => void): void {
    try {
      work()
    } catch {
      this.#unreadable++
    }
  }

  #follow(timeMs: number): void {
    this.#nowMs = this.#clock.nowMs
    this.baselines.clock(timeMs)
    const minute = Math.floor(this.#nowMs / 60_000)
    const before = this.#minute
    if (minute === before) return
    this.#minute = minute
    // The clock went back: windows that it ended are over.
    if (minute < before) return
    // Addresses go from pod to pod.
    if (minute % 60 === 0) this.#internalEra++
    for (const { definition, work } of this.#atWork) {
      try {
        work.minute?.(minute * 60_000)
      } catch (error) {
        this.#fault(definition.name, error)
      }
    }
  }

  #takeTree(tree: CallTree): void {
    let endUs = 0
    for (const node of tree.nodes) endUs = Math.max(endUs, endOf(node))
    const ended = { tree, timeMs: Math.floor(endUs / 1000) }
    for (const { definition, work } of this.#atWork) {
      try {
        work.takeTree?.(ended)
      } catch (error) {
        this.#fault(definition.name, error)
      }
    }
  }

  #fault(detector: string, error: unknown): void {
    this.#faults++
    this.onFault?.(detector, error)
  }

  #host(definition: AnyDetector): DetectorHost {
    const { name, findings } = definition
    const { budget } = this.baselines
    const settings = (): DetectionSettings => this.#settings
    const now = (): number => this.#nowMs
    // Detectors ask with every event: putting the key together costs more than the answer.
    const asked = new Map<Metric, Map<string, Baseline>>()
    let slots = 0
    let keeps = 0
    return {
      baseline: (metric, scope = '') => {
        let scopes = asked.get(metric)
        if (scopes === undefined) asked.set(metric, (scopes = new Map()))
        let baseline = scopes.get(scope)
        if (baseline === undefined) {
          baseline = this.baselines.of(name, metric, scope)
          if (scopes.size < scopesRemembered) scopes.set(scope, baseline)
        }
        return baseline
      },
      get budget() {
        return budget.ofDetector(name)
      },
      isWarm(samples, firstMs) {
        const { warmUp } = settings().baselines
        return samples >= warmUp.samples && now() - firstMs >= warmUp.spanMs
      },
      factor: () => this.baselines.factor,
      quarantine: this.quarantine,
      slot: (make, kept) => this.#slot(`${name} ${slots++}`, make, kept),
      numbers: (hot, cold) => this.#actors.numbers.reserve(hot, cold),
      shared: <S extends KeptRows>(what: string, make: () => S): S => {
        const known = this.#shared.get(what) as S | undefined
        if (known !== undefined) return known
        const made = make()
        this.#shared.set(what, made)
        this.#kept.push([`shared ${what}`, made])
        return made
      },
      keep: rows => void this.#kept.push([`${name} ${keeps++}`, rows]),
      report: anomaly => {
        const kind = Object.hasOwn(findings, anomaly.code) ? findings[anomaly.code] : undefined
        if (kind === undefined) throw new Error(`${name} has no finding ${anomaly.code}`)
        this.#suspect(anomaly)
        this.anomalies.report(name, kind, anomaly, {
          nowMs: this.#nowMs,
          addressOf: address => this.#addressSeen(address, anomaly.lastMs),
        })
      },
    }
  }

  #suspect({ actor, principals = [], lastMs }: Anomaly): void {
    for (const one of [actor?.name ?? '', ...principals]) {
      const known = this.#actors.find(one)
      if (known === undefined) continue
      this.#actors.suspect(known, lastMs, 1)
      this.#rows.changed(known)
      known.suspectUntilMs = Math.max(known.suspectUntilMs, lastMs + suspectMs)
    }
  }

  #slot<S>(name: string, make: (actor: Actor) => S, kept?: KeptSlot<S>): ActorSlot<S> {
    const at = this.#slots++
    const slots = (): number => this.#slots
    const actors = this.#actors
    const rows = this.#rows
    if (kept !== undefined) rows.slot(at, name, kept as KeptSlot<unknown>)
    return {
      of(actor) {
        const { state, saved } = actor as KnownActor
        const known = state[at] as S | undefined
        if (known !== undefined) return known
        // For all slots at once: there are thousands of actors, and pushing makes room for half as many again.
        if (state.length <= at) state.length = slots()
        const revived = saved === null || kept === undefined ? undefined : rows.revive(actor as KnownActor, name, kept)
        return (state[at] = revived ?? make(actor)) as S
      },
      put(actor, state) {
        ;(actor as KnownActor).state[at] = state
      },
      changed: actor => rows.changed(actor as KnownActor),
      peek: actor => (actor as KnownActor).state[at] as S | undefined,
      *entries() {
        for (const actor of actors.all()) {
          const state = actor.state[at] as S | undefined
          if (state !== undefined) yield [actor, state]
        }
      },
    }
  }

  #internalAt(where: Where, timeMs: number): boolean {
    if (where.internalEra === this.#internalEra) return where.internal
    const { address } = where
    where.internal =
      this.#internal?.has(address) === true || this.#inventory.owners.ownerAt(address, timeMs)?.pod != null
    where.internalEra = this.#internalEra
    return where.internal
  }

  #addressSeen(address: string, timeMs: number): AddressSeen {
    const owner = this.#inventory.owners.ownerAt(address, timeMs)
    const words = [owner?.pod, owner?.workload ?? owner?.service].filter(word => word != null)
    return {
      address,
      internal: this.#internal?.has(address) === true || owner?.pod != null,
      owner: words.length === 0 ? null : words.join(' of '),
    }
  }
}
