import { clusterOf, readObjects, type Cluster, type ClusterObject } from './cluster.ts'
import { byNetworkPolicies } from './network-policies.ts'
import { byNftables, readRuleset } from './nftables.ts'
import type { Observer } from './reachability.ts'

/** A file with what enforces something: its name, and the address it is of (null: of all targets). */
export interface EnforcementFile {
  readonly file: string
  readonly address: string | null
  readonly text: string
}

/** What files say of who reaches what: objects of a cluster (JSON, YAML), and rulesets of nftables (JSON). */
export function readEnforcement(
  files: readonly EnforcementFile[],
):
  | { readonly cluster: Cluster | null; readonly observers: readonly Observer[] }
  | { readonly issues: readonly string[] } {
  const objects: ClusterObject[] = []
  const observers: Observer[] = []
  const issues: string[] = []
  for (const { file, address, text } of files) {
    const ruleset = readRuleset(parsed(text))
    if (ruleset !== null) {
      const observe = byNftables(ruleset, file)
      observers.push(target =>
        address === null || (target.address.kind === 'tcp' && target.address.host === address) ? observe(target) : null,
      )
      continue
    }
    const read = readObjects(text)
    if (typeof read === 'string')
      issues.push(`${file}: is neither a ruleset of nft -j nor objects of a cluster: ${read}`)
    else objects.push(...read)
  }
  if (issues.length > 0) return { issues }
  const cluster = objects.length === 0 ? null : clusterOf(objects)
  return { cluster, observers: cluster === null ? observers : [...observers, byNetworkPolicies(cluster)] }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}
