import type { ConfigIssue } from '../core/config-error.ts'
import { effectiveChain } from './chain.ts'
import { issueAt } from './checks.ts'
import type { Locator } from './locate.ts'
import type { Config } from './types.ts'

/** Trust in so many proxies that it is trust in every caller: each could say that it calls from any address. */
export function proxyWarnings(config: Config, locator: Locator): ConfigIssue[] {
  return config.trustedProxies.flatMap((network, index) => {
    const [address = '', length = ''] = network.split('/')
    // Half of all IPv4 addresses, or a /16 of IPv6, is nobody's own network; `0.0.0.0/1` and `128.0.0.0/1` together are everybody.
    if (length === '' || Number(length) >= (address.includes(':') ? 16 : 8)) return []
    return [
      issueAt(
        locator,
        ['trustedProxies', index],
        'believes nearly every caller who says that it calls from another address: ip lists and limits by address can be walked around',
        'name the networks of your own proxies alone',
      ),
    ]
  })
}

/**
 * A listener that insists on client certificates beside one that does not, while no policy asks for a certificate: routes hold on every
 * listener, so its callers' certificates guard nothing. Where some route has `mtls`, its writer knows.
 */
export function listenerTrustWarnings(config: Config, locator: Locator): ConfigIssue[] {
  const insists = (listener: Config['listeners'][number]): boolean => listener.tls?.clientAuth === 'required'
  const other = config.listeners.find(listener => !insists(listener))
  if (other === undefined || !config.listeners.some(insists)) return []
  const chains = config.routes.map(route => ({ route, chain: effectiveChain(config, route) }))
  if (chains.some(({ chain }) => chain.some(({ use }) => use === 'mtls'))) return []
  const open = chains.filter(({ chain }) =>
    chain.every(({ phase, use }) => phase !== 'identify' || use === 'anonymous'),
  )
  if (open.length === 0) return []
  const names = open.slice(0, 3).map(({ route }) => route.name)
  const list = `${names.join(', ')}${open.length > names.length ? ` and ${open.length - names.length} more` : ''}`
  return config.listeners.flatMap((listener, i) =>
    insists(listener)
      ? [
          issueAt(
            locator,
            ['listeners', i, 'tls', 'clientAuth'],
            `guards no route by itself: routes hold on every listener, and listener ${other.name} serves the same ones (${list}) to callers without a certificate`,
            'write use: mtls on the routes that need one, or use two gateways',
          ),
        ]
      : [],
  )
}
