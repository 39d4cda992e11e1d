import { stringify } from 'yaml'
import type { PolicyEntry } from '../../config/types.ts'

/**
 * A change to the configuration, in its own form: objects are merged; `routes` and `listeners` by `name`, `policies` by `id` (else `use`);
 * every other list replaces the old one, and null takes a key away (RFC 7396). A policy that is not there yet is added in the place of its
 * phase. `$patch: delete` takes a route, listener or policy away.
 */
export type ConfigPatch = Readonly<Record<string, unknown>>

/** As YAML, for people and files. */
export function patchText(patch: ConfigPatch): string {
  return stringify(patch, { lineWidth: 0, aliasDuplicateObjects: false })
}

/** The document as written, with the patch in it. Pure; what the patch does not name is left alone. */
export function applyPatch(document: unknown, patch: ConfigPatch): Record<string, unknown> {
  return mergeObjects(isObject(document) ? document : {}, patch)
}

/** A patch for a policy where it is written: level and owner come from the entry. `name`: of the route, `service`: of its service. */
export function policyPatch(
  entry: Pick<PolicyEntry, 'use' | 'id' | 'level'>,
  owner: { readonly route: string; readonly service: string },
  change: ConfigPatch,
): ConfigPatch {
  const policies = [{ use: entry.use, ...(entry.id === entry.use ? {} : { id: entry.id }), ...change }]
  if (entry.level === 'global') return { policies }
  if (entry.level === 'service') return { services: { [owner.service]: { policies } } }
  return routePatch(owner.route, { policies })
}

/** A patch for one route. */
export function routePatch(name: string, change: ConfigPatch): ConfigPatch {
  return { routes: [{ name, ...change }] }
}

function mergeObjects(old: Readonly<Record<string, unknown>>, change: ConfigPatch): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...old }
  for (const [key, value] of Object.entries(change)) {
    const before = Object.hasOwn(old, key) ? old[key] : undefined
    if (value === null) delete merged[key]
    else if (Array.isArray(value) && (key === 'routes' || key === 'listeners'))
      merged[key] = mergeNamed(listOf(before), value)
    else if (Array.isArray(value) && key === 'policies') merged[key] = mergePolicies(listOf(before), value)
    else if (isObject(value) && isObject(before)) merged[key] = mergeObjects(before, value)
    else merged[key] = value
  }
  return merged
}

function mergeNamed(old: readonly unknown[], changes: readonly unknown[]): unknown[] {
  const merged = [...old]
  for (const change of changes as ConfigPatch[]) {
    const at = merged.findIndex(one => isObject(one) && one['name'] === change['name'])
    if (change['$patch'] === 'delete') merged.splice(at < 0 ? merged.length : at, 1)
    else if (at < 0) merged.push(change)
    else merged[at] = mergeObjects(merged[at] as Record<string, unknown>, change)
  }
  return merged
}

function mergePolicies(old: readonly unknown[], changes: readonly unknown[]): unknown[] {
  const merged = [...old]
  for (const change of changes as ConfigPatch[]) {
    const at = merged.findIndex(one => isObject(one) && idOf(one) === idOf(change))
    if (change['$patch'] === 'delete') merged.splice(at < 0 ? merged.length : at, 1)
    else if (at >= 0) merged[at] = mergeObjects(merged[at] as Record<string, unknown>, change)
    else {
      const later = merged.findIndex(one => isObject(one) && place(one) > place(change))
      merged.splice(later < 0 ? merged.length : later, 0, change)
    }
  }
  return merged
}

function idOf(entry: Readonly<Record<string, unknown>>): unknown {
  return entry['id'] ?? entry['use']
}

/** The order of the phases of the policies as they are written (DESIGN §4); a limiter's depends on what it counts by. */
function place(entry: Readonly<Record<string, unknown>>): number {
  const use = String(entry['use'])
  if (use === 'rate-limit') {
    const by = (entry['with'] as { by?: unknown } | undefined)?.by
    const proven = listOf(by).some(
      part => part === 'principal' || part === 'api-key' || (isObject(part) && 'claim' in part),
    )
    return proven ? 3 : 0
  }
  return { ip: 0, size: 0, require: 2, 'json-schema': 4, headers: 5 }[use] ?? 1
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
