import type { Config, PolicyEntry } from '../../config/types.ts'

/** Callers whom the configuration itself names: holders of keys, users with passwords, certificates that are let in by their exact name. */
export interface ConfiguredPrincipal {
  readonly method: string
  /** '' for keys; of certificates the CA is not known from here, so they are not listed. */
  readonly issuer: string
  readonly subject: string
}

const principalsMax = 10_000

export function configuredPrincipals(config: Config): ConfiguredPrincipal[] {
  const found = new Map<string, ConfiguredPrincipal>()
  for (const entry of entriesOf(config)) {
    for (const one of entry.use === 'api-key' ? holders(entry) : entry.use === 'basic' ? users(entry) : []) {
      if (found.size >= principalsMax) return [...found.values()]
      found.set(JSON.stringify(one), one)
    }
  }
  return [...found.values()]
}

function holders(entry: PolicyEntry): ConfiguredPrincipal[] {
  return keysOf(entry).map(key => ({ method: 'api-key', issuer: '', subject: key.subject ?? key.id }))
}

function users(entry: PolicyEntry): ConfiguredPrincipal[] {
  const { realm } = settingsOf(entry)
  return [...usersOf(entry)].map(subject => ({ method: 'basic', issuer: String(realm), subject }))
}

/** Certificates that are let in by their exact SPIFFE id or name; which CA vouches for them is not said. */
export function configuredCertificates(config: Config): ReadonlySet<string> {
  const found = new Set<string>()
  for (const entry of entriesOf(config)) {
    const { allow } = settingsOf(entry)
    if (entry.use !== 'mtls' || !Array.isArray(allow)) continue
    for (const { spiffe, subject } of allow as ReadonlyArray<Readonly<Record<string, string | undefined>>>) {
      const name = spiffe ?? subject
      if (name !== undefined && !name.endsWith('/**') && found.size < principalsMax) found.add(name)
    }
  }
  return found
}

function entriesOf(config: Config): PolicyEntry[] {
  return [
    config.policies,
    ...config.services.map(one => one.policies),
    ...config.routes.map(one => one.policies),
  ].flat()
}

/** A key as the `api-key` policy has checked it. */
export interface ConfiguredKey {
  readonly id: string
  readonly subject?: string | undefined
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  readonly groups: readonly string[]
  readonly tags: Readonly<Record<string, unknown>>
  readonly expires: number | null
  readonly services: readonly string[] | null
}

export function keysOf(entry: PolicyEntry): readonly ConfiguredKey[] {
  const { keys } = settingsOf(entry)
  return Array.isArray(keys) ? (keys as ConfiguredKey[]) : []
}

/** Names of an htpasswd text; empty when it is hidden here. */
export function usersOf(entry: PolicyEntry): ReadonlySet<string> {
  const { users: text } = settingsOf(entry)
  if (typeof text !== 'string') return new Set()
  const lines = text.split('\n').map(line => line.trim())
  return new Set(
    lines.filter(line => line.indexOf(':') > 0 && !line.startsWith('#')).map(line => line.slice(0, line.indexOf(':'))),
  )
}

/** Settings of a policy; absent members read as undefined. */
export function settingsOf(entry: PolicyEntry): Readonly<Record<string, unknown>> {
  return entry.with !== null && typeof entry.with === 'object' ? (entry.with as Record<string, unknown>) : {}
}
