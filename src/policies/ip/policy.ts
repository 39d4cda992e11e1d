// Hot path: one list look-up per request, nothing allocated.

import { hash } from 'node:crypto'
import { ConfigError, type ConfigIssue } from '../../core/config-error.ts'
import type { Host } from '../../core/host.ts'
import type { Policy } from '../../core/policy.ts'
import { refuse } from '../../core/problem.ts'
import { PASS } from '../../core/verdict.ts'
import { createCidrSet, type CidrSet } from '../../lib/cidr-set.ts'
import { placeOfNetwork, readNetworks } from './networks.ts'

export interface IpConfig {
  /** Networks, or texts with one network per line; null = everyone who is not denied. */
  readonly allow: readonly string[] | null
  readonly deny: readonly string[] | null
}

// Shared values: a flood of refused callers must not cost an allocation each.
const denied = refuse('forbidden', { reason: 'the address is on the deny list' })
const notAllowed = refuse('forbidden', { reason: 'the address is not on the allow list' })
const unreadable = refuse('forbidden', { reason: 'the client has no IP address that could be checked' })

/** Lets callers in by address. Deny wins; with an allow list everyone else is refused. */
export const ip: Policy<IpConfig> = {
  name: 'ip',
  phase: 'admit',
  schema: async () => (await import('./schema.ts')).schema,
  problems: {},
  warnings(config) {
    const nobody = config.allow !== null && readNetworks(config.allow).length === 0
    return nobody ? ['ip: the allow list is empty, so nobody may call'] : []
  },
  sharesForm: true,
  compile(config, host) {
    const issues: ConfigIssue[] = []
    const allow = config.allow === null ? null : compileList(config.allow, 'allow', issues, host)
    const deny = config.deny === null ? null : compileList(config.deny, 'deny', issues, host)
    if (issues.length > 0) throw new ConfigError(issues)
    return {
      request(x) {
        if (deny !== null) {
          const found = deny.has(x.client.address)
          if (found !== false) return found === null ? unreadable : denied
        }
        if (allow !== null) {
          const found = allow.has(x.client.address)
          if (found !== true) return found === null ? unreadable : notAllowed
        }
        return PASS
      },
    }
  },
}

function compileList(
  entries: readonly string[],
  list: 'allow' | 'deny',
  issues: ConfigIssue[],
  host: Host,
): CidrSet | null {
  const digest = hash('sha256', JSON.stringify(entries), 'hex')
  // Tens of thousands of networks take tens of ms: a reload that changes something else must not hold requests up for them.
  const made = host.keep(`ip/${digest}`, () => createCidrSet(readNetworks(entries)) as Kept)
  if ('has' in made) return made
  const networks = readNetworks(entries)
  // The first hundred faults of a wrong file say enough.
  for (const { index, reason } of made.slice(0, 100)) {
    const { entry, line } = placeOfNetwork(entries, index)
    const network = JSON.stringify((networks[index] ?? '').slice(0, 60))
    issues.push({
      pointer: `/${list}/${entry}`,
      reason: `${network}${line === 0 ? '' : ` in line ${line}`} ${reason}`,
      hint: 'networks look like 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32',
    })
  }
  return null
}

type Kept = ReturnType<typeof createCidrSet> & { close?(): void }
