import { formatAddress } from '../config/address.ts'
import { effectiveChain } from '../config/chain.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Config, ListenerConfig, PolicyEntry, RouteConfig } from '../config/types.ts'
import { ConfigError } from '../core/config-error.ts'
import { counted } from './fail.ts'
import { loadConfiguration } from './load-configuration.ts'
import { table } from './table.ts'

/** `portcullis check`: everything that is wrong (exit code 1), or what the configuration does. Opens no connection. */
export async function check(options: { readonly config: string; readonly json?: boolean }): Promise<void> {
  let loaded: LoadedConfig
  try {
    loaded = await loadConfiguration(options.config)
  } catch (error) {
    if (options.json !== true || !(error instanceof ConfigError)) throw error
    process.exitCode = 1
    console.log(JSON.stringify({ ok: false, issues: error.issues }, null, 2))
    return
  }
  console.log(options.json === true ? JSON.stringify(report(loaded), null, 2) : summary(options.config, loaded))
}

/** What programs read. */
function report({ config, warnings }: LoadedConfig) {
  return {
    ok: true,
    listeners: config.listeners.map(listener => ({
      name: listener.name,
      address: formatAddress(listener.address),
      security: security(listener),
    })),
    services: config.services.map(service => ({
      name: service.name,
      targets: service.targets.map(target => target.url),
    })),
    routes: config.routes.map(route => ({
      name: route.name,
      match: route.match,
      service: route.service,
      chain: effectiveChain(config, route).map(({ phase, use, id, mode, level, at }) => ({
        phase,
        use,
        id,
        mode,
        level,
        at,
      })),
      at: route.at,
    })),
    warnings,
  }
}

function summary(path: string, { config, warnings }: LoadedConfig): string {
  const listeners = config.listeners.map(listener => [
    `  ${listener.name}`,
    formatAddress(listener.address),
    security(listener),
  ])
  const services = config.services.map(service => [
    `  ${service.name}`,
    service.targets.map(target => target.url).join(', '),
  ])
  const routes = config.routes.map(route => [
    `  ${route.name}`,
    matchWords(route),
    `→ ${route.service}`,
    chainWords(config, route),
  ])
  const counts = [
    counted(config.listeners.length, 'listener'),
    counted(config.services.length, 'service'),
    counted(config.routes.length, 'route'),
  ]
  return [
    `listeners\n${table(listeners)}`,
    ...(services.length === 0 ? [] : [`services\n${table(services)}`]),
    ...(routes.length === 0 ? [] : [`routes\n${table(routes)}`]),
    ...(warnings.length === 0 ? [] : [`warnings\n${warnings.map(warning => `  ${warning}`).join('\n')}`]),
    `${path} is valid: ${counts.join(', ')}${warnings.length === 0 ? '' : `, ${counted(warnings.length, 'warning')}`}`,
  ].join('\n\n')
}

function security({ tls }: ListenerConfig): string {
  if (tls === null) return 'plaintext'
  const versions = tls.minVersion === 'TLSv1.2' ? 'TLS 1.2 and 1.3' : 'TLS 1.3'
  return tls.clientAuth === 'none' ? versions : `${versions}, client certificates ${tls.clientAuth}`
}

/** `GET,POST api.example.com/orders/** X-Kind=a`. */
export function matchWords({ match }: RouteConfig): string {
  const methods = match.methods.length === 0 ? 'any' : match.methods.join(',')
  const headers = Object.entries(match.headers).map(([name, value]) => ` ${name}=${value}`)
  return `${methods} ${match.hosts.join('|')}${match.path}${headers.join('')}`
}

function chainWords(config: Config, route: RouteConfig): string {
  return effectiveChain(config, route).map(entryWords).join(', ')
}

function entryWords({ id, use, mode }: PolicyEntry): string {
  return `${id === use ? use : `${use} (${id})`}${mode === 'observe' ? ' [observe]' : ''}`
}
