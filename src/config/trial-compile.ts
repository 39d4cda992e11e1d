import type { ConfigIssue } from '../core/config-error.ts'
import type { Policy } from '../core/policy.ts'
import { createCheckHost } from './check-host.ts'
import { policyIssues } from './entries.ts'
import type { Locator } from './locate.ts'
import type { DocumentPath } from './pointer.ts'
import type { Config, PolicyEntry } from './types.ts'

/** Compiles every entry once, as the workers will, and throws the results away: what a policy refuses comes out before anything is changed. */
export function trialCompile(
  config: Config,
  policies: ReadonlyMap<string, Policy>,
  paths: ReadonlyMap<PolicyEntry, DocumentPath>,
  locator: Locator,
): ConfigIssue[] {
  const host = createCheckHost(config.stores)
  const issues: ConfigIssue[] = []
  // Equal settings are one object (entries.ts): they compile alike.
  const compiled = new Set<unknown>()
  for (const [entry, path] of paths) {
    const policy = policies.get(entry.use)
    if (policy === undefined || compiled.has(entry.with)) continue
    compiled.add(entry.with)
    try {
      policy.compile(entry.with, host.hostFor({ key: `${entry.level}/check/${entry.id}`, id: entry.id })).close?.()
    } catch (error) {
      issues.push(...policyIssues(error, [...path, 'with'], locator))
    }
  }
  try {
    host.close()
  } catch (error) {
    issues.push({ pointer: '', reason: `a policy could not be closed after its trial: ${(error as Error).message}` })
  }
  return issues
}
