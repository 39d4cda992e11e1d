import type { Config } from '../config/types.ts'
import { ConfigError, type ConfigIssue } from '../core/config-error.ts'
import type { Clock, KeySource, Log } from '../core/host.ts'
import type { Policy } from '../core/policy.ts'
import { coreProblems } from '../core/problem.ts'
import { type MetricsMemory, resetGauges } from '../events/metrics/memory.ts'
import { type MetricsPlan, planMetrics } from '../events/metrics/plan.ts'
import type { KeyService } from '../identity/key-service.ts'
import { packConfig } from './config-parcel.ts'
import { keySourcesOf, metricsSubjects } from './config-subjects.ts'
import type { Order } from './messages.ts'
import { portIssues } from './ports.ts'
import { TicketKeys } from './ticket-keys.ts'
import { TlsCompiler } from './tls-compiler.ts'
import { WorkerThread } from './worker-thread.ts'

/** How long the workers may take to compile a configuration, ms. */
const PREPARE_MS = 30_000
/** A worker that dies again at once is given a moment, so that a crash loop does not eat the machine. */
const RESTART_MS = 200

export interface SupervisorParts {
  readonly policies: readonly Policy[]
  readonly clock: Clock
  readonly log: Log
  readonly keys: KeyService
  readonly counters: SharedArrayBuffer
  /** Places for slow hashes, of which the whole process has two (`SharedCounters.slowHashes`). */
  readonly slowHashes: SharedArrayBuffer
  /** Callers that insight found something about (`SharedCounters.judged`). */
  readonly judged: SharedArrayBuffer
  readonly hashKey: Uint8Array
  readonly eventHashKey: Uint8Array
  readonly metrics: MetricsMemory
  /** One ring per worker. */
  readonly rings: readonly SharedArrayBuffer[]
  /** Path of insight's socket; null: it does not run. */
  readonly insight: string | null
}

interface Crew {
  readonly thread: WorkerThread
  /** The version that it serves; 0 before its first commit. */
  version: number
}

/** Owns the worker threads: starts them, moves them together from one configuration to the next, replaces the dead. */
export class Supervisor {
  readonly #parts: SupervisorParts
  readonly #crew: Crew[] = []
  readonly #tls = new TlsCompiler()
  #tickets = TicketKeys.none
  #keySources: readonly KeySource[] = []
  #config: Config | null = null
  #plan: MetricsPlan
  #version = 0
  #orders = 0
  #stopping = false
  #turn: Promise<unknown> = Promise.resolve()
  restarts = 0

  constructor(parts: SupervisorParts) {
    this.#parts = parts
    this.#plan = planMetrics(
      { routes: [], services: [], listeners: [], policies: [], coreCodes: Object.keys(coreProblems) },
      null,
      parts.metrics.capacity,
    )
  }

  /** Version of the committed configuration; 0 before the first. */
  get version(): number {
    return this.#version
  }

  get plan(): MetricsPlan {
    return this.#plan
  }

  get config(): Config | null {
    return this.#config
  }

  /** Certificates in use, for metrics and status. */
  get certificates(): Array<{ listener: string; subject: string; notAfterMs: number }> {
    return [...this.#tickets.tls].flatMap(([listener, settings]) =>
      settings.certificates.map(({ subject, notAfter }) => ({ listener, subject, notAfterMs: notAfter })),
    )
  }

  /** Workers that serve the committed configuration. */
  get serving(): number {
    return this.#crew.filter(({ version }) => version === this.#version && version > 0).length
  }

  /**
   * Brings a checked configuration into force on all workers, or on none. Throws ConfigError with what a worker or the system objected to;
   * the last good configuration stays. Calls wait for each other.
   */
  apply(config: Config): Promise<number> {
    const run = this.#turn.then(() => this.#apply(config))
    this.#turn = run.catch(() => undefined)
    return run
  }

  /** Resumption keys that served their time are replaced; the configuration stays as it is. */
  async rotateTickets(): Promise<void> {
    if (this.#config !== null && this.#tickets.due(this.#parts.clock.monotonic())) await this.apply(this.#config)
  }

  /** Ends all workers: no new connections, open exchanges finish within `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true
    await Promise.all(
      this.#crew.map(async ({ thread }) => {
        await thread.order({ kind: 'drain', graceMs }, graceMs + 1000)
        await thread.terminate()
      }),
    )
  }

  async #apply(config: Config): Promise<number> {
    const { clock, log, keys, metrics, policies } = this.#parts
    const version = this.#version + 1
    const tls = new Map(
      config.listeners.flatMap((listener, index) =>
        listener.tls === null
          ? []
          : [[listener.name, this.#tls.compile(listener.tls, `/listeners/${index}/tls`)] as const],
      ),
    )
    const taken = await portIssues(config.listeners, this.#config?.listeners ?? [])
    if (taken.length > 0) throw new ConfigError(taken)
    const tickets = this.#tickets.next(tls, clock.monotonic())
    this.#plan = planMetrics(metricsSubjects(config, policies), this.#plan, metrics.capacity)
    const first = this.#crew.length === 0
    if (first) for (let index = 0; index < config.workers; index++) this.#crew.push(this.#start(index))
    else if (config.workers !== this.#crew.length)
      log.warn('the number of workers changes at the next start', {
        now: this.#crew.length,
        configured: config.workers,
      })

    // Asked for now, so that the keys of a new issuer are here, or nearly, when its routes are.
    const keySources = keySourcesOf(config, policies)
    void keys.require([...this.#keySources, ...keySources])
    // Whoever died a moment ago starts with the new one: it may be what ends a crash loop, and no worker may come later and find that it cannot.
    for (const [index, { thread }] of this.#crew.entries()) if (!thread.alive) this.#crew[index] = this.#start(index)
    const crew = [...this.#crew]
    const order = this.#preparation(config, version, tickets)
    const answers = await this.#prepareAll(crew, order, first)
    const issues = answers.flatMap(answer => answer.issues)
    if (issues.length > 0) {
      for (const { thread } of crew) thread.abort()
      void keys.require(this.#keySources)
      if (first) await this.stop(0)
      // Started for nothing: its death brings a successor with what is in force.
      else await Promise.all(crew.map(({ thread, version }) => (version === 0 ? thread.terminate() : undefined)))
      throw new ConfigError(issues)
    }
    // From here on there is no way back: a worker that dies now is replaced by one with the new configuration.
    this.#version = version
    this.#config = config
    this.#tickets = tickets
    this.#keySources = keySources
    const failures = await Promise.all(
      crew.map((member, index) => this.#commit(member, answers[index]?.number ?? 0, version)),
    )
    for (const failure of new Set(failures.flat().map(({ reason }) => reason)))
      log.error('a worker could not bring the configuration into force', { failure })
    void keys.require(keySources)
    if (first && failures.flat().length > 0) {
      await this.stop(0)
      throw new ConfigError(failures.flat())
    }
    return version
  }

  /**
   * While requests are served one worker after the other: all at once they would take every processor from those that serve, and from the
   * collector's own threads, which then has to stop a loop for what it would have done beside it. The first that objects ends the round.
   */
  async #prepareAll(
    crew: readonly Crew[],
    order: Order,
    first: boolean,
  ): Promise<Array<{ number: number; issues: readonly ConfigIssue[] }>> {
    if (first) return Promise.all(crew.map(({ thread }) => thread.order(order, PREPARE_MS)))
    const answers = []
    for (const { thread } of crew) {
      const answer = await thread.order(order, PREPARE_MS)
      answers.push(answer)
      if (answer.issues.length > 0) break
    }
    return answers
  }

  #preparation(config: Config, version: number, tickets: TicketKeys): Order {
    return { kind: 'prepare', version, config: packConfig(config), plan: this.#plan, ticketKeys: tickets.keys }
  }

  /** What went wrong: then it does not count as serving. */
  async #commit(member: Crew, prepared: number, version: number): Promise<readonly ConfigIssue[]> {
    const { issues } = await member.thread.order({ kind: 'commit', prepared }, PREPARE_MS)
    if (issues.length === 0) member.version = version
    return issues
  }

  #start(index: number): Crew {
    const { counters, slowHashes, judged, hashKey, eventHashKey, metrics, rings, insight, keys, log } = this.#parts
    const thread = new WorkerThread({
      birth: {
        index,
        workers: metrics.workers,
        counters,
        slowHashes,
        judged,
        hashKey,
        eventHashKey,
        metrics,
        plan: this.#plan,
        ring: rings[index] as SharedArrayBuffer,
        insight,
      },
      keys,
      log,
      nextNumber: () => ++this.#orders,
      died: code => this.#died(crew, code),
    })
    const crew: Crew = { thread, version: 0 }
    return crew
  }

  /** The others go on; a successor takes the same cells, counters and ring, and the configuration that is in force. */
  #died(dead: Crew, code: number): void {
    const { index } = dead.thread
    if (this.#stopping || this.#crew[index] !== dead) return
    const { log, metrics } = this.#parts
    log.error('a worker is gone and is replaced', { worker: index, exitCode: code })
    this.restarts++
    dead.version = 0
    resetGauges(metrics, this.#plan, index)
    setTimeout(() => {
      this.#turn = this.#turn
        .then(() => this.#replace(dead))
        .catch((error: unknown) => log.error('a worker could not be replaced', { cause: String(error) }))
    }, RESTART_MS).unref()
  }

  async #replace(dead: Crew): Promise<void> {
    const config = this.#config
    const { index } = dead.thread
    if (this.#stopping || config === null || this.#crew[index] !== dead) return
    const crew = this.#start(index)
    this.#crew[index] = crew
    const order = this.#preparation(config, this.#version, this.#tickets)
    const { number, issues } = await crew.thread.order(order, PREPARE_MS)
    const failures = issues.length > 0 ? issues : await this.#commit(crew, number, this.#version)
    for (const { reason } of failures)
      this.#parts.log.error('a successor does not serve', { worker: index, failure: reason })
    // One that cannot serve must not sit there as if it did: it ends, and its death starts the next try.
    if (failures.length > 0) await crew.thread.terminate()
  }
}
