import type { LookupFunction } from 'node:net'
import type { Config, ListenerConfig } from '../config/types.ts'
import { ConfigError, type ConfigIssue } from '../core/config-error.ts'
import { Exchange } from '../core/exchange.ts'
import { Fields } from '../core/fields.ts'
import type { Clock, EntryIdentity, Host, KeySet, KeySource, Log } from '../core/host.ts'
import type { Policy } from '../core/policy.ts'
import { type Problem, refuse } from '../core/problem.ts'
import type { UpstreamErrorKind } from '../events/metrics/layout.ts'
import type { WorkerMetrics } from '../events/metrics/worker.ts'
import type { Recorder } from '../events/recorder.ts'
import { Budget } from '../net/budget.ts'
import type { FieldNames } from '../net/h1/field-names.ts'
import type { RefusalCode, ServerConnection, ServerHandler, ServerSettings } from '../net/h1/server-connection.ts'
import { type ConnectionLimits, Listener } from '../net/listener.ts'
import { Pulse } from '../net/pulse.ts'
import { createLookup } from '../upstream/resolve.ts'
import type { TlsSettings } from '../net/tls/settings.ts'
import { ownAnswer } from './answer.ts'
import { compileSnapshot } from './compile.ts'
import { Crossing } from './crossing.ts'
import { Kept } from './kept.ts'
import type { ListenerFacts, Plane } from './plane.ts'
import type { Snapshot } from './snapshot.ts'
import { createRequestIds } from './request-ids.ts'
import { sparingLog } from './sparing-log.ts'
import type { Slices } from './slices.ts'
import { TlsCompiler } from './tls-compiler.ts'
import { createTracer } from './trace.ts'
import { upstreamErrorKind } from './metric-words.ts'

export interface DataPlaneParts {
  readonly policies: readonly Policy[]
  readonly clock: Clock
  readonly log: Log
  readonly metrics: WorkerMetrics
  readonly recorder: Recorder
  /** Insight runs and is told of every exchange. */
  readonly learns: boolean
  readonly keys: (source: KeySource) => KeySet
  readonly counters: Host['counters']
  /** How many workers share each listener's limits. */
  readonly workers: number
  /** Unix-socket listeners live in one worker only: a path cannot be bound twice. */
  readonly first: boolean
}

/** A configuration to compile. */
export interface Preparation {
  /** Of the order; `commit` names it. */
  readonly number: number
  /** The version that it gets. */
  readonly version: number
  readonly config: Config
  /** 48 bytes per name of a TLS listener. */
  readonly ticketKeys: Readonly<Record<string, Uint8Array>>
}

interface ListenerTls {
  readonly settings: TlsSettings
  readonly ticketKeys: Buffer
}

interface Prepared {
  readonly number: number
  readonly config: Config
  readonly snapshot: Snapshot
  readonly tls: ReadonlyMap<string, ListenerTls>
  /** Bound, and closing whatever connects. */
  readonly opened: readonly OpenListener[]
}

interface OpenListener {
  readonly key: string
  readonly place: string
  readonly listener: Listener
  readonly settings: ServerSettings
  readonly facts: ListenerFacts
}

/** Everything that one worker does: compiles snapshots aside, swaps them in, and serves exchanges. Knows no threads. */
export class DataPlane {
  readonly #parts: DataPlaneParts
  readonly #policies: ReadonlyMap<string, Policy>
  readonly #pulse = new Pulse()
  readonly #kept = new Kept()
  readonly #tls = new TlsCompiler()
  readonly #lookup: LookupFunction
  readonly #budget: Budget
  /** For what strangers cause as often as they like. */
  readonly #sparing: Log
  readonly #plane: Plane & { snapshot: Snapshot | null }
  readonly #listeners = new Map<string, OpenListener>()
  #prepared: Prepared | null = null

  constructor(parts: DataPlaneParts, bufferedBytesMax: number) {
    this.#parts = parts
    this.#lookup = createLookup(parts.clock.monotonic)
    this.#policies = new Map(parts.policies.map(policy => [policy.name, policy]))
    this.#budget = new Budget(bufferedBytesMax)
    this.#sparing = sparingLog(parts.log, parts.clock)
    this.#plane = {
      snapshot: null,
      clock: parts.clock,
      // Crossings and policies log only what went wrong inside; still, who can cause it once can cause it often.
      log: this.#sparing,
      budget: this.#budget,
      record: (x, outcome, contents) => parts.recorder.exchange(x, outcome, contents),
      upstreamError: (service, kind) =>
        parts.metrics.upstreamError(service, upstreamErrorKind(kind) satisfies UpstreamErrorKind),
      requestId: createRequestIds(),
      tracer: createTracer(),
      learns: parts.learns,
      inFlight: delta => parts.metrics.inFlight(delta),
    }
    this.#pulse.add({ pulse: () => parts.metrics.budget(this.#budget.used) })
  }

  /**
   * First phase: compiles aside, in slices, and binds the addresses that are new. Throws ConfigError; then nothing has changed.
   */
  async prepare({ number, version, config, ticketKeys }: Preparation, slices: Slices): Promise<void> {
    this.abort()
    const tls = new Map<string, ListenerTls>()
    for (const [index, { name, tls: written }] of config.listeners.entries()) {
      if (written === null) continue
      const waiting = slices.pause()
      if (waiting !== null) await waiting
      const settings = this.#tls.compile(written, `/listeners/${index}/tls`)
      tls.set(name, { settings, ticketKeys: Buffer.from(ticketKeys[name] ?? []) })
    }
    const snapshot = await compileSnapshot(config, version, {
      policies: this.#policies,
      hostFor: (held, policy, entry) => this.#hostFor(held, policy, entry, config),
      kept: this.#kept,
      pulse: this.#pulse,
      lookup: this.#lookup,
      countUpstream: (service, delta) => this.#parts.metrics.upstreamConnections(service, delta),
      pause: () => slices.pause(),
    })
    try {
      this.#prepared = { number, config, snapshot, tls, opened: await this.#bind(config, tls) }
    } catch (error) {
      snapshot.close()
      throw error
    }
  }

  /** Drops what was prepared. */
  abort(): void {
    for (const { listener } of this.#prepared?.opened ?? []) listener.close()
    this.#prepared?.snapshot.close()
    this.#prepared = null
  }

  /**
   * Second phase: one swap of a reference, then the listeners. `number`: of the order that prepared it. Throws ConfigError with the
   * listeners that could not be opened although everything else is in force, and another error when that preparation is not here.
   */
  async commit(number: number): Promise<void> {
    const prepared = this.#prepared
    if (prepared === null || prepared.number !== number) throw new Error(`preparation ${number} is not here`)
    this.#prepared = null
    const before = this.#plane.snapshot
    this.#plane.snapshot = prepared.snapshot
    this.#budget.max = prepared.config.limits.bufferedBytesMax
    this.#parts.recorder.writeEvents(prepared.config.events.length > 0)
    const failures = await this.#relisten(prepared)
    if (before !== null) {
      before.retired = true
      if (before.open === 0) before.close()
    }
    if (failures.length > 0) throw new ConfigError(failures)
  }

  /** Accepts nothing more and resolves when all exchanges are over, at the latest after `graceMs`. */
  async drain(graceMs: number): Promise<void> {
    for (const { listener } of this.#listeners.values()) listener.close()
    const { monotonic } = this.#parts.clock
    const deadline = monotonic() + graceMs
    while ([...this.#listeners.values()].some(({ listener }) => listener.connections > 0) && monotonic() < deadline) {
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    for (const { listener } of this.#listeners.values()) listener.destroy()
    this.#plane.snapshot?.close()
    this.#pulse.stop()
  }

  /** Binds what is new, so that an address that cannot be had refuses the configuration. What a listener of ours has is left to the commit. */
  async #bind(config: Config, tls: ReadonlyMap<string, ListenerTls>): Promise<OpenListener[]> {
    const held = new Set([...this.#listeners.values()].map(({ place }) => place))
    const opened: OpenListener[] = []
    for (const [index, listener] of config.listeners.entries()) {
      if (!this.#mine(listener) || held.has(placeOf(listener))) continue
      const made = this.#open(listener, tls.get(listener.name) ?? null, nobody)
      try {
        await made.listener.listen()
        opened.push(made)
      } catch (error) {
        for (const { listener: other } of opened) other.close()
        throw new ConfigError(cannotOpen(listener, index, error))
      }
    }
    return opened
  }

  /** Closes, changes and opens listeners; gives those that could not be opened. */
  async #relisten(prepared: Prepared): Promise<ConfigIssue[]> {
    const failures: ConfigIssue[] = []
    const keys = new Set(prepared.config.listeners.map(listenerKey))
    for (const [key, open] of this.#listeners) {
      if (keys.has(key)) continue
      open.listener.close()
      this.#listeners.delete(key)
    }
    for (const made of prepared.opened) this.#listeners.set(made.key, made)
    for (const [index, config] of prepared.config.listeners.entries()) {
      if (!this.#mine(config)) continue
      const open = this.#listeners.get(listenerKey(config))
      const tls = prepared.tls.get(config.name) ?? null
      if (open !== undefined) {
        open.facts.fields = hstsField(config)
        open.settings.limits = config.limits
        open.listener.update(tls, this.#limits(config))
        continue
      }
      const made = this.#open(config, tls, this.#limits(config))
      try {
        await made.listener.listen()
        this.#listeners.set(made.key, made)
      } catch (error) {
        failures.push(cannotOpen(config, index, error))
      }
    }
    return failures
  }

  /** Unix-socket listeners live in one worker only: a path cannot be bound twice. */
  #mine(config: ListenerConfig): boolean {
    return config.address.kind === 'tcp' || this.#parts.first
  }

  #open(config: ListenerConfig, tls: ListenerTls | null, limits: ConnectionLimits): OpenListener {
    const { metrics } = this.#parts
    const plane = this.#plane
    const { name } = config
    const key = listenerKey(config)
    const facts: ListenerFacts = { name, fields: hstsField(config) }
    const handler: ServerHandler = {
      request: (connection, head) =>
        new Crossing(this.#plane, facts, this.#plane.snapshot as Snapshot, connection, head),
      refused: (connection, code, reason) => this.#refused(facts, connection, code, reason),
      closed: connection => {
        metrics.connectionClosed(name)
        listener.forget(connection)
      },
    }
    const settings: ServerSettings = {
      listener: name,
      secure: tls !== null,
      // Of the snapshot that decides, always: with a copy, a reload left moments (and removed listeners for good) in which a head was
      // stripped by the old names and decided by the new policies.
      get names(): FieldNames {
        return (plane.snapshot as Snapshot).names
      },
      limits: config.limits,
      budget: this.#budget,
      pulse: this.#pulse,
      handler,
    }
    const listener = new Listener({
      address: config.address,
      settings,
      limits: { ...limits },
      tls,
      opened: () => metrics.connectionOpened(name),
      handshakeFailed: (fault, address, reason) => {
        metrics.handshakeFailed(name, fault)
        this.#sparing.info('a TLS handshake failed', { listener: name, client: address, fault, reason })
      },
      acceptFailed: error =>
        this.#sparing.warn('connections could not be accepted', { listener: name, cause: error.message }),
      shed: address => {
        // Whoever comes before the commit finds nobody, as on a port that is closed.
        if (this.#listeners.has(key))
          this.#sparing.warn('a connection was closed: too many are open', { listener: name, client: address })
      },
    })
    return { key, place: placeOf(config), listener, settings, facts }
  }

  /** Bytes that are no request: answered, counted and logged like any other refusal. */
  #refused(facts: ListenerFacts, connection: ServerConnection, code: RefusalCode, reason: string): void {
    const { clock } = this.#parts
    const problem: Problem = refuse(code, { reason })
    const x = new Exchange({
      id: this.#plane.requestId(),
      listener: facts.name,
      protocol: 'http/1.1',
      client: connection.client,
      tls: connection.tls,
      method: '',
      host: '',
      path: '',
      query: '',
      headers: new Fields('', []),
      contentLength: 0,
      time: clock.now(),
      startedMs: clock.monotonic(),
      abort: () => {},
    })
    const answer = ownAnswer(x, problem, facts.fields, clock.now())
    connection.begin(answer.status, answer.head, answer.body.length, answer.body.length, true)
    connection.write(answer.body, 0, answer.body.length)
    connection.finish()
    this.#plane.record(
      x,
      {
        verdict: 'refuse',
        status: problem.status,
        upstreamStatus: 0,
        policy: '',
        code,
        reason,
        target: '',
        requestBytes: 0,
        responseBytes: answer.body.length,
        durationMs: 0,
        upstreamMs: -1,
        configVersion: this.#plane.snapshot?.version ?? 0,
      },
      null,
    )
  }

  #limits(config: ListenerConfig): ConnectionLimits {
    const share = (limit: number): number => Math.ceil(limit / this.#parts.workers)
    return {
      connectionsMax: share(config.limits.connectionsMax),
      connectionsPerAddressMax: share(config.limits.connectionsPerAddressMax),
    }
  }

  #hostFor(version: number, policy: string, entry: EntryIdentity, config: Config): Host {
    const { clock, log, counters, keys, metrics } = this.#parts
    return {
      clock,
      log,
      counters,
      entry,
      stores: config.stores,
      keep: (key, make) => this.#kept.hold(version, `${policy} ${key}`, make),
      keys,
      counter: name => metrics.policyCounter(policy, name),
    }
  }
}

/** A listener that is bound and not yet in force takes no connection. */
const nobody: ConnectionLimits = { connectionsMax: 0, connectionsPerAddressMax: 0 }

/** Where a listener listens. Whatever the host: two listeners of ours on one port would share its connections. */
function placeOf({ address }: ListenerConfig): string {
  return address.kind === 'unix' ? address.path : String(address.port)
}

function cannotOpen({ name, at }: ListenerConfig, index: number, error: unknown): ConfigIssue {
  const why = error instanceof Error ? error.message : String(error)
  return { pointer: `/listeners/${index}/address`, reason: `listener ${name} cannot be opened: ${why}`, place: at }
}

/** A listener lives on over a reload while its name, address and kind stay. */
function listenerKey(config: ListenerConfig): string {
  return JSON.stringify([config.name, config.address, config.tls === null])
}

function hstsField(config: ListenerConfig): string {
  return config.tls === null || config.hstsSeconds === 0
    ? ''
    : `Strict-Transport-Security: max-age=${config.hstsSeconds}\r\n`
}
