import { randomBytes } from 'node:crypto'
import { diff } from '../config/diff.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Config } from '../config/types.ts'
import { ConfigError } from '../core/config-error.ts'
import type { Log } from '../core/host.ts'
import type { ReloadResult } from '../control/endpoints.ts'
import { type ControlServer, createControlServer } from '../control/server.ts'
import { loadHashKey } from '../events/hash-key.ts'
import { createMetricsMemory, openWork } from '../events/metrics/memory.ts'
import { createOperatorLog } from '../events/operator-log.ts'
import { createRingMemory, openRingReader } from '../events/ring.ts'
import { sinkParts } from '../events/sinks/parts.ts'
import { createEventWriter } from '../events/writer.ts'
import { Supervisor } from '../gateway/supervisor.ts'
import { systemClock } from '../gateway/system-clock.ts'
import { createKeyService } from '../identity/key-service.ts'
import { insightFolder, insightSocket } from '../insight/places.ts'
import { policies } from '../policies/index.ts'
import { createCounterMemory } from '../state/counter-memory.ts'
import { createJudgedMemory, createJudgedWriter } from '../state/judged-callers.ts'
import { type Drained, watchDrain } from './drain-watch.ts'
import { type InsightKeeper, keepInsight } from './insight-keeper.ts'
import { createLiveReport, type Reloads } from './live-report.ts'
import { loadConfiguration } from './load-configuration.ts'
import { createOpenApiJudge } from './openapi-judge.ts'
import { watchFiles } from './watch.ts'

export interface RunOptions {
  /** Configuration file or folder. */
  readonly config: string
  readonly log?: 'text' | 'json'
}

/** A gateway that runs in this process. */
export interface RunningGateway {
  readonly log: Log
  /** Ends it: no new connections, open exchanges finish, events are written. `why` is for the log: the name of a signal. */
  stop(why: string): Promise<void>
}

/** Resumption keys live for hours; looking for old ones this often is enough, ms. */
const ROTATION_LOOK_MS = 600_000
/** The whole process has this long to end, ms; what the drain leaves of it insight may take to save what it learnt. */
const END_MS = 9_800
const INSIGHT_END_MS = { least: 500, most: 3000 } as const

/** Loads, binds and serves. Throws when the configuration cannot be brought into force (ConfigError) or a private file is not private; then nothing is left open. */
export async function startGateway(options: RunOptions): Promise<RunningGateway> {
  const clock = systemClock()
  const log = createOperatorLog({ format: options.log ?? 'text', write: line => process.stderr.write(line), clock })
  let watched: readonly string[] = []
  const openapi = createOpenApiJudge()
  const watch = (files: readonly string[]): void => {
    watched = files
  }
  const load = (): Promise<LoadedConfig> => loadConfiguration(options.config, watch, openapi)
  let loaded = await load()
  for (const warning of loaded.warnings) log.warn(warning)
  const { config } = loaded
  const eventHashKey = loadHashKey(config.stateDir)

  const keys = createKeyService({ clock, log })
  const metrics = createMetricsMemory(config.workers)
  const rings = Array.from({ length: config.workers }, () => createRingMemory())
  const writer = createEventWriter({
    rings: rings.map(openRingReader),
    sinks: sinkParts(config.events, clock, log),
    clock,
    log,
  })
  const hashKey = randomBytes(32)
  const judged = createJudgedMemory()
  const supervisor = new Supervisor({
    policies,
    clock,
    log,
    keys,
    counters: createCounterMemory(),
    slowHashes: new SharedArrayBuffer(24),
    judged,
    hashKey,
    eventHashKey,
    metrics,
    rings,
    insight: config.insight === null || config.stateDir === null ? null : insightSocket(config.stateDir),
  })
  const reloads: Reloads = { applied: 0, rejected: 0 }
  const report = createLiveReport({
    startedMs: clock.now(),
    path: options.config,
    clock,
    supervisor,
    keys,
    writer,
    metrics,
    reloads,
    loaded: () => loaded,
    insight: () => insight?.report() ?? null,
  })
  let control: ControlServer | null = null
  let insight: InsightKeeper | null = null

  /** Two-phase over all workers; the last good configuration stays when anything objects. */
  const reloadOnce = async (why: string): Promise<ReloadResult> => {
    const begun = clock.monotonic()
    try {
      const next = await load()
      await supervisor.apply(next.config)
      await writer.replaceSinks(sinkParts(next.config.events, clock, log))
      const before = loaded.config
      loaded = next
      renewControl(control, next.config, log)
      insight?.configure(next)
      reloads.applied++
      const ms = Math.round(clock.monotonic() - begun)
      log.info(`configuration ${supervisor.version} is in force`, {
        why,
        changes: diff(before, next.config).length,
        ms,
      })
      return { ok: true, version: supervisor.version }
    } catch (error) {
      reloads.rejected++
      const wrong = located(error, loaded)
      const issues = wrong instanceof ConfigError ? wrong.issues : [{ pointer: '', reason: String(wrong) }]
      log.error(`the configuration was refused, version ${supervisor.version} stays`, { why, problems: issues.length })
      for (const line of new ConfigError(issues).message.split('\n')) log.error(line)
      return { ok: false, version: supervisor.version, issues }
    }
  }

  let turn: Promise<unknown> = Promise.resolve()
  /** One after the other, reading included: else the older of two quick changes could come into force last. */
  const reload = (why: string): Promise<ReloadResult> => {
    const result = turn.then(() => reloadOnce(why))
    turn = result
    return result
  }

  const open = (): ReturnType<typeof openWork> => openWork(metrics, supervisor.plan)
  const closeAll = async (graceMs: number): Promise<Drained> => {
    const begun = clock.monotonic()
    await control?.close()
    const drained = await watchDrain(
      () => supervisor.stop(graceMs),
      graceMs,
      () => open().exchanges,
      clock,
    )
    // The workers have ended their streams to insight; what they sent is in its socket.
    const { least, most } = INSIGHT_END_MS
    const left = Math.max(least, Math.min(most, END_MS - (clock.monotonic() - begun)))
    await Promise.all([writer.close(2000), insight?.stop(left)])
    await keys.close()
    return drained
  }
  const end = async (why: string): Promise<void> => {
    const { drainMs } = loaded.config.limits
    log.info(`stopping (${why}): open exchanges get ${drainMs / 1000} s`, { ...open() })
    const { cut, finished, ms } = await closeAll(drainMs)
    log.info('stopped', { finished, cut, ms })
  }
  try {
    await supervisor.apply(config)
    if (config.control !== null) {
      // The configuration check asks for a stateDir; without one there is no place for the token, and so no control API.
      if (config.stateDir === null)
        throw new ConfigError({ pointer: '/control', reason: 'the control API needs stateDir, for its token' })
      control = createControlServer({
        config: config.control,
        stateDir: config.stateDir,
        log,
        clock,
        live: {
          ...report,
          reload: () => reload('the control API'),
          ask: async (question, parameters) =>
            insight === null ? { kind: 'away', why: 'it is not configured' } : insight.ask(question, parameters),
        },
      })
      await control.start()
    }
  } catch (error) {
    await closeAll(0)
    throw located(error, loaded)
  }

  if (config.insight !== null && config.stateDir !== null) {
    // Only now: it may take its time, and nothing waits for it.
    insight = keepInsight(
      {
        ...config.insight,
        folder: insightFolder(config.stateDir),
        socket: insightSocket(config.stateDir),
        hashKey: eventHashKey,
      },
      loaded,
      { clock, log, onSuspects: createJudgedWriter(judged, hashKey) },
    )
  }
  const stopWatching = watchFiles(
    () => watched,
    () => void reload('a file changed'),
  )
  const rotation = setInterval(() => {
    supervisor
      .rotateTickets()
      .catch((error: unknown) => log.error('resumption keys could not be rotated', { cause: String(error) }))
  }, ROTATION_LOOK_MS)
  rotation.unref()
  const onHangup = (): void => void reload('SIGHUP')
  const onReopen = (): void => {
    writer
      .reopen()
      .catch((error: unknown) => log.error('an event sink could not be opened anew', { cause: String(error) }))
  }
  process.on('SIGHUP', onHangup)
  process.on('SIGUSR2', onReopen)
  log.info(
    `ready: ${listenersOf(config)}; ${config.workers} worker${config.workers === 1 ? '' : 's'}, configuration ${supervisor.version}`,
  )

  let stopping: Promise<void> | null = null
  return {
    log,
    stop(why) {
      report.stopping = true
      process.off('SIGHUP', onHangup)
      process.off('SIGUSR2', onReopen)
      clearInterval(rotation)
      stopWatching()
      stopping ??= end(why)
      return stopping
    },
  }
}

function listenersOf(config: Config): string {
  return config.listeners
    .map(({ name, address, tls }) => {
      const where = address.kind === 'unix' ? address.path : `${address.host}:${address.port}`
      return `${name} ${tls === null ? 'http' : 'https'}://${where}`
    })
    .join(', ')
}

/** The data plane has its new configuration already; what the control API cannot take over is said, and stays as it was. */
function renewControl(control: ControlServer | null, { control: terms }: Config, log: Log): void {
  if (terms === null || control === null) {
    if ((terms === null) !== (control === null)) log.warn('the control API is added or taken away at the next start')
    return
  }
  control.renew(terms)
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
