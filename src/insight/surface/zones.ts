import { effectiveChain } from '../../config/chain.ts'
import type { Config, ListenerConfig, RouteConfig, Zone } from '../../config/types.ts'
import { levels } from '../../core/phase.ts'
import { parseIPv4 } from '../../lib/address.ts'
import { settingsOf } from './configured-principals.ts'

/** From the widest to the narrowest. */
export const zones: readonly Zone[] = ['internet', 'partner', 'internal', 'service']

/**
 * From where a listener is reached: as written (`zone:`), else told from its address. Loopback, Unix sockets and private addresses are internal, everything
 * else is the internet; client certificates that are required make it a listener for services, or for partners.
 */
export function zoneOfListener({ address, tls, zone }: ListenerConfig): Zone {
  if (zone !== null) return zone
  const own = address.kind === 'unix' || isPrivate(address.host)
  if (tls?.clientAuth === 'required') return own ? 'service' : 'partner'
  return own ? 'internal' : 'internet'
}

/** The zones from which some caller may pass the policies of a route that look at where he comes from, each with its listeners. */
export function zonesOfRoute(config: Config, route: RouteConfig): ReadonlyMap<Zone, readonly string[]> {
  const limit = limitOf(config, route)
  const found = new Map<Zone, string[]>()
  if (limit === 'nobody') return found
  for (const listener of config.listeners) {
    if (limit.certificate && (listener.tls === null || listener.tls.clientAuth === 'none')) continue
    const zone = narrower(zoneOfListener(listener), limit.zone)
    found.set(zone, [...(found.get(zone) ?? []), listener.name])
  }
  return found
}

interface Limit {
  readonly zone: Zone
  /** Nobody passes without a client certificate. */
  readonly certificate: boolean
}

function limitOf(config: Config, route: RouteConfig): Limit | 'nobody' {
  let zone: Zone = 'internet'
  let certificate = false
  const chain = effectiveChain(config, route).filter(({ mode }) => mode === 'enforce')
  for (const entry of chain) {
    const { allow } = settingsOf(entry)
    if (entry.use !== 'ip' || !Array.isArray(allow)) continue
    const networks = (allow as string[])
      .flatMap(text => text.split('\n').map(line => line.replace(/#.*/s, '').trim()))
      .filter(line => line !== '')
    if (networks.length === 0) return 'nobody'
    zone = narrower(zone, networks.every(network => isPrivate(network.replace(/\/.*/s, ''))) ? 'internal' : 'partner')
  }
  for (const level of levels) {
    const proofs = chain.filter(entry => entry.phase === 'identify' && entry.level === level)
    if (proofs.length === 0 || !proofs.every(({ use }) => use === 'mtls')) continue
    certificate = true
    const services = proofs.every(entry => {
      const { allow } = settingsOf(entry)
      return Array.isArray(allow) && allow.every(one => (one as Record<string, unknown>)['spiffe'] !== undefined)
    })
    zone = narrower(zone, services ? 'service' : 'partner')
  }
  return { zone, certificate }
}

function narrower(a: Zone, b: Zone): Zone {
  return zones.indexOf(a) > zones.indexOf(b) ? a : b
}

/** Loopback, private (RFC 1918, RFC 4193), shared (RFC 6598) and link-local addresses. Names and unspecified addresses are public. */
export function isPrivate(host: string): boolean {
  const v4 = parseIPv4(host)
  if (v4 === -1) return host === '::1' || /^(?:f[cd]|fe[89ab])[0-9a-f]{0,2}:/i.test(host)
  const [a, b] = [v4 >>> 24, (v4 >>> 16) & 255]
  return (
    a === 127 ||
    a === 10 ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168) ||
    (a === 100 && b >= 64 && b < 128) ||
    (a === 169 && b === 254)
  )
}
