import type { TlsSettings } from './settings.ts'

const DAY_MS = 86_400_000

/**
 * What works but deserves the operator's eye, one sentence each: dates, a chain out of order, CAs whose clients will all be refused.
 * `now` in ms since the epoch. An expired server certificate is a warning and no error: refusing the whole configuration
 * because of one certificate would take the other names down too.
 */
export function tlsWarnings(settings: TlsSettings, now: number): string[] {
  return [...certificateWarnings(settings, now), ...authorityWarnings(settings, now), ...crlWarnings(settings, now)]
}

function certificateWarnings({ certificates }: TlsSettings, now: number): string[] {
  return certificates.flatMap(({ subject, notBefore, notAfter, oddities }) => {
    const name = `the certificate of ${subject || 'an unnamed subject'}`
    const found = oddities.map(oddity => `${name}: ${oddity}`)
    if (notAfter < now) found.push(`${name} expired on ${day(notAfter)}: clients refuse it; renew it`)
    else if (notAfter - now < 7 * DAY_MS) found.push(`${name} expires on ${day(notAfter)}`)
    if (notBefore > now)
      found.push(`${name} is not valid before ${day(notBefore)}: clients refuse it; is the clock right?`)
    return found
  })
}

function authorityWarnings({ trust }: TlsSettings, now: number): string[] {
  return trust.authorities.flatMap(({ subject, certificate, notAfter }) => {
    const found: string[] = []
    if (notAfter < now) found.push(`the client CA ${subject} expired on ${day(notAfter)}: its clients are refused`)
    // A root of version 1 has no basicConstraints and still counts as a CA when it is self-signed.
    if (!certificate.ca && certificate.subject !== certificate.issuer)
      found.push(`${subject} in clientCa is no CA certificate: what it signed is refused`)
    const bits = certificate.publicKey.asymmetricKeyDetails?.modulusLength
    if (bits !== undefined && bits < 2048)
      found.push(`the client CA ${subject} has an RSA key of ${bits} bits: its clients are refused; 2048 is the least`)
    return found
  })
}

function crlWarnings({ trust }: TlsSettings, now: number): string[] {
  const found: string[] = []
  for (const { issuer, nextUpdate } of trust.crls) {
    if (nextUpdate !== null && nextUpdate < now)
      found.push(
        `the CRL of ${issuer} should have been replaced on ${day(nextUpdate)}: until then all of its clients are refused`,
      )
  }
  if (trust.crls.length > 0) {
    const listed = new Set(trust.crls.map(list => list.issuer))
    for (const { subject } of trust.authorities) {
      if (!listed.has(subject))
        found.push(`there are CRLs, but none of ${subject}: all of its clients are refused; add its CRL`)
    }
  }
  return found
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}
