import { randomBytes } from 'node:crypto'
import type { LoadedConfig } from '../config/load.ts'
import { diff } from '../config/diff.ts'
import { ConfigError } from '../core/config-error.ts'
import type { Log } from '../core/host.ts'
import { createControlServer } from '../control/server.ts'
import { createMetricsMemory } from '../events/metrics/memory.ts'
import { renderMetrics } from '../events/metrics/render.ts'
import { createOperatorLog } from '../events/operator-log.ts'
import { loadHashKey } from '../events/hash-key.ts'
import { createRingMemory, openRingReader } from '../events/ring.ts'
import { sinkParts } from '../events/sinks/parts.ts'
import { createEventWriter } from '../events/writer.ts'
import { Supervisor } from '../gateway/supervisor.ts'
import { systemClock } from '../gateway/system-clock.ts'
import { createKeyService } from '../identity/key-service.ts'
import { policies } from '../policies/index.ts'
import { createCounterMemory } from '../state/counter-memory.ts'
import { loadConfiguration } from './load-configuration.ts'
import { productVersion } from './product.ts'
import { watchFiles } from './watch.ts'

export interface RunOptions {
  /** Configuration file or folder. */
  readonly config: string
  readonly log?: 'text' | 'json'
}

/** A gateway that runs in this process. */
export interface RunningGateway {
  readonly log: Log
  /** Ends it: no new connections, open exchanges finish, events are written. */
  stop(): Promise<void>
}

/** `portcullis run`: starts, prints `portcullis ready …` and serves until SIGTERM or SIGINT. */
export async function run(options: RunOptions): Promise<void> {
  let gateway: RunningGateway
  try {
    gateway = await startGateway(options)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(
      `${error.message}\nportcullis did not start: ${count(error.issues.length, 'problem')} in the configuration\n`,
    )
    process.exitCode = 1
    return
  }
  const stop = (): void => {
    gateway.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        gateway.log.error('stopping failed', { cause: String(error) })
        process.exit(1)
      },
    )
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

/** Loads, binds and serves. Throws ConfigError when the configuration cannot be brought into force; then nothing is left open. */
export async function startGateway(options: RunOptions): Promise<RunningGateway> {
  const clock = systemClock()
  const startedMs = clock.now()
  const log = createOperatorLog({ format: options.log ?? 'text', write: line => process.stderr.write(line), clock })
  let watched: readonly string[] = []
  const load = (): Promise<LoadedConfig> =>
    loadConfiguration(options.config, files => {
      watched = files
    })
  let loaded = await load()
  for (const warning of loaded.warnings) log.warn(warning)
  const { config } = loaded

  const keys = createKeyService({ clock, log })
  const metrics = createMetricsMemory(config.workers)
  const rings = Array.from({ length: config.workers }, () => createRingMemory())
  const writer = createEventWriter({
    rings: rings.map(openRingReader),
    sinks: sinkParts(config.events, clock, log),
    clock,
    log,
  })
  const supervisor = new Supervisor({
    policies,
    clock,
    log,
    keys,
    counters: createCounterMemory(),
    slowHashes: new SharedArrayBuffer(24),
    hashKey: randomBytes(32),
    eventHashKey: loadHashKey(config.stateDir),
    metrics,
    rings,
  })
  let rejected = 0
  let applied = 0
  let stopping = false

  const closeAll = async (): Promise<void> => {
    await writer.close(2000)
    await keys.close()
  }
  try {
    await supervisor.apply(config)
  } catch (error) {
    await closeAll()
    throw located(error, loaded)
  }

  /** Two-phase over all workers; the last good configuration stays when anything objects. */
  const reload = async (why: string): Promise<{ ok: boolean; version: number; issues?: ConfigError['issues'] }> => {
    const begun = clock.monotonic()
    try {
      const next = await load()
      const changes = diff(loaded.config, next.config)
      await supervisor.apply(next.config)
      await writer.replaceSinks(sinkParts(next.config.events, clock, log))
      loaded = next
      renewControl(next)
      applied++
      log.info(`configuration ${supervisor.version} is in force`, {
        why,
        changes: changes.length,
        ms: Math.round(clock.monotonic() - begun),
      })
      return { ok: true, version: supervisor.version }
    } catch (error) {
      rejected++
      const wrong = located(error, loaded)
      const issues = wrong instanceof ConfigError ? wrong.issues : [{ pointer: '', reason: String(wrong) }]
      log.error(`the configuration was refused, version ${supervisor.version} stays`, { why, problems: issues.length })
      for (const line of new ConfigError(issues).message.split('\n')) log.error(line)
      return { ok: false, version: supervisor.version, issues }
    }
  }

  const renderedMetrics = (): string => {
    const status = writer.status()
    const { rss } = process.memoryUsage()
    const cpu = process.cpuUsage()
    return renderMetrics(metrics, supervisor.plan, {
      version: productVersion,
      nodeVersion: process.versions.node,
      configVersion: supervisor.version,
      reloads: { applied, rejected },
      certificates: supervisor.certificates,
      keySets: keys.status().map(({ issuer, ageMs, keys: held }) => ({
        issuer,
        ageSeconds: ageMs === null ? null : ageMs / 1000,
        keys: held,
      })),
      workers: supervisor.serving,
      workerRestarts: supervisor.restarts,
      bufferedBytesMax: loaded.config.limits.bufferedBytesMax * config.workers,
      sinks: status.sinks,
      rssBytes: rss,
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
      startedMs,
    })
  }

  const status = (): object => ({
    product: productVersion,
    node: process.versions.node,
    uptimeSeconds: Math.round((clock.now() - startedMs) / 1000),
    configuration: { version: supervisor.version, path: options.config, applied, rejected },
    workers: { configured: config.workers, serving: supervisor.serving, restarts: supervisor.restarts },
    listeners: loaded.config.listeners.map(({ name, address, tls }) => ({ name, address, tls: tls !== null })),
    routes: loaded.config.routes.length,
    certificates: supervisor.certificates,
    keySets: keys.status(),
    events: writer.status(),
  })
  const ready = (): { ready: boolean; why: string[] } => {
    const missing = config.workers - supervisor.serving
    return {
      ready: missing === 0 && !stopping,
      why: [...(missing > 0 ? [`${count(missing, 'worker')} not serving`] : []), ...(stopping ? ['stopping'] : [])],
    }
  }
  const { stateDir, control: controlConfig } = config
  const control =
    controlConfig === null || stateDir === null
      ? null
      : createControlServer({
          config: controlConfig,
          stateDir,
          log,
          clock,
          live: {
            ready,
            status,
            metrics: renderedMetrics,
            config: () => loaded.authored as object,
            reload: () => reload('the control API'),
          },
        })
  try {
    await control?.start()
  } catch (error) {
    await supervisor.stop(0)
    await closeAll()
    throw located(error, loaded)
  }

  /** The data plane has its new configuration already; what the control API cannot take over is said, and stays as it was. */
  const renewControl = ({ config: { control: terms } }: LoadedConfig): void => {
    if (terms === null || control === null) {
      if ((terms === null) !== (control === null)) log.warn('the control API is added or taken away at the next start')
      return
    }
    try {
      control.renew(terms)
    } catch (error) {
      log.error('the control API keeps its old settings', {
        cause: error instanceof Error ? error.message : String(error),
      })
    }
  }

  const stopWatching = watchFiles(
    () => watched,
    () => void reload('a file changed'),
  )
  const rotation = setInterval(() => {
    supervisor
      .rotateTickets()
      .catch((error: unknown) => log.error('resumption keys could not be rotated', { cause: String(error) }))
  }, 600_000)
  rotation.unref()
  const onHangup = (): void => void reload('SIGHUP')
  const onReopen = (): void =>
    void writer
      .reopen()
      .catch((error: unknown) => log.error('an event sink could not be opened anew', { cause: String(error) }))
  process.on('SIGHUP', onHangup)
  process.on('SIGUSR2', onReopen)
  const where = config.listeners
    .map(
      ({ name, address, tls }) =>
        `${name} ${tls === null ? 'http' : 'https'}://${address.kind === 'unix' ? address.path : `${address.host}:${address.port}`}`,
    )
    .join(', ')
  log.info(`ready: ${where}; ${count(config.workers, 'worker')}, configuration ${supervisor.version}`)

  return {
    log,
    async stop() {
      if (stopping) return
      stopping = true
      process.off('SIGHUP', onHangup)
      process.off('SIGUSR2', onReopen)
      stopWatching()
      clearInterval(rotation)
      await control?.close()
      await supervisor.stop(loaded.config.limits.drainMs)
      await closeAll()
    },
  }
}

/** Gives the issues of workers and of the system the place in the file that they lack. */
function located(error: unknown, loaded: LoadedConfig): unknown {
  if (!(error instanceof ConfigError)) return error
  return new ConfigError(
    error.issues.map(issue => {
      if (issue.place !== undefined) return issue
      const place = loaded.locate(issue.pointer)
      return place === undefined ? issue : { ...issue, place }
    }),
  )
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}
