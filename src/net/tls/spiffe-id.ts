/**
 * The SPIFFE id among the URI names of a leaf certificate, or null. An X.509-SVID has exactly one URI name (X509-SVID §2),
 * and a leaf's id has a path; anything else is no SPIFFE id rather than a guess.
 */
export function spiffeId(uris: readonly string[]): string | null {
  const [uri] = uris
  if (uri === undefined || uris.length !== 1 || uri.length > 2048) return null
  const match = spiffeForm.exec(uri)
  if (match === null || (match[1] as string).length > 255) return null
  return (match[2] as string).split('/').slice(1).every(isSegment) ? uri : null
}

/** SPIFFE-ID §2: lower-case trust domain without port or user, no query, no fragment, no percent-encoding. */
const spiffeForm = /^spiffe:\/\/([a-z0-9._-]+)((?:\/[a-zA-Z0-9._-]+)+)$/

function isSegment(segment: string): boolean {
  return segment !== '.' && segment !== '..'
}
