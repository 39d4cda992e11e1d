import type { LoadedConfig } from '../config/load.ts'
import type { Clock } from '../core/host.ts'
import type { MetricsMemory } from '../events/metrics/memory.ts'
import { type InsightMetrics, renderMetrics } from '../events/metrics/render.ts'
import type { EventWriter } from '../events/writer.ts'
import type { Supervisor } from '../gateway/supervisor.ts'
import type { KeyService } from '../identity/key-service.ts'
import type { InsightReport } from './insight-keeper.ts'
import { productVersion } from './product.ts'

/** How many reloads came into force, and how many were refused. */
export interface Reloads {
  applied: number
  rejected: number
}

export interface LiveParts {
  readonly startedMs: number
  readonly path: string
  readonly clock: Clock
  readonly supervisor: Supervisor
  readonly keys: KeyService
  readonly writer: EventWriter
  readonly metrics: MetricsMemory
  readonly reloads: Reloads
  readonly loaded: () => LoadedConfig
  /** null: it is not configured. */
  readonly insight: () => InsightReport | null
}

/** What the control API says of the running gateway. */
export interface LiveReport {
  stopping: boolean
  ready(): { readonly ready: boolean; readonly why: readonly string[] }
  status(): object
  metrics(): string
  config(): object
}

export function createLiveReport(parts: LiveParts): LiveReport {
  const { startedMs, path, clock, supervisor, keys, writer, metrics, reloads, loaded, insight } = parts
  const report: LiveReport = {
    stopping: false,
    ready() {
      const missing = metrics.workers - supervisor.serving
      const why = [
        ...(missing > 0 ? [`${missing} of ${metrics.workers} workers do not serve`] : []),
        ...(report.stopping ? ['stopping'] : []),
      ]
      return { ready: why.length === 0, why }
    },
    status: () => ({
      product: productVersion,
      node: process.versions.node,
      uptimeSeconds: Math.round((clock.now() - startedMs) / 1000),
      configuration: { version: supervisor.version, path, ...reloads },
      workers: { configured: metrics.workers, serving: supervisor.serving, restarts: supervisor.restarts },
      listeners: loaded().config.listeners.map(({ name, address, tls }) => ({ name, address, tls: tls !== null })),
      routes: loaded().config.routes.length,
      certificates: supervisor.certificates,
      keySets: keys.status(),
      events: writer.status(),
      insight: insight(),
    }),
    metrics() {
      const cpu = process.cpuUsage()
      return renderMetrics(metrics, supervisor.plan, {
        version: productVersion,
        nodeVersion: process.versions.node,
        configVersion: supervisor.version,
        reloads,
        certificates: supervisor.certificates,
        keySets: keys.status().map(({ issuer, ageMs, keys: held }) => ({
          issuer,
          ageSeconds: ageMs === null ? null : ageMs / 1000,
          keys: held,
        })),
        workers: supervisor.serving,
        workerRestarts: supervisor.restarts,
        bufferedBytesMax: loaded().config.limits.bufferedBytesMax * metrics.workers,
        sinks: writer.status().sinks,
        insight: insightMetrics(insight()),
        rssBytes: process.memoryUsage.rss(),
        cpuSeconds: (cpu.user + cpu.system) / 1e6,
        startedMs,
      })
    },
    config: () => loaded().authored as object,
  }
  return report
}

function insightMetrics(report: InsightReport | null): InsightMetrics | null {
  if (report === null) return null
  const { restarts, status } = report
  if (status === null) return { restarts, now: null }
  const { counts, quarantined, lagMs, stateRows, failedSaves, rssBytes } = status
  return {
    restarts,
    now: {
      items: { event: counts.events, observation: counts.observations, span: counts.spans },
      refused: {
        duplicate: counts.duplicates,
        'clock-jump': counts.clockJumps,
        unreadable: Object.values(quarantined).reduce((sum, count) => sum + count, 0),
        failed: counts.failed,
      },
      lagSeconds: lagMs / 1000,
      stateRows,
      failedSaves,
      rssBytes,
    },
  }
}
