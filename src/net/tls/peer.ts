import { hash, type X509Certificate } from 'node:crypto'
import type { PeerIdentity } from '../../core/exchange.ts'
import { readCertificate } from './certificate.ts'
import { spiffeId } from './spiffe-id.ts'

/** id-kp-clientAuth (RFC 5280 §4.2.1.12). */
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

/** A verified peer: who it is, and whether its certificate names the purpose clientAuth. */
export interface KnownPeer {
  readonly identity: PeerIdentity
  readonly hasClientAuthEku: boolean
}

/** The identity in a certificate that has been verified. Throws an Error when a name in it cannot be read safely. */
export function peerIdentity(der: Uint8Array, fingerprint = fingerprintOf(der)): PeerIdentity {
  const content = readCertificate(der)
  const uris = content.names?.uris ?? []
  return {
    subject: content.subject,
    issuer: content.issuer,
    dns: content.names?.dns ?? [],
    uris,
    ips: content.names?.ips ?? [],
    emails: content.names?.emails ?? [],
    spiffeId: spiffeId(uris),
    fingerprint,
    serial: content.serial,
    notAfter: content.notAfter,
    der,
  }
}

/** Identities by fingerprint, so that a client with many connections is read once. Holds at most `max`; the oldest goes. */
export function createPeerCache(max = 1024): (certificate: X509Certificate) => KnownPeer {
  const known = new Map<string, KnownPeer>()
  return certificate => {
    const der = certificate.raw
    const fingerprint = fingerprintOf(der)
    const cached = known.get(fingerprint)
    if (cached !== undefined) return cached
    const peer = {
      identity: peerIdentity(new Uint8Array(der), fingerprint),
      // Node calls the extendedKeyUsage `keyUsage`.
      hasClientAuthEku: (certificate.keyUsage ?? []).includes(CLIENT_AUTH),
    }
    if (known.size >= max) known.delete(known.keys().next().value as string)
    known.set(fingerprint, peer)
    return peer
  }
}

function fingerprintOf(der: Uint8Array): string {
  return hash('sha256', der, 'hex')
}
