import type { PeerIdentity } from '../../core/exchange.ts'
import { unmapAddress } from '../../lib/address.ts'

/** What a certificate must show; every member that is given must hold. */
export interface CertificateIdentity {
  readonly subject?: string | undefined
  readonly dns?: string | undefined
  readonly uri?: string | undefined
  readonly ip?: string | undefined
  readonly email?: string | undefined
  /** Exact id, or everything below with a final `/**`. */
  readonly spiffe?: string | undefined
  /** Lower-case hex. */
  readonly fingerprint?: string | undefined
}

type Matcher = (peer: PeerIdentity) => boolean

/** A predicate over certificates: true when all members of the identity hold. */
export function compileIdentity(wanted: CertificateIdentity): Matcher {
  const matchers: Matcher[] = []
  const { subject, dns, uri, ip, email, spiffe, fingerprint } = wanted
  if (subject !== undefined) matchers.push(peer => peer.subject === subject)
  if (dns !== undefined) matchers.push(peer => peer.dns.some(dnsMatcher(dns)))
  if (uri !== undefined) matchers.push(peer => peer.uris.includes(uri))
  if (ip !== undefined) matchers.push(ipMatcher(ip))
  if (email !== undefined) matchers.push(peer => peer.emails.some(one => foldDomain(one) === foldDomain(email)))
  if (spiffe !== undefined) matchers.push(spiffeMatcher(spiffe))
  if (fingerprint !== undefined) matchers.push(peer => peer.fingerprint === fingerprint)
  // `every` of nothing is true: an identity that names nothing must match nobody.
  return peer => matchers.length > 0 && matchers.every(matches => matches(peer))
}

/** RFC 6125 §6.4.3 the other way round: the wildcard is ours, one whole label; a wildcard in the certificate stands for itself. */
function dnsMatcher(wanted: string): (name: string) => boolean {
  const lowered = wanted.toLowerCase()
  if (!lowered.startsWith('*.')) return name => name.toLowerCase() === lowered
  const parent = lowered.slice(1)
  return name => {
    const dot = name.indexOf('.')
    return dot > 0 && !name.startsWith('*') && name.slice(dot).toLowerCase() === parent
  }
}

function ipMatcher(wanted: string): Matcher {
  const address = canonicalIp(wanted)
  return peer => peer.ips.some(one => canonicalIp(one) === address)
}

function canonicalIp(text: string): string {
  const plain = unmapAddress(text)
  if (!plain.includes(':')) return plain
  // URL writes IPv6 in the one form of RFC 5952, whatever form a certificate printer chose.
  return URL.parse(`http://[${plain}]/`)?.hostname ?? plain
}

/** Prefixes end at a slash: `spiffe://a.org/x/**` is not `spiffe://a.org/xy`, and `spiffe://a.org/**` not `spiffe://a.org.evil/`. */
function spiffeMatcher(wanted: string): Matcher {
  if (!wanted.endsWith('/**')) return peer => peer.spiffeId === wanted
  const prefix = wanted.slice(0, -2)
  return peer => peer.spiffeId !== null && peer.spiffeId.startsWith(prefix) && peer.spiffeId.length > prefix.length
}

function foldDomain(address: string): string {
  const at = address.lastIndexOf('@')
  return at === -1 ? address : address.slice(0, at) + address.slice(at).toLowerCase()
}
