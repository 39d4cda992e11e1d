import { canonicalTemplate, templateSegments } from '../../config/path-template.ts'
import type { RouteConfig } from '../../config/types.ts'
import type { Census } from './census.ts'
import type { Grants } from './grants.ts'
import { anybody, type Guest } from './guests.ts'
import type { NamedPrincipal, Part } from './parts.ts'
import { answered, isUsed, type Behind } from './traffic-by-route.ts'

/** A route cut up by what is used. */
export interface Split {
  readonly route: RouteConfig
  /** The heaviest first; null: it stays as it is. */
  readonly parts: ReadonlyArray<Omit<Part, 'name'>> | null
  readonly notes: readonly string[]
}

export interface SplitFacts {
  readonly census: Census
  readonly grants: Grants
  /** Ids of operations for which no route of their own can be made. */
  readonly whole: ReadonlySet<string>
}

/** Below that a template may be a value that came once, and a route of its own would refuse the next one. */
const sureTemplate = 0.8
const principalsMax = 1_000

/** One part for each path and set of callers; what cannot be told apart stays together under the path of the route. */
export function split(route: RouteConfig, behind: readonly Behind[], facts: SplitFacts): Split {
  const notes: string[] = []
  const used = behind.filter(isUsed)
  const together: Behind[] = []
  const apart = new Map<string, Behind[]>()
  for (const one of used) {
    const place = partPath(route, one, facts.whole)
    if ('path' in place) apart.set(place.path, [...(apart.get(place.path) ?? []), one])
    else {
      together.push(one)
      notes.push(`${one.known.operation.id} stays below ${route.match.path} of route ${route.name}: ${place.why}`)
    }
  }
  // At one place a method has one route.
  if (together.length > 0) together.push(...(apart.get(route.match.path) ?? []))
  if (together.length > 0) apart.set(route.match.path, together)
  const parts = [...apart].flatMap(([path, list]) => partsOf(route, path, list, facts, notes))
  return { route, parts: parts.sort((a, b) => b.calls - a.calls || (a.path < b.path ? -1 : 1)), notes }
}

function partsOf(
  route: RouteConfig,
  path: string,
  behind: readonly Behind[],
  facts: SplitFacts,
  notes: string[],
): Array<Omit<Part, 'name'>> {
  const byMethod = new Map<string, Behind[]>()
  for (const one of behind) {
    const { method } = one.known.operation
    byMethod.set(method, [...(byMethod.get(method) ?? []), one])
  }
  const byCallers = new Map<string, Omit<Part, 'name'>>()
  for (const [method, list] of byMethod) {
    const principals = principalsOf(route, list, facts, notes)
    const key = JSON.stringify(principals)
    const known = byCallers.get(key)
    const calls = (known?.calls ?? 0) + list.reduce((sum, one) => sum + one.known.operation.traffic.calls, 0)
    const methods = [...(known?.methods ?? []), ...methodsOf(route, method)]
    byCallers.set(key, { origin: route, path, methods: methods.sort(), principals, locked: false, calls })
  }
  return [...byCallers.values()]
}

/** GET serves HEAD too; where the route says so, it goes on saying so. */
function methodsOf({ match }: RouteConfig, method: string): string[] {
  return method === 'GET' && match.methods.includes('HEAD') ? ['GET', 'HEAD'] : [method]
}

/** Who may use these operations from now on; null: nobody beside those who do is let through, or nobody can say who they are. */
function principalsOf(
  route: RouteConfig,
  behind: readonly Behind[],
  { census, grants }: SplitFacts,
  notes: string[],
): readonly NamedPrincipal[] | null {
  const granted = census.guests.filter(guest => grants.of(guest, route).granted !== 'no')
  const users = new Set(behind.flatMap(one => [...one.users]))
  // Whoever may come without proof cannot be told from him who has one.
  if (users.has(anybody.id)) return null
  const place = behind.map(one => one.known.operation.id).join(', ')
  const unnamed = behind.reduce((sum, one) => sum + one.unnamed, 0)
  if (unnamed > 0) {
    notes.push(`${place}: of ${unnamed} calls nobody knows who made them, so its callers are not narrowed`)
    return null
  }
  const allowed = granted.filter(({ id }) => users.has(id) || census.unsettled.has(id))
  if (allowed.length === granted.length) return null
  if (allowed.length > principalsMax || !allowed.every(canBeNamed)) {
    notes.push(`${place}: its callers cannot be written down, so they are not narrowed`)
    return null
  }
  for (const { id } of allowed)
    if (!users.has(id)) notes.push(`${place}: stays open to a caller whose calls still change`)
  return allowed.map(({ kind, method, issuer, subject }) => ({
    method,
    ...(issuer === '' ? {} : { issuer }),
    ...(kind === 'principal' ? { subject } : {}),
  }))
}

/** A lone surrogate does not survive a file. */
function canBeNamed({ issuer, subject }: Guest): boolean {
  return issuer.isWellFormed() && subject.isWellFormed()
}

type PartPath = { readonly path: string } | { readonly why: string }

/** The path of a route for this operation alone, or why there can be none. */
function partPath(route: RouteConfig, { known, loose }: Behind, whole: ReadonlySet<string>): PartPath {
  const { id, template, origin, confidence } = known.operation
  const { path } = route.match
  const named = withNamesOf(path, template, origin === 'inferred')
  if (shape(named) === shape(path)) return { path }
  if (loose) return { why: 'its template is wider than the route' }
  if (whole.has(id)) return { why: 'a route of its own would take calls of other routes' }
  if (origin === 'inferred' && confidence < sureTemplate) return { why: `its template is not sure (${confidence})` }
  if (!/^(?:\/(?:[^/{}*]*|\{\w+\}))+$/.test(template) || canonicalTemplate(named) !== named)
    return { why: 'a route cannot say its path' }
  if (route.stripPrefix && literalPrefix(path) !== literalPrefix(named))
    return { why: 'stripPrefix would take more of its path away' }
  return { path: named }
}

/**
 * Variables keep the names that the route gave them: its policies may use them. Where it has a variable, a literal that is only inferred is one of
 * its values; others will come.
 */
function withNamesOf(path: string, template: string, inferred: boolean): string {
  const ours = templateSegments(path)
  const taken = new Set(ours.flatMap(segment => (segment.kind === 'param' ? [segment.name] : [])))
  const segments = template
    .slice(1)
    .split('/')
    .map((text, i) => {
      const own = ours[i]
      if (own?.kind === 'param' && (inferred || text.startsWith('{'))) return `{${own.name}}`
      if (!text.startsWith('{')) return text
      let name = text.slice(1, -1)
      for (let n = 2; taken.has(name); n++) name = `${text.slice(1, -1)}${n}`
      taken.add(name)
      return `{${name}}`
    })
  return `/${segments.join('/')}`
}

function shape(template: string): string {
  return template.replace(/\{[^{}/]*\}/g, '{}')
}

/** What `stripPrefix` takes away. */
function literalPrefix(path: string): string {
  return path.replace(/\/(?:\{|\*\*).*$/s, '')
}

/** Calls that were let through and answered, over all guests and those without a name. */
export function answeredCalls({ known }: Behind): number {
  let sum = known.unnamed
  for (const use of known.uses.values()) sum += answered(use)
  return sum
}
