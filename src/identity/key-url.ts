import { BlockList, isIP } from 'node:net'

/** Why keys may not come from this URL, in words for the operator; null when they may. */
export function keyUrlFault(written: string): string | null {
  if (!URL.canParse(written)) return 'is not a URL'
  const url = new URL(written)
  if (url.username !== '' || url.password !== '') return 'must not hold a user or password'
  if (url.protocol === 'https:') return null
  if (url.protocol !== 'http:') return 'must be an https URL'
  // Whoever sits on the path could hand us his own key. Loopback has no path to sit on.
  return isLoopback(url)
    ? null
    : 'must be https: over http anyone on the way could put in a key (http is for loopback alone)'
}

/** Does the URL name this machine itself? */
export function isLoopback(url: URL): boolean {
  const host = bareHost(url)
  return host === 'localhost' || (isIP(host) === 4 && host.startsWith('127.')) || host === '::1'
}

/** The host of a URL, an IPv6 address without its brackets. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

const inner = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  inner.addSubnet(network, prefix, 'ipv4')
  // The same networks in the forms by which IPv6 reaches IPv4: mapped, NAT64 (RFC 6052) and 6to4 (RFC 3056).
  inner.addSubnet(`::ffff:${network}`, 96 + prefix, 'ipv6')
  inner.addSubnet(`64:ff9b::${network}`, 96 + prefix, 'ipv6')
  const [a = 0, b = 0, c = 0, d = 0] = network.split('.').map(Number)
  inner.addSubnet(`2002:${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}::`, 16 + prefix, 'ipv6')
}
for (const [network, prefix] of [
  ['::', 127],
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  inner.addSubnet(network, prefix, 'ipv6')
}

/**
 * Is this address one that the public internet does not route (RFC 6890)? A URL that an issuer's document names must not
 * lead there: it would make the gateway call its own network for a stranger (CWE-918).
 */
export function isInnerAddress(address: string): boolean {
  const family = isIP(address)
  return family === 0 || inner.check(address, family === 4 ? 'ipv4' : 'ipv6')
}
