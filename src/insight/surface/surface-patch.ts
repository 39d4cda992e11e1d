import { Document, isMap, isScalar, isSeq, visit } from 'yaml'
import type { ConfigPatch } from '../posture/patch.ts'
import { applyPatch } from '../posture/patch.ts'
import type { Plan, RoutePlan } from './plan.ts'
import { addedPolicy, leastPrivilege, type Part } from './parts.ts'

export interface SurfacePatch {
  readonly patch: ConfigPatch
  /** What has to be seen to before it is applied. */
  readonly notes: readonly string[]
}

/** As YAML: one line for each principal, since there may be hundreds. */
export function surfacePatchText(patch: ConfigPatch): string {
  const document = new Document(patch, { aliasDuplicateObjects: false })
  visit(document, {
    Pair(_, { key, value }) {
      if (!isScalar(key) || key.value !== 'principals' || !isSeq(value)) return
      for (const item of value.items) if (isMap(item)) item.flow = true
    },
  })
  return document.toString({ lineWidth: 0 })
}

type Written = Readonly<Record<string, unknown>>

/**
 * The plan as a patch for the configuration as it is written (`authored`). The first part of a route keeps its name and is a change of it; each
 * further part is a new route with the words of the old one, so references stay references.
 */
export function surfacePatch({ routes }: Plan, authored: unknown): SurfacePatch {
  const notes: string[] = []
  const changes = routes
    .filter(({ changed }) => changed)
    .flatMap(one => {
      const written = writtenRoute(one.route.name, authored)
      if (written !== null) return routeChanges(one, written, notes)
      notes.push(`route ${one.route.name} is not written as such, so it is not changed`)
      return []
    })
  return { patch: changes.length === 0 ? {} : { routes: changes }, notes }
}

function routeChanges({ route, parts }: RoutePlan, written: Written, notes: string[]): Written[] {
  const [first, ...more] = parts
  if (first === undefined) return [{ name: route.name, $patch: 'delete' }]
  if (more.length > 0 && JSON.stringify(written).includes('[redacted]'))
    notes.push(`route ${route.name} holds a secret that is written out; put it where [redacted] stands`)
  return [narrowed(first, written), ...more.map(part => parted(part, written))]
}

/** A change of the route itself. */
function narrowed(part: Part, written: Written): Written {
  const { match } = part.origin
  const added = addedPolicy(part)
  const before = listOf(written['policies']).some(entry => asMap(entry)['id'] === leastPrivilege)
  const policies = [
    ...(before ? [{ use: 'require', id: leastPrivilege, $patch: 'delete' }] : []),
    ...(added === null ? [] : [added]),
  ]
  const methods = sameMembers(part.methods, match.methods)
    ? {}
    : { methods: part.methods.length === 0 ? null : part.methods }
  const path = part.path === match.path ? {} : { path: part.path }
  return {
    name: part.name,
    ...(Object.keys({ ...path, ...methods }).length === 0 ? {} : { match: { ...path, ...methods } }),
    ...(policies.length === 0 ? {} : { policies }),
  }
}

/** A new route with everything that stands in the old one. */
function parted(part: Part, written: Written): Written {
  const { methods: _methods, ...match } = asMap(written['match'])
  const { name: _name, match: _match, policies, ...rest } = written
  const added = addedPolicy(part)
  const kept = listOf(policies).filter(entry => asMap(entry)['id'] !== leastPrivilege)
  const route = {
    name: part.name,
    match: { ...match, path: part.path, ...(part.methods.length === 0 ? {} : { methods: part.methods }) },
    ...rest,
    ...(kept.length === 0 && added === null ? {} : { policies: kept }),
  }
  if (added === null) return route
  return applyPatch(route, { policies: [added] })
}

function writtenRoute(name: string, authored: unknown): Written | null {
  const found = listOf(asMap(authored)['routes']).find(route => asMap(route)['name'] === name)
  return found === undefined ? null : asMap(found)
}

function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every(one => b.includes(one))
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function asMap(value: unknown): Written {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Written) : {}
}
