import type { Config, PolicyEntry } from '../config/types.ts'
import type { KeySource } from '../core/host.ts'
import type { Policy } from '../core/policy.ts'
import { coreProblems } from '../core/problem.ts'
import type { MetricsSubjects } from '../events/metrics/plan.ts'

/** Every entry of a configuration, on all levels. */
export function allEntries(config: Config): readonly PolicyEntry[] {
  return [
    ...config.policies,
    ...config.services.flatMap(service => service.policies),
    ...config.routes.flatMap(route => route.policies),
  ]
}

/** What is counted of a configuration: its names, and the policies that it uses. */
export function metricsSubjects(config: Config, policies: readonly Policy[]): MetricsSubjects {
  const used = new Set(allEntries(config).map(({ use }) => use))
  return {
    routes: config.routes.map(({ name }) => name),
    services: config.services.map(({ name }) => name),
    listeners: config.listeners.map(({ name }) => name),
    policies: policies
      .filter(({ name }) => used.has(name))
      .map(({ name, problems, counters }) => ({ name, codes: Object.keys(problems), counters: counters ?? [] })),
    coreCodes: [...Object.keys(coreProblems), 'client-closed'],
  }
}

/** Where the keys of a configuration come from. Entries with equal settings share one object, which is asked once. */
export function keySourcesOf(config: Config, policies: readonly Policy[]): readonly KeySource[] {
  const byName = new Map(policies.map(policy => [policy.name, policy]))
  const asked = new Set<unknown>()
  return allEntries(config).flatMap(entry => {
    const policy = byName.get(entry.use)
    if (policy?.keySources === undefined || asked.has(entry.with)) return []
    asked.add(entry.with)
    return policy.keySources(entry.with)
  })
}
