import type { LookupFunction } from 'node:net'
import type { Config, PolicyEntry, RouteConfig, ServiceConfig } from '../config/types.ts'
import { ConfigError } from '../core/config-error.ts'
import type { EntryIdentity, Host } from '../core/host.ts'
import type { Policy } from '../core/policy.ts'
import { createCidrSet } from '../lib/cidr-set.ts'
import { FieldNames } from '../net/h1/field-names.ts'
import type { Pulse } from '../net/pulse.ts'
import { keepUpstreamSession, upstreamTlsOptions } from '../net/tls/upstream.ts'
import { ServicePool } from '../upstream/service-pool.ts'
import { Forms } from './forms.ts'
import type { Kept } from './kept.ts'
import { withoutParameters } from './path-readings.ts'
import { linkFacts, routeChain } from './chain-plan.ts'
import { allEntries } from './config-subjects.ts'
import type { Link } from './pipeline.ts'
import { Router } from './router.ts'
import type { CompiledRoute, CompiledService, Snapshot } from './snapshot.ts'

/** Headers that only the gateway may set toward a service (DESIGN §4); `*` ends a prefix. */
const reservedHeaders = ['x-portcullis-*', 'x-forwarded-*', 'forwarded', 'x-real-ip', 'client-cert*', 'x-request-id']

/**
 * Headers that some services let win over the request line, which is what was checked: the path (CVE-2018-14773 of Symfony, and IIS
 * modules), the method (a POST-only route would be a DELETE there), and the proxy of CGI programs (CVE-2016-5385, httpoxy).
 */
const overridingHeaders = [
  'x-original-url',
  'x-rewrite-url',
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  'proxy',
]

/** What compiling needs of the worker. */
export interface CompileParts {
  readonly policies: ReadonlyMap<string, Policy>
  readonly hostFor: (version: number, policy: string, entry: EntryIdentity) => Host
  readonly kept: Kept
  readonly pulse: Pulse
  readonly lookup: LookupFunction
  readonly countUpstream: (service: string, delta: number) => void
  /** Called between routes; resolves later when the slice of this turn is used up, so that no request waits more than that. */
  readonly pause: () => Promise<void> | null
}

/** Config → Snapshot, in slices. Throws ConfigError; then everything that was made is released. */
export async function compileSnapshot(config: Config, version: number, parts: CompileParts): Promise<Snapshot> {
  const made = new Forms()
  try {
    const services = new Map(config.services.map(service => [service.name, compileService(service, version, parts)]))
    const router = new Router<CompiledRoute>()
    for (const route of config.routes) {
      const waiting = parts.pause()
      if (waiting !== null) await waiting
      const value = compileRoute(config, route, services, made, version, parts)
      router.add({ ...route.match, value })
    }
    const trusted = config.trustedProxies.length === 0 ? null : createCidrSet(config.trustedProxies)
    if (Array.isArray(trusted))
      throw new ConfigError(trusted.map(fault => ({ pointer: `/trustedProxies/${fault.index}`, reason: fault.reason })))
    return {
      version,
      router: router.seal(),
      names: new FieldNames(reservedNames(config, parts.policies)),
      trustedProxies: trusted as Snapshot['trustedProxies'],
      open: 0,
      retired: false,
      close: () => release(made, version, parts.kept),
    }
  } catch (error) {
    release(made, version, parts.kept)
    throw error
  }
}

/** Every header that some policy of this configuration makes the gateway set, so that no client can send it. */
export function reservedNames(config: Config, policies: ReadonlyMap<string, Policy>): string[] {
  const names = new Set([...reservedHeaders, ...overridingHeaders, ...config.reserved])
  for (const entry of allEntries(config))
    for (const name of policies.get(entry.use)?.setsUpstream?.(entry.with) ?? []) names.add(name.toLowerCase())
  return [...names]
}

function compileService(service: ServiceConfig, version: number, parts: CompileParts): CompiledService {
  // Connections live on over a reload as long as nothing about reaching the service changed.
  const { policies: _policies, disable: _disable, at: _at, ...reach } = service
  const pool = parts.kept.hold(version, `service ${service.name} ${JSON.stringify(reach)}`, () => {
    const { connectMs, responseMs, idleMs, keepAliveMs } = service.timeouts
    const targets = service.targets.map(target => {
      const host = target.address.kind === 'tcp' ? target.address.host : 'localhost'
      return {
        url: target.url,
        authority: target.authority,
        address: target.address,
        tls: target.tls
          ? {
              options: () => upstreamTlsOptions(service.tls, host),
              keep: (socket: Parameters<typeof keepUpstreamSession>[0]) =>
                keepUpstreamSession(socket, service.tls, host),
            }
          : null,
      }
    })
    return new ServicePool(
      targets,
      {
        connectMs,
        timeouts: { responseMs, idleMs, keepAliveMs },
        connectionsMax: service.connectionsMax,
        lookup: parts.lookup,
      },
      parts.pulse,
      delta => parts.countUpstream(service.name, delta),
    )
  })
  const { host } = service
  return { name: service.name, pool, host: host.kind === 'client' ? null : host.kind === 'target' ? '' : host.name }
}

function compileRoute(
  config: Config,
  route: RouteConfig,
  services: ReadonlyMap<string, CompiledService>,
  made: Forms,
  version: number,
  parts: CompileParts,
): CompiledRoute {
  const service = services.get(route.service)
  if (service === undefined)
    throw new ConfigError({
      pointer: '/routes',
      reason: `route ${route.name}: no service ${route.service}`,
      place: route.at,
    })
  return {
    chain: routeChain(config, route, entry => compileEntry(entry, route, made, version, parts)),
    service,
    stripPrefix: route.stripPrefix ? literalPrefix(route.match.path) : '',
    writesParameters: withoutParameters(route.match.path) !== null,
    bodyMax: route.bodyMax ?? Number.POSITIVE_INFINITY,
    learn: route.learn,
    trace: route.trace,
  }
}

function compileEntry(entry: PolicyEntry, route: RouteConfig, made: Forms, version: number, parts: CompileParts): Link {
  const policy = parts.policies.get(entry.use)
  if (policy === undefined) throw new ConfigError({ pointer: '', reason: `no policy ${entry.use}`, place: entry.at })
  const compiled = made.of(policy, entry, () => {
    const owner = entry.level === 'global' ? '' : entry.level === 'service' ? route.service : route.name
    const identity = { key: `${entry.level}/${owner}/${entry.id}`, id: entry.id }
    return policy.compile(entry.with, parts.hostFor(version, entry.use, identity))
  })
  return { ...linkFacts(entry, policy), compiled }
}

/** The part of a template before its first variable: what `stripPrefix` takes off. */
function literalPrefix(path: string): string {
  const at = path.search(/\/(?:\{|\*\*)/)
  return at < 0 ? path : path.slice(0, at)
}

function release(made: Forms, version: number, kept: Kept): void {
  made.close()
  kept.release(version)
}
