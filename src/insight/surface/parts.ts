import type { PolicyEntry, RouteConfig } from '../../config/types.ts'
import { phases } from '../../core/phase.ts'

/** Id of the entries that a patch adds, so that the next one finds and replaces them. */
export const leastPrivilege = 'least-privilege'
const lockId = 'locked'

/** A principal as `require` names it; without subject: everybody of that issuer. */
export interface NamedPrincipal {
  readonly method: string
  readonly issuer?: string
  readonly subject?: string
}

/** A route that takes the place of another one, or of a part of it. */
export interface Part {
  readonly origin: RouteConfig
  readonly name: string
  readonly path: string
  readonly methods: readonly string[]
  /** Who may; null: whoever the policies of the origin let through. */
  readonly principals: readonly NamedPrincipal[] | null
  /** Nobody may: it is there so that its calls do not fall through to a wider route. */
  readonly locked: boolean
  /** Calls that it had, for the order of parts. */
  readonly calls: number
}

/** The part as the gateway would have it. */
export function partRoute({ origin, name, path, methods, principals, locked }: Part): RouteConfig {
  const kept = origin.policies.filter(({ id }) => id !== leastPrivilege)
  const added = locked ? lockEntry(origin) : principals === null ? null : principalsEntry(origin, principals)
  return {
    ...origin,
    name,
    match: { ...origin.match, path, methods },
    policies: added === null ? kept : inPlace(kept, added),
  }
}

/** Everything that the parts leave of the route, for nobody; null: they leave nothing. */
export function lockedRoute(route: RouteConfig, parts: readonly Part[], names: Set<string>): Part | null {
  const taken = parts.filter(({ path }) => path === route.match.path).flatMap(({ methods }) => methods)
  const left = route.match.methods.filter(method => !taken.includes(method))
  if (route.match.methods.length > 0 && left.length === 0) return null
  // A route that takes any method already has its own place; stated ones go before it.
  const part = { origin: route, path: route.match.path, methods: left, principals: null, locked: true, calls: 0 }
  return { ...part, name: parts.length === 0 ? route.name : unused(`${route.name}-locked`, names) }
}

/** `orders-get-orders-id`: what it came from, and what it is for. */
export function freeName({ origin, path, methods, locked }: Omit<Part, 'name'>, names: Set<string>): string {
  const words = [
    locked ? 'locked' : methods.join('-').toLowerCase(),
    path.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, ''),
  ]
  return unused(`${origin.name}-${words.filter(word => word !== '').join('-')}`, names)
}

function unused(wanted: string, names: Set<string>): string {
  const base = wanted.slice(0, 58).replace(/-+$/, '')
  let name = base
  for (let n = 2; names.has(name); n++) name = `${base}-${n}`
  names.add(name)
  return name
}

function principalsEntry({ at }: RouteConfig, principals: readonly NamedPrincipal[]): PolicyEntry {
  const settings = { principals, scopes: null, roles: null, groups: null, claims: null }
  return { use: 'require', id: leastPrivilege, mode: 'enforce', with: settings, phase: 'authorize', level: 'route', at }
}

function lockEntry({ at }: RouteConfig): PolicyEntry {
  return { use: 'ip', id: lockId, mode: 'enforce', with: { allow: [], deny: null }, phase: 'admit', level: 'route', at }
}

/** What a patch writes for the part's own entry; null: it needs none. */
export function addedPolicy({ principals, locked }: Part): Readonly<Record<string, unknown>> | null {
  if (locked) return { use: 'ip', id: lockId, with: { allow: [] } }
  return principals === null
    ? null
    : { use: 'require', id: leastPrivilege, with: { principals: principals.map(written) } }
}

/** In a configuration a text that looks like a reference is one (`file:/etc/passwd`), unless it says that it is none. */
function written(principal: NamedPrincipal): NamedPrincipal {
  const literal = (text: string): string => (/^(?:env|file|vault|literal):/.test(text) ? `literal:${text}` : text)
  return {
    method: literal(principal.method),
    ...(principal.issuer === undefined ? {} : { issuer: literal(principal.issuer) }),
    ...(principal.subject === undefined ? {} : { subject: literal(principal.subject) }),
  }
}

/** Before the first entry of a later phase. */
function inPlace(list: readonly PolicyEntry[], added: PolicyEntry): PolicyEntry[] {
  const later = list.findIndex(({ phase }) => phases.indexOf(phase) > phases.indexOf(added.phase))
  return later < 0 ? [...list, added] : list.toSpliced(later, 0, added)
}
