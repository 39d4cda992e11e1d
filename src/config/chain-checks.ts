import type { ConfigIssue } from '../core/config-error.ts'
import { phases } from '../core/phase.ts'
import { effectiveChain, names } from './chain.ts'
import { issueAt } from './checks.ts'
import { alternatives } from './hints.ts'
import type { Locator } from './locate.ts'
import type { DocumentPath } from './pointer.ts'
import type { Config, PolicyEntry } from './types.ts'

/** Where the entries of a configuration stand in its document. */
export type EntryPaths = ReadonlyMap<PolicyEntry, DocumentPath>

/** What must hold of lists of policies and of the chains that they make. */
export function chainIssues(config: Config, paths: EntryPaths, locator: Locator): ConfigIssue[] {
  const lists = [
    config.policies,
    ...config.services.map(service => service.policies),
    ...config.routes.map(route => route.policies),
  ]
  return [
    ...lists.flatMap(list => listIssues(list, paths, locator)),
    ...disableIssues(config, locator),
    ...unidentifiedRoutes(config, locator),
  ]
}

function listIssues(list: readonly PolicyEntry[], paths: EntryPaths, locator: Locator): ConfigIssue[] {
  const issues: ConfigIssue[] = []
  const ids = new Map<string, PolicyEntry>()
  let latest: PolicyEntry | null = null
  for (const [i, entry] of list.entries()) {
    const path = paths.get(entry) ?? []
    if (latest !== null && phases.indexOf(entry.phase) < phases.indexOf(latest.phase)) {
      const reason = `${entry.id} runs in phase ${entry.phase}, before ${latest.id} (${latest.phase}), and yet is written after it`
      const hint = `what is written is what runs: move it above line ${latest.at.line}; the phases are ${phases.join(', ')}`
      issues.push(issueAt(locator, path, reason, hint))
    } else latest = entry
    const twin = ids.get(entry.id)
    if (twin !== undefined) {
      issues.push(
        issueAt(
          locator,
          [...path, 'id'],
          `is the second entry with this id (the other one is at line ${twin.at.line})`,
        ),
      )
    }
    ids.set(entry.id, entry)
    if (entry.phase !== 'identify') continue
    if (entry.mode === 'observe') {
      const reason = 'an identify policy cannot only observe: whoever it let through would be nobody'
      issues.push(
        issueAt(locator, [...path, 'mode'], reason, 'use: anonymous after it lets in callers without a credential'),
      )
    }
    const after = list.slice(i + 1).find(other => other.phase === 'identify')
    if (entry.use === 'anonymous' && after !== undefined) {
      const reason = `anonymous always passes, so ${after.id} after it would never be asked`
      issues.push(issueAt(locator, path, reason, 'write anonymous last among the identify policies of a level'))
    }
  }
  return issues
}

function disableIssues(config: Config, locator: Locator): ConfigIssue[] {
  const check = (disable: readonly string[], inherited: readonly PolicyEntry[], path: DocumentPath): ConfigIssue[] =>
    disable.flatMap((word, i) => {
      if (inherited.some(entry => names([word], entry))) return []
      const known = [...new Set(inherited.flatMap(entry => [entry.use, entry.id]))]
      const hint = alternatives(word, known, 'inherited') ?? 'nothing is inherited here'
      return [
        issueAt(locator, [...path, 'disable', i], 'disables nothing: no inherited policy has this name or id', hint),
      ]
    })
  return [
    ...config.services.flatMap(service => check(service.disable, config.policies, ['services', service.name])),
    ...config.routes.flatMap((route, i) => {
      const service = config.services.find(candidate => candidate.name === route.service)
      const inherited = [
        ...config.policies.filter(entry => !names(service?.disable ?? [], entry)),
        ...(service?.policies ?? []),
      ]
      return route.disable.length === 0 ? [] : check(route.disable, inherited, ['routes', i])
    }),
  ]
}

function unidentifiedRoutes(config: Config, locator: Locator): ConfigIssue[] {
  const hint =
    'add one, such as jwt, to the route, its service or the global policies; write `use: anonymous` to let anyone in'
  return config.routes.flatMap((route, i) => {
    if (effectiveChain(config, route).some(entry => entry.phase === 'identify')) return []
    return [
      issueAt(
        locator,
        ['routes', i],
        `route ${route.name} has no identify policy: nobody would be asked who they are`,
        hint,
      ),
    ]
  })
}

/** Policies that can never pass because no listener asks for a certificate. */
export function certificatePolicyWarnings(config: Config, paths: EntryPaths, locator: Locator): ConfigIssue[] {
  if (config.listeners.some(({ tls }) => tls !== null && tls.clientAuth !== 'none')) return []
  return [...paths]
    .filter(([entry]) => entry.use === 'mtls')
    .map(([, path]) =>
      issueAt(
        locator,
        path,
        'no listener asks for client certificates, so this can never pass',
        'give a listener tls.clientAuth: optional or required',
      ),
    )
}
