import type { Target } from '../../../config/types.ts'
import type { Guest } from '../guests.ts'
import { isMap, podsBehind, selects, type Cluster, type ClusterObject } from './cluster.ts'

/** `unknown`: no policy of the mesh speaks of it, or one asks for what is not known here. */
export type SidecarVerdict = 'allowed' | 'denied' | 'unknown'

/**
 * What the sidecar of a service says to a caller who comes to it directly, by AuthorizationPolicy objects (security.istio.io): a DENY that fits
 * refuses; where any ALLOW selects the workload, one must fit. A caller's name in the mesh is his SPIFFE id; whoever has none has no name.
 */
export function sidecarVerdict(
  cluster: Cluster,
  target: Target,
  call: { readonly guest: Guest; readonly method: string; readonly template: string },
): SidecarVerdict {
  if (target.address.kind !== 'tcp') return 'unknown'
  const [behind] = podsBehind(cluster, target.address.host, target.address.port)
  if (behind === undefined) return 'unknown'
  const selecting = cluster.objects.filter(one => one.kind === 'AuthorizationPolicy' && isFor(one, behind.pod))
  const of = (action: string): readonly ClusterObject[] =>
    selecting.filter(({ spec }) => (spec['action'] ?? 'ALLOW') === action)
  const denies = of('DENY').map(policy => fits(policy, call))
  if (denies.includes('yes')) return 'denied'
  const allows = of('ALLOW').map(policy => fits(policy, call))
  if (allows.length === 0) return 'unknown'
  if (allows.includes('yes')) return denies.includes('perhaps') ? 'unknown' : 'allowed'
  return allows.includes('perhaps') ? 'unknown' : 'denied'
}

/** Without selector it is for its namespace; in the root namespace for the whole mesh. */
function isFor({ namespace, spec }: ClusterObject, pod: ClusterObject): boolean {
  if (namespace !== pod.namespace && namespace !== 'istio-system') return false
  return spec['selector'] === undefined || selects(spec['selector'], pod.labels)
}

type Fit = 'yes' | 'no' | 'perhaps'

/** A policy without rules fits nothing (an ALLOW of nothing), one with an empty rule everything. */
function fits(
  { spec }: ClusterObject,
  call: { readonly guest: Guest; readonly method: string; readonly template: string },
): Fit {
  const rules = Array.isArray(spec['rules']) ? spec['rules'].filter(isMap) : []
  return any(
    rules.map(rule =>
      all([
        sourceFits(rule['from'], call.guest),
        operationFits(rule['to'], call),
        rule['when'] === undefined ? 'yes' : 'perhaps',
      ]),
    ),
  )
}

function sourceFits(from: unknown, { method, subject, kind }: Guest): Fit {
  if (!Array.isArray(from)) return 'yes'
  const name =
    kind === 'principal' && method === 'mtls' && subject.startsWith('spiffe://')
      ? subject.slice('spiffe://'.length)
      : ''
  return any(
    from.filter(isMap).map(one => {
      const source = isMap(one['source']) ? one['source'] : {}
      return all(
        Object.entries(source).map(([key, wanted]): Fit => {
          if (key === 'principals') return textFits(wanted, name)
          if (key === 'notPrincipals') return not(textFits(wanted, name))
          if (key === 'namespaces') return textFits(wanted, /\/ns\/([^/]+)/.exec(name)?.[1] ?? '')
          return 'perhaps'
        }),
      )
    }),
  )
}

function operationFits(to: unknown, { method, template }: { readonly method: string; readonly template: string }): Fit {
  if (!Array.isArray(to)) return 'yes'
  return any(
    to.filter(isMap).map(one => {
      const operation = isMap(one['operation']) ? one['operation'] : {}
      return all(
        Object.entries(operation).map(([key, wanted]): Fit => {
          if (key === 'methods') return textFits(wanted, method)
          if (key === 'notMethods') return not(textFits(wanted, method))
          // A variable may be any text, so only what stands before it is sure.
          if (key === 'paths') return template.includes('{') ? pathFits(wanted, template) : textFits(wanted, template)
          return 'perhaps'
        }),
      )
    }),
  )
}

function pathFits(wanted: unknown, template: string): Fit {
  const before = template.slice(0, template.indexOf('{'))
  const list = Array.isArray(wanted) ? wanted.map(String) : []
  if (list.some(one => one === '*' || (one.endsWith('*') && before.startsWith(one.slice(0, -1))))) return 'yes'
  return list.some(
    one => one.startsWith('*') || one.startsWith(before) || (one.endsWith('*') && one.slice(0, -1).startsWith(before)),
  )
    ? 'perhaps'
    : 'no'
}

/** Exact, `prefix*`, `*suffix`, or `*` for any text that is not empty. */
function textFits(wanted: unknown, text: string): Fit {
  if (!Array.isArray(wanted)) return 'perhaps'
  const fitting = wanted.map(String).some(one => {
    if (one === '*') return text !== ''
    if (one.endsWith('*')) return text.startsWith(one.slice(0, -1))
    return one.startsWith('*') ? text.endsWith(one.slice(1)) : text === one
  })
  return fitting ? 'yes' : 'no'
}

function all(list: readonly Fit[]): Fit {
  return list.includes('no') ? 'no' : list.includes('perhaps') ? 'perhaps' : 'yes'
}

function any(list: readonly Fit[]): Fit {
  return list.includes('yes') ? 'yes' : list.includes('perhaps') ? 'perhaps' : 'no'
}

function not(fit: Fit): Fit {
  return fit === 'yes' ? 'no' : fit === 'no' ? 'yes' : 'perhaps'
}
