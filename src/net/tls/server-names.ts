import { isIPv6 } from 'node:net'
import type { CertificateContent } from './certificate.ts'

/** The names that a server certificate is good for. Lower case; a wildcard is kept as its parent (`*.a.b` as `a.b`). */
export interface ServerNames {
  readonly exact: ReadonlySet<string>
  readonly wildcardParents: ReadonlySet<string>
  readonly ips: ReadonlySet<string>
}

/** Names of a certificate: subjectAltName, and the common name only where there is none (RFC 9525 wants it never; old files have it). */
export function serverNames(content: CertificateContent): ServerNames {
  const exact = new Set<string>()
  const wildcardParents = new Set<string>()
  for (const name of content.names === null ? content.commonNames.map(cn => cn.toLowerCase()) : content.names.dns) {
    if (hostName.test(name)) exact.add(name)
    // Only a whole left-most label may be a wildcard (RFC 9525 §6.3), and never that of a whole top-level domain.
    else if (name.startsWith('*.') && name.indexOf('.', 2) > 0 && hostName.test(name.slice(2)))
      wildcardParents.add(name.slice(2))
  }
  return { exact, wildcardParents, ips: new Set(content.names?.ips) }
}

/** Is the certificate good for `host` (lower case, without port)? */
export function coversHost(names: ServerNames, host: string): boolean {
  if (names.exact.has(host)) return true
  const dot = host.indexOf('.')
  if (dot > 0 && names.wildcardParents.has(host.slice(dot + 1))) return true
  return names.ips.size > 0 && names.ips.has(canonicalAddress(host))
}

/** Look-up table from SNI to the position of a certificate: exact names before wildcards; undefined when no certificate has the name. */
export function nameTable(all: readonly ServerNames[]): (serverName: string) => number | undefined {
  const exact = new Map<string, number>()
  const wildcards = new Map<string, number>()
  all.forEach((names, index) => {
    for (const name of names.exact) if (!exact.has(name)) exact.set(name, index)
    for (const parent of names.wildcardParents) if (!wildcards.has(parent)) wildcards.set(parent, index)
  })
  return serverName => {
    const found = exact.get(serverName)
    if (found !== undefined) return found
    const dot = serverName.indexOf('.')
    return dot > 0 ? wildcards.get(serverName.slice(dot + 1)) : undefined
  }
}

const hostName = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/

function canonicalAddress(host: string): string {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
  return isIPv6(bare) && !bare.includes('%') ? new URL(`http://[${bare}]/`).hostname.slice(1, -1) : bare
}
