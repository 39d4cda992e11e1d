import { once } from 'node:events'
import { createConnection, createServer } from 'node:net'
import { MessageChannel, Worker } from 'node:worker_threads'
import type { Config, ListenerConfig } from '../config/types.ts'
import type { ConfigIssue } from '../core/config-error.ts'
import { ConfigError } from '../core/config-error.ts'
import type { Clock, Log } from '../core/host.ts'
import { coreProblems } from '../core/problem.ts'
import type { Policy } from '../core/policy.ts'
import { packSecrets } from '../core/secret.ts'
import { type MetricsMemory, resetGauges } from '../events/metrics/memory.ts'
import { type MetricsPlan, planMetrics } from '../events/metrics/plan.ts'
import type { KeyService } from '../identity/key-service.ts'
import { compileTls, type TlsSettings, trustChanged } from '../net/tls/settings.ts'
import { createTicketKeys, ticketKeysDue } from '../net/tls/tickets.ts'
import type { FromWorker, ToWorker, WorkerBirth } from './messages.ts'

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
  readonly hashKey: Uint8Array
  readonly eventHashKey: Uint8Array
  readonly metrics: MetricsMemory
  /** One ring per worker. */
  readonly rings: readonly SharedArrayBuffer[]
}

interface Crew {
  readonly index: number
  worker: Worker
  /** The version that it serves; 0 before its first commit. */
  version: number
  detach: () => void
}

interface Tickets {
  readonly keys: Buffer
  readonly madeAtMs: number
}

/** Owns the worker threads: starts them, moves them together from one configuration to the next, replaces the dead. */
export class Supervisor {
  readonly #parts: SupervisorParts
  readonly #crew: Crew[] = []
  readonly #waiting = new Set<(index: number, message: FromWorker | null) => void>()
  readonly #tickets = new Map<string, Tickets>()
  readonly #tls = new Map<string, TlsSettings>()
  #config: Config | null = null
  #plan: MetricsPlan
  #version = 0
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
    return [...this.#tls].flatMap(([listener, settings]) =>
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
    const now = this.#parts.clock.monotonic()
    const due = [...this.#tickets.values()].some(({ madeAtMs }) => ticketKeysDue(madeAtMs, now))
    if (due && this.#config !== null) await this.apply(this.#config)
  }

  /** Ends all workers: no new connections, open exchanges finish within `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true
    await Promise.all(
      this.#crew.map(async ({ worker, index }) => {
        const drained = this.#answer(index, message => message.kind === 'drained', graceMs + 1000)
        this.#send(worker, { kind: 'drain', graceMs })
        await drained.catch(() => undefined)
        await worker.terminate()
      }),
    )
  }

  async #apply(config: Config): Promise<number> {
    const { log, keys } = this.#parts
    const version = this.#version + 1
    const tls = new Map(
      config.listeners.flatMap((listener, index) =>
        listener.tls === null ? [] : [[listener.name, compileTls(listener.tls, `/listeners/${index}/tls`)] as const],
      ),
    )
    await this.#checkPorts(config)
    const tickets = this.#ticketsFor(tls)
    const plan = planMetrics(this.#subjects(config), this.#plan, this.#parts.metrics.capacity)
    const first = this.#crew.length === 0
    this.#plan = plan
    if (first) for (let index = 0; index < config.workers; index++) this.#crew.push(this.#start(index))
    else if (config.workers !== this.#crew.length)
      log.warn('the number of workers changes at the next start', {
        now: this.#crew.length,
        configured: config.workers,
      })

    // Asked for now, so that the keys of a new issuer are here, or nearly, when its routes are.
    void keys.require([...(this.#config === null ? [] : this.#keySources(this.#config)), ...this.#keySources(config)])
    const preparation = portions(config, version, plan, tickets)
    const answers = await Promise.all(this.#crew.map(crew => this.#prepare(crew, preparation)))
    const issues = answers.flat()
    if (issues.length > 0) {
      for (const { worker } of this.#crew) this.#send(worker, { kind: 'abort', version })
      void keys.require(this.#config === null ? [] : this.#keySources(this.#config))
      if (first) await this.stop(0)
      throw new ConfigError(issues)
    }
    // From here on there is no way back: a worker that dies now is replaced by one with the new configuration.
    this.#version = version
    this.#config = config
    this.#tls.clear()
    for (const [name, settings] of tls) this.#tls.set(name, settings)
    this.#tickets.clear()
    for (const [name, ticket] of tickets) this.#tickets.set(name, ticket)
    const failures = await Promise.all(this.#crew.map(crew => this.#commit(crew, version)))
    for (const failure of new Set(failures.flat())) log.error('a listener could not be opened', { failure })
    void keys.require(this.#keySources(config))
    if (first && failures.flat().length > 0) {
      await this.stop(0)
      throw new ConfigError(failures.flat().map(reason => ({ pointer: '/listeners', reason })))
    }
    return version
  }

  /** Sends a configuration in portions, each when the worker has worked through the last; what it objected to, or nothing. */
  async #prepare(crew: Crew, messages: readonly Portion[]): Promise<readonly ConfigIssue[]> {
    try {
      for (const message of messages) {
        const answer = this.#answer(
          crew.index,
          m => (m.kind === 'more' || m.kind === 'prepared' || m.kind === 'refused') && m.version === message.version,
          PREPARE_MS,
        )
        this.#send(crew.worker, message)
        const said = await answer
        if (said.kind === 'refused') return said.issues
      }
      return []
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      return [{ pointer: '', reason: `worker ${crew.index} did not get ready: ${why}` }]
    }
  }

  async #commit(crew: Crew, version: number): Promise<readonly string[]> {
    const answer = this.#answer(crew.index, m => m.kind === 'committed' && m.version === version, PREPARE_MS)
    this.#send(crew.worker, { kind: 'commit', version })
    try {
      const said = await answer
      crew.version = version
      return said.kind === 'committed' ? said.failures : []
    } catch (error) {
      return [`worker ${crew.index}: ${error instanceof Error ? error.message : String(error)}`]
    }
  }

  #start(index: number): Crew {
    const { counters, slowHashes, hashKey, eventHashKey, metrics, rings, keys, log } = this.#parts
    const channel = new MessageChannel()
    const birth: WorkerBirth = {
      index,
      workers: metrics.workers,
      counters,
      slowHashes,
      hashKey,
      eventHashKey,
      metrics,
      plan: this.#plan,
      ring: rings[index] as SharedArrayBuffer,
      keys: channel.port2,
    }
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: birth,
      transferList: [channel.port2],
      name: `data-plane-${index}`,
      // What one turn leaves behind is dead by the next; a young generation that stays in the cache makes a request some 10 % cheaper.
      resourceLimits: { maxYoungGenerationSizeMb: 16 },
    })
    const crew: Crew = { index, worker, version: 0, detach: keys.attach(channel.port1) }
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'log') log[message.level](message.message, { worker: index, ...message.facts })
      for (const waiter of this.#waiting) waiter(index, message)
    })
    worker.on('error', error =>
      log.error('a worker crashed', {
        worker: index,
        cause: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
    )
    worker.on('exit', code => this.#died(crew, code))
    return crew
  }

  /** The others go on; a successor takes the same cells, counters and ring, and the configuration that is in force. */
  #died(crew: Crew, code: number): void {
    crew.detach()
    for (const waiter of this.#waiting) waiter(crew.index, null)
    if (this.#stopping || this.#crew[crew.index] !== crew) return
    const { log, metrics } = this.#parts
    log.error('a worker is gone and is replaced', { worker: crew.index, exitCode: code })
    this.restarts++
    crew.version = 0
    resetGauges(metrics, this.#plan, crew.index)
    setTimeout(() => {
      this.#turn = this.#turn
        .then(() => this.#replace(crew))
        .catch((error: unknown) => log.error('a worker could not be replaced', { cause: String(error) }))
    }, RESTART_MS).unref()
  }

  async #replace(dead: Crew): Promise<void> {
    const config = this.#config
    if (this.#stopping || config === null || this.#crew[dead.index] !== dead) return
    const crew = this.#start(dead.index)
    this.#crew[dead.index] = crew
    const issues = await this.#prepare(crew, portions(config, this.#version, this.#plan, this.#tickets))
    const failures = issues.length > 0 ? issues.map(({ reason }) => reason) : await this.#commit(crew, this.#version)
    for (const failure of failures) this.#parts.log.error('a successor does not serve', { worker: dead.index, failure })
    // One that cannot serve must not sit there as if it did: it ends, and its death starts the next try.
    if (failures.length > 0) await crew.worker.terminate()
  }

  #send(worker: Worker, message: ToWorker): void {
    worker.postMessage(message)
  }

  /** The next message of worker `index` that fits; rejects when the worker dies or `withinMs` is over. */
  #answer(index: number, fits: (message: FromWorker) => boolean, withinMs: number): Promise<FromWorker> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(waiter)
      }
      const waiter = (from: number, message: FromWorker | null): void => {
        if (from !== index || (message !== null && !fits(message))) return
        end()
        if (message === null) reject(new Error('the worker died'))
        else resolve(message)
      }
      const timer = setTimeout(() => {
        end()
        reject(new Error(`no answer within ${withinMs} ms`))
      }, withinMs)
      this.#waiting.add(waiter)
    })
  }

  /** Binds each new port once without `reusePort`, so that a port that somebody else has is an error that names it (DESIGN §3). */
  async #checkPorts(config: Config): Promise<void> {
    const held = new Set(this.#config?.listeners.map(addressText))
    const issues: ConfigIssue[] = []
    for (const [index, listener] of config.listeners.entries()) {
      if (held.has(addressText(listener))) continue
      const reason = await cannotBind(listener)
      if (reason !== null) issues.push({ pointer: `/listeners/${index}/address`, reason, place: listener.at })
    }
    if (issues.length > 0) throw new ConfigError(issues)
  }

  /** Resumption keys per listener: kept, unless they are old or somebody lost trust, who must not resume what was verified before. */
  #ticketsFor(tls: ReadonlyMap<string, TlsSettings>): Map<string, Tickets> {
    const now = this.#parts.clock.monotonic()
    const tickets = new Map<string, Tickets>()
    for (const [name, settings] of tls) {
      const known = this.#tickets.get(name)
      const before = this.#tls.get(name)
      const keep =
        known !== undefined &&
        before !== undefined &&
        !trustChanged(before, settings) &&
        !ticketKeysDue(known.madeAtMs, now)
      tickets.set(name, keep ? known : { keys: createTicketKeys(), madeAtMs: now })
    }
    return tickets
  }

  #subjects(config: Config): Parameters<typeof planMetrics>[0] {
    const used = new Set(allEntries(config).map(({ use }) => use))
    return {
      routes: config.routes.map(({ name }) => name),
      services: config.services.map(({ name }) => name),
      listeners: config.listeners.map(({ name }) => name),
      policies: this.#parts.policies
        .filter(({ name }) => used.has(name))
        .map(({ name, problems, counters }) => ({ name, codes: Object.keys(problems), counters: counters ?? [] })),
      coreCodes: [...Object.keys(coreProblems), 'client-closed'],
    }
  }

  #keySources(config: Config): Parameters<KeyService['require']>[0] {
    const byName = new Map(this.#parts.policies.map(policy => [policy.name, policy]))
    return allEntries(config).flatMap(entry => byName.get(entry.use)?.keySources?.(entry.with) ?? [])
  }
}

type Portion = Extract<ToWorker, { readonly version: number }>

/** Routes that cross to a worker at once: reading so many takes it about a millisecond. */
const PORTION = 40

/** A configuration as the messages that bring it to a worker. */
function portions(
  config: Config,
  version: number,
  plan: MetricsPlan,
  tickets: ReadonlyMap<string, Tickets>,
): Portion[] {
  const messages: Portion[] = [
    {
      kind: 'prepare',
      version,
      config: packSecrets({ ...config, routes: [] }),
      plan,
      ticketKeys: ticketKeysOf(tickets),
    },
  ]
  for (let from = 0; from < config.routes.length; from += PORTION)
    messages.push({ kind: 'routes', version, routes: packSecrets(config.routes.slice(from, from + PORTION)) })
  messages.push({ kind: 'compile', version })
  return messages
}

function allEntries(config: Config): Array<Config['policies'][number]> {
  return [
    ...config.policies,
    ...config.services.flatMap(service => service.policies),
    ...config.routes.flatMap(route => route.policies),
  ]
}

function ticketKeysOf(tickets: ReadonlyMap<string, Tickets>): Record<string, Uint8Array> {
  return Object.fromEntries([...tickets].map(([name, { keys }]) => [name, keys]))
}

function addressText({ address }: ListenerConfig): string {
  return address.kind === 'unix' ? `unix:${address.path}` : `${address.host}:${address.port}`
}

async function cannotBind(listener: ListenerConfig): Promise<string | null> {
  const { address } = listener
  if (address.kind === 'unix') {
    const probe = createConnection(address.path)
    const alive = await once(probe, 'connect').then(
      () => true,
      () => false,
    )
    probe.destroy()
    return alive ? `another process answers on ${address.path}` : null
  }
  const probe = createServer()
  try {
    probe.listen({ host: address.host, port: address.port, exclusive: true })
    await once(probe, 'listening')
    return null
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const where = addressText(listener)
    if (code === 'EADDRINUSE') return `${where} is taken by another process`
    if (code === 'EACCES') return `${where} may not be bound: ports below 1024 need a privilege (CAP_NET_BIND_SERVICE)`
    return `${where} cannot be bound: ${message}`
  } finally {
    probe.close()
  }
}
