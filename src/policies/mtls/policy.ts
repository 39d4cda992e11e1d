// Hot path: what is known of a certificate is computed once per connection.

import type { PeerIdentity } from '../../core/exchange.ts'
import type { Policy } from '../../core/policy.ts'
import { principal, type Principal } from '../../core/principal.ts'
import { refuse } from '../../core/problem.ts'
import { PASS, SKIP } from '../../core/verdict.ts'
import { compileIdentity, type CertificateIdentity } from './match.ts'

export interface MtlsConfig {
  /** null = every verified certificate. */
  readonly allow: readonly CertificateIdentity[] | null
  readonly forward: boolean
}

/** What a certificate means to one configured policy. */
interface Known {
  readonly allowed: boolean
  readonly principal: Principal
  /** RFC 9440 §2.1: the DER form as a structured-field byte sequence (RFC 9651 §3.3.5); '' when not forwarded. */
  readonly field: string
}

/** Proves the caller by the client certificate that the TLS handshake verified. */
export const mtls: Policy<MtlsConfig> = {
  name: 'mtls',
  phase: 'identify',
  schema: async () => (await import('./schema.ts')).schema,
  problems: {},
  setsUpstream: config => (config.forward ? ['client-cert'] : []),
  sharesForm: true,
  compile(config) {
    const matchers = config.allow?.map(compileIdentity) ?? null
    // By connection: the TLS layer makes one PeerIdentity for it and drops it with it.
    const known = new WeakMap<PeerIdentity, Known>()

    const learn = (peer: PeerIdentity): Known => {
      const made = {
        allowed: matchers === null || matchers.some(matches => matches(peer)),
        principal: principalOf(peer),
        field: config.forward ? `:${Buffer.from(peer.der).toString('base64')}:` : '',
      }
      known.set(peer, made)
      return made
    }

    return {
      request(x) {
        const tls = x.tls
        if (tls === null) return SKIP
        const peer = tls.peer
        if (peer === null) {
          // Shown but not verified is a bad credential, not a missing one: it must not fall through to a weaker method.
          return tls.peerError === null
            ? SKIP
            : refuse('credential-invalid', { reason: `client certificate: ${tls.peerError}` })
        }
        // A connection can outlive the certificate that opened it.
        if (x.time > peer.notAfter)
          return refuse('credential-expired', { reason: 'the client certificate has expired' })
        const { allowed, principal, field } = known.get(peer) ?? learn(peer)
        // Whom a refusal turns away is proven all the same: the event names the workload, and detectors see where it tried to go.
        x.principal = principal
        if (!allowed) return refuse('forbidden', { reason: `certificate not allowed: ${principal.subject}` })
        if (field !== '') x.setRequest('Client-Cert', field)
        return PASS
      },
    }
  },
}

function principalOf(peer: PeerIdentity): Principal {
  const claims: Record<string, unknown> = Object.assign(Object.create(null) as Record<string, unknown>, {
    subject: peer.subject,
    dns: peer.dns,
    uris: peer.uris,
    ips: peer.ips,
    emails: peer.emails,
    fingerprint: peer.fingerprint,
    serial: peer.serial,
  })
  return Object.freeze(
    principal({
      method: 'mtls',
      issuer: peer.issuer,
      subject: peer.spiffeId ?? peer.subject,
      spiffeId: peer.spiffeId,
      claims: Object.freeze(claims),
    }),
  )
}
