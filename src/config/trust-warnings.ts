import type { ConfigIssue } from '../core/config-error.ts'
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
