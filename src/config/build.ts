import type { SourcePlace } from '../core/config-error.ts'
import type { Level } from '../core/phase.ts'
import { detectionConfig } from './detection.ts'
import type { CheckedEntry, CheckedSink } from './entries.ts'
import type { Locator } from './locate.ts'
import { toPointer, type DocumentPath } from './pointer.ts'
import type { ConfigurationInput } from './schema/configuration.ts'
import type { PolicyEntryInput } from './schema/policy-entry.ts'
import type { TlsInput } from './schema/tls.ts'
import type { Config, PolicyEntry, SinkEntry, TlsConfig } from './types.ts'
import { absolutePath } from './written-path.ts'

/** What was checked apart from the document itself. */
export interface BuildParts {
  readonly entries: ReadonlyMap<string, CheckedEntry>
  readonly sinks: ReadonlyMap<string, CheckedSink>
  readonly locator: Locator
  /** Number of processors, for `workers: auto`. */
  readonly cpus: number
  /** Filled while building: where each entry stands in the document. */
  readonly paths: Map<PolicyEntry, DocumentPath>
}

/** The checked document in the form that the rest of the program reads. Entries whose settings were refused are left out. */
export function buildConfig(input: ConfigurationInput, parts: BuildParts): Config {
  const at = (path: DocumentPath, part: 'key' | 'value' = 'value'): SourcePlace =>
    parts.locator.place(path, part) ?? { file: '', line: 1, column: 1 }
  const entries = (list: readonly PolicyEntryInput[], path: DocumentPath, level: Level): PolicyEntry[] =>
    policyEntries(list, path, level, parts, at)
  const { control } = input
  return {
    workers: input.workers === 'auto' ? Math.max(1, Math.min(256, parts.cpus)) : input.workers,
    stateDir: input.stateDir === undefined ? null : absolutePath(input.stateDir, ['stateDir'], parts.locator),
    control:
      control === undefined
        ? null
        : {
            address: control.address,
            hosts: control.hosts,
            health: control.health ?? null,
            tls: control.tls === undefined ? null : tlsConfig(control.tls),
            allow: control.allow,
          },
    listeners: input.listeners.map((listener, i) => ({
      name: listener.name,
      address: listener.address,
      tls: listener.tls === undefined ? null : tlsConfig(listener.tls),
      limits: {
        headBytesMax: listener.limits.head,
        fieldsMax: listener.limits.fields,
        urlBytesMax: listener.limits.url,
        connectionsMax: listener.limits.connections,
        connectionsPerAddressMax: listener.limits.connectionsPerAddress,
        requestsPerConnectionMax: listener.limits.requestsPerConnection,
        headTimeoutMs: listener.limits.headTimeout,
        idleTimeoutMs: listener.limits.idleTimeout,
        progressTimeoutMs: listener.limits.progressTimeout,
      },
      hstsSeconds: hstsSeconds(listener.tls !== undefined, listener.hsts),
      zone: listener.zone ?? null,
      at: at(['listeners', i]),
    })),
    services: Object.entries(input.services).map(([name, service]) => ({
      name,
      targets: service.targets,
      host:
        service.host === 'client' || service.host === 'target'
          ? { kind: service.host }
          : { kind: 'name', name: service.host },
      tls: {
        ca: service.tls?.ca ?? null,
        certificate: service.tls?.certificate ?? null,
        key: service.tls?.key ?? null,
        serverName: service.tls?.serverName ?? null,
      },
      timeouts: {
        connectMs: service.timeouts.connect,
        responseMs: service.timeouts.response,
        idleMs: service.timeouts.idle,
        keepAliveMs: service.timeouts.keepAlive,
      },
      connectionsMax: service.connections,
      owner:
        service.owner === undefined
          ? null
          : {
              application: service.owner.application ?? null,
              tenant: service.owner.tenant ?? null,
              contact: service.owner.contact ?? null,
            },
      policies: entries(service.policies, ['services', name, 'policies'], 'service'),
      disable: service.disable,
      at: at(['services', name], 'key'),
    })),
    stores: Object.fromEntries(
      Object.entries(input.stores).map(([name, store]) => [name, { redis: store.redis, timeoutMs: store.timeout }]),
    ),
    events: input.events.flatMap((entry, i): SinkEntry[] => {
      const checked = parts.sinks.get(toPointer(['events', i]))
      return checked === undefined ? [] : [{ sink: entry.sink, with: checked.with, at: at(['events', i]) }]
    }),
    insight: insightConfig(input, parts.locator),
    reserved: input.reserved,
    trustedProxies: input.trustedProxies,
    policies: entries(input.policies, ['policies'], 'global'),
    routes: input.routes.map((route, i) => ({
      name: route.name,
      match: {
        hosts: [...new Set(route.match.hosts ?? (route.match.host === undefined ? [] : [route.match.host]))],
        path: route.match.path,
        methods: [...new Set(route.match.methods ?? [])],
        headers: route.match.headers ?? {},
      },
      service: route.service,
      stripPrefix: route.stripPrefix,
      bufferedBodyMax: route.limits.bufferedBody,
      bodyMax: route.limits.body === 'unlimited' ? null : route.limits.body,
      learn: route.learn === 'on' || route.learn === true,
      trace: route.trace,
      policies: entries(route.policies, ['routes', i, 'policies'], 'route'),
      disable: route.disable,
      reason: route.reason ?? null,
      owner: route.owner ?? null,
      at: at(['routes', i]),
    })),
    limits: { bufferedBytesMax: input.limits.buffered, drainMs: input.limits.drain },
  }
}

/** Without a state folder there is no place to learn into; `enabled: true` is then an error of the checks. */
function insightConfig({ insight, stateDir }: ConfigurationInput, locator: Locator): Config['insight'] {
  if (stateDir === undefined || insight.enabled === false) return null
  return {
    retentionMs: insight.retention,
    historyBytesMax: insight.history,
    memoryBytesMax: insight.memory,
    record: insight.record === undefined ? null : absolutePath(insight.record, ['insight', 'record'], locator),
    fields: insight.fields,
    accept: insight.accept.map(one => ({ ...one, subject: one.subject ?? null })),
    otlp: insight.otlp ?? null,
    networks: insight.networks,
    detection: detectionConfig(insight.detection),
    kubernetes:
      insight.kubernetes === undefined
        ? null
        : {
            ...insight.kubernetes,
            tokenFile: absolutePath(insight.kubernetes.tokenFile, ['insight', 'kubernetes', 'tokenFile'], locator),
            caFile: absolutePath(insight.kubernetes.caFile, ['insight', 'kubernetes', 'caFile'], locator),
          },
  }
}

function policyEntries(
  list: readonly PolicyEntryInput[],
  path: DocumentPath,
  level: Level,
  parts: BuildParts,
  at: (path: DocumentPath) => SourcePlace,
): PolicyEntry[] {
  const ids = new Set(list.flatMap(entry => (entry.id === undefined ? [] : [entry.id])))
  return list.flatMap((entry, i): PolicyEntry[] => {
    const here = [...path, i]
    // An id belongs to its place in the list, also when the settings of another entry were refused.
    const id = entry.id ?? freeId(entry.use, ids)
    const checked = parts.entries.get(toPointer(here))
    if (checked === undefined) return []
    const built: PolicyEntry = {
      use: entry.use,
      id,
      mode: entry.mode,
      with: checked.with,
      phase: checked.phase,
      level,
      at: at(here),
    }
    parts.paths.set(built, here)
    return [built]
  })
}

/** The name of the policy, numbered from the second one of its list on. */
function freeId(use: string, taken: Set<string>): string {
  let id = use
  for (let n = 2; taken.has(id); n++) id = `${use}-${n}`
  taken.add(id)
  return id
}

function tlsConfig(tls: TlsInput): TlsConfig {
  return {
    certificates: tls.certificates.map(({ certificate, key, passphrase }) => ({
      certificate,
      key,
      passphrase: passphrase ?? null,
    })),
    minVersion: tls.minVersion,
    clientAuth: tls.clientAuth,
    clientCa: tls.clientCa ?? null,
    crls: tls.crls,
    requireEku: tls.requireEku,
  }
}

function hstsSeconds(tls: boolean, written: 'off' | number | undefined): number {
  if (!tls || written === 'off') return 0
  return written === undefined ? 365 * 86_400 : Math.floor(written / 1000)
}
