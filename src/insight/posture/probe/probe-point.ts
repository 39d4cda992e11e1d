import { X509Certificate } from 'node:crypto'
import type { Address, Config, ListenerConfig, RouteConfig, ServiceConfig, Target } from '../../../config/types.ts'
import type { Endpoint } from '../estate.ts'

/** A server of the configuration that is asked, and how. */
export interface ProbePoint {
  /** `service shop` or `listener public`. */
  readonly subject: string
  /** As written: `http://10.0.0.5:8080`, `listener public at 127.0.0.1:8443`. */
  readonly where: string
  /** null: a listener of the gateway, behind which are all services. */
  readonly service: string | null
  readonly address: Address
  /** null: without TLS. */
  readonly tls: ProbeTls | null
  /** Host and path under which an operation is asked here; the path is a template. */
  placeOf(endpoint: Endpoint): { readonly host: string; readonly template: string }
}

export interface ProbeTls {
  /** SNI and name that is checked; null: an address, which has none. */
  readonly serverName: string | null
  /** PEM; null: the roots of the system. */
  readonly ca: string | null
  /** SHA-256 fingerprints of the certificates that the configuration names for it; null: any that verifies. */
  readonly pinned: ReadonlySet<string> | null
}

/**
 * The servers that `named` means, each a service, a target as the configuration writes it, or `listener:NAME`; all targets of all services when it is empty.
 * A text says which word means none: nothing else is ever asked.
 */
export function probePoints(config: Config, named: readonly string[]): readonly ProbePoint[] | string {
  if (named.length === 0)
    return config.services.flatMap(service => service.targets.map(target => ofTarget(config, service, target)))
  const points: ProbePoint[] = []
  for (const word of named) {
    const found = [
      ...config.services.flatMap(service =>
        service.targets
          .filter(target => service.name === word || target.url === word.replace(/\/$/, ''))
          .map(target => ofTarget(config, service, target)),
      ),
      ...config.listeners
        .filter(({ name }) => `listener:${name}` === word)
        .map(listener => ofListener(config, listener)),
    ]
    if (found.length === 0)
      return `the configuration has no service, target or listener ${word}; it has ${[
        ...config.services.map(({ name }) => name),
        ...config.listeners.map(({ name }) => `listener:${name}`),
      ].join(', ')}`
    points.push(...found)
  }
  return points.filter((point, i) => points.findIndex(({ where }) => where === point.where) === i)
}

function ofTarget(config: Config, service: ServiceConfig, target: Target): ProbePoint {
  const routes = new Map(config.routes.map(route => [route.name, route]))
  const { address } = target
  return {
    subject: `service ${service.name}`,
    where: target.url,
    service: service.name,
    address,
    tls: target.tls
      ? { serverName: service.tls.serverName ?? nameOf(address), ca: service.tls.ca, pinned: null }
      : null,
    placeOf({ operation, routes: through, template }) {
      const { host } = service
      const name =
        host.kind === 'target'
          ? target.authority
          : host.kind === 'name'
            ? host.name
            : (operation?.hosts[0] ?? target.authority)
      const stripping = through.map(view => routes.get(view.route.name)).find(route => route?.stripPrefix === true)
      return { host: name, template: stripping === undefined ? template : stripped(template, stripping) }
    },
  }
}

function ofListener(config: Config, { name, address, tls }: ListenerConfig): ProbePoint {
  // Every address of this machine is asked at the loopback one.
  const near: Address =
    address.kind === 'tcp' && (address.host === '::' || address.host === '0.0.0.0')
      ? { ...address, host: address.host === '::' ? '::1' : '127.0.0.1' }
      : address
  const shown = near.kind === 'unix' ? `unix:${near.path}` : `${near.host}:${near.port}`
  const firstHost = config.routes.flatMap(({ match }) => match.hosts).find(host => !host.startsWith('*'))
  return {
    subject: `listener ${name}`,
    where: `listener ${name} at ${shown}`,
    service: null,
    address: near,
    tls:
      tls === null
        ? null
        : {
            serverName: firstHost ?? null,
            ca: tls.certificates.map(({ certificate }) => certificate).join('\n'),
            pinned: new Set(tls.certificates.map(({ certificate }) => new X509Certificate(certificate).fingerprint256)),
          },
    placeOf({ operation, routes: through, template }) {
      const hosts = [...(operation?.hosts ?? []), ...through.flatMap(({ route }) => route.match.hosts)]
      return { host: hosts.find(host => !host.startsWith('*')) ?? firstHost ?? shown, template }
    },
  }
}

/** As the gateway forwards it: without the literal beginning of the route's path. */
function stripped(template: string, { match }: RouteConfig): string {
  const prefix = match.path.replace(/\/(?:\{|\*\*).*$/s, '')
  return prefix !== '' && (template === prefix || template.startsWith(`${prefix}/`))
    ? template.slice(prefix.length) || '/'
    : template
}

function nameOf(address: Address): string | null {
  return address.kind === 'tcp' && !/^[\d.]+$|:/.test(address.host) ? address.host : null
}
