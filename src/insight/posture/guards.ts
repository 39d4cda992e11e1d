import type { PolicyEntry } from '../../config/types.ts'
import { levels, type Phase } from '../../core/phase.ts'
import type { RouteView } from './estate.ts'

/** Policies that look at who calls, by level: those of one level are alternatives, and every level must be passed (DESIGN §4). */
export function identifyLevels(view: RouteView): PolicyEntry[][] {
  const identify = view.chain.filter(({ phase }) => phase === 'identify')
  return levels.map(level => identify.filter(entry => entry.level === level)).filter(entries => entries.length > 0)
}

/** Can somebody without any credential pass? */
export function letsStrangersIn(view: RouteView): boolean {
  return identifyLevels(view).every(entries => entries.some(({ use }) => use === 'anonymous'))
}

/** Can an API key alone pass: a key on every level that does not also take nothing at all? */
export function letsKeyAloneIn(view: RouteView): boolean {
  const asking = identifyLevels(view).filter(entries => !entries.some(({ use }) => use === 'anonymous'))
  return asking.length > 0 && asking.every(entries => entries.some(({ use }) => use === 'api-key'))
}

export function has(view: RouteView, use: string): boolean {
  return view.chain.some(entry => entry.use === use)
}

export function hasPhase(view: RouteView, phase: Phase): boolean {
  return view.chain.some(entry => entry.phase === phase)
}

/** Settings of a policy as the configuration checked them; absent members read as undefined. */
export function settings(entry: PolicyEntry): Readonly<Record<string, unknown>> {
  return entry.with !== null && typeof entry.with === 'object' ? (entry.with as Record<string, unknown>) : {}
}

/** Route and service of a view, for policyPatch. */
export function ownerOf(view: RouteView): { readonly route: string; readonly service: string } {
  return { route: view.route.name, service: view.route.service }
}

/** Entries of one policy over all routes, once each however many routes inherit them, with the routes that do. */
export function entriesOf(
  views: readonly RouteView[],
  use: string,
): ReadonlyArray<{ readonly entry: PolicyEntry; readonly views: readonly RouteView[] }> {
  const found = new Map<PolicyEntry, RouteView[]>()
  for (const view of views) {
    for (const entry of [...view.chain, ...view.observed]) {
      if (entry.use === use) found.set(entry, [...(found.get(entry) ?? []), view])
    }
  }
  return [...found].map(([entry, behind]) => ({ entry, views: behind }))
}

/** What a finding about an entry is about: its route, its service, or the gateway. */
export function entrySubject(entry: PolicyEntry, view: RouteView): string {
  if (entry.level === 'global') return 'gateway'
  return entry.level === 'service' ? `service ${view.route.service}` : view.subject
}
