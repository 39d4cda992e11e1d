import type { Target } from '../../../config/types.ts'
import { isMap, podsBehind, selects, type Cluster, type ClusterObject } from './cluster.ts'
import type { Opinion } from './reachability.ts'

/**
 * Who may connect to the pods behind a target by the NetworkPolicy objects of its cluster (networking.k8s.io/v1): a pod that no ingress policy
 * selects takes everybody; one that some select takes whom any of them allows.
 */
export function byNetworkPolicies(cluster: Cluster): (target: Target) => Opinion | null {
  const policies = cluster.objects.filter(({ kind, spec }) => kind === 'NetworkPolicy' && isIngress(spec))
  const none = !cluster.objects.some(({ kind }) => kind === 'NetworkPolicy')
  return ({ address, url }) => {
    if (address.kind !== 'tcp') return null
    const behind = podsBehind(cluster, address.host, address.port)
    if (behind.length === 0) return null
    // The objects of a cluster may have been listed without them: that is no proof that there are none.
    if (none)
      return {
        reach: 'unknown',
        by: null,
        sources: [],
        evidence: [`no NetworkPolicy is among the objects; without one every pod reaches ${url}`],
      }
    const sources = new Set<string>()
    const evidence = new Set<string>()
    for (const { pod, port } of behind) {
      const selecting = policies.filter(
        one => one.namespace === pod.namespace && selects(one.spec['podSelector'] ?? {}, pod.labels),
      )
      if (selecting.length === 0)
        return {
          reach: 'open',
          by: null,
          sources: ['every pod of the cluster'],
          evidence: [`no NetworkPolicy selects pod ${pod.namespace}/${pod.name} behind ${url}`],
        }
      for (const policy of selecting) {
        evidence.add(`NetworkPolicy ${policy.namespace}/${policy.name} selects the pods behind ${url}`)
        for (const source of sourcesOf(policy, port, pod)) sources.add(source)
      }
    }
    const all = [...sources].sort()
    const wide = all.filter(source => source.startsWith('every'))
    if (wide.length > 0) return { reach: 'open', by: null, sources: wide, evidence: [...evidence] }
    return { reach: all.length === 0 ? 'closed' : 'limited', by: 'network', sources: all, evidence: [...evidence] }
  }
}

/** Without `policyTypes` a policy is for ingress. */
function isIngress({ policyTypes }: ClusterObject['spec']): boolean {
  return !Array.isArray(policyTypes) || policyTypes.includes('Ingress')
}

function sourcesOf({ spec, namespace }: ClusterObject, port: number | string, pod: ClusterObject): string[] {
  const rules = Array.isArray(spec['ingress']) ? spec['ingress'].filter(isMap) : []
  return rules
    .filter(({ ports }) => portFits(ports, port, pod))
    .flatMap(({ from }) => {
      if (!Array.isArray(from) || from.length === 0) return ['everybody']
      return from.map(peer => (isMap(peer) ? peerWords(peer, namespace) : 'everybody'))
    })
}

/** No list: every port. */
function portFits(ports: unknown, port: number | string, pod: ClusterObject): boolean {
  if (!Array.isArray(ports) || ports.length === 0) return true
  return ports.some(one => {
    if (!isMap(one)) return true
    if (one['protocol'] !== undefined && one['protocol'] !== 'TCP') return false
    const [allowed, wanted] = [numberOf(one['port'], pod), numberOf(port, pod)]
    if (allowed === undefined || allowed === wanted) return true
    const end = one['endPort']
    return (
      typeof end === 'number' &&
      typeof allowed === 'number' &&
      typeof wanted === 'number' &&
      wanted >= allowed &&
      wanted <= end
    )
  })
}

/** The number of a named port of the pod. */
function numberOf(port: unknown, { spec }: ClusterObject): unknown {
  if (typeof port !== 'string') return port
  const containers = Array.isArray(spec['containers']) ? spec['containers'].filter(isMap) : []
  const ports = containers.flatMap(one => (Array.isArray(one['ports']) ? one['ports'].filter(isMap) : []))
  return ports.find(one => one['name'] === port)?.['containerPort'] ?? port
}

function peerWords(
  { ipBlock, namespaceSelector, podSelector }: Readonly<Record<string, unknown>>,
  namespace: string,
): string {
  if (isMap(ipBlock)) {
    const cidr = String(ipBlock['cidr'])
    return cidr.endsWith('/0') ? `every address of ${cidr}` : `addresses of ${cidr}`
  }
  const anyPod = podSelector === undefined || isEmpty(podSelector)
  if (namespaceSelector === undefined)
    return anyPod ? `pods of namespace ${namespace}` : `pods ${words(podSelector)} of namespace ${namespace}`
  if (isEmpty(namespaceSelector))
    return anyPod ? 'every pod of the cluster' : `pods ${words(podSelector)} of every namespace`
  return anyPod
    ? `pods of namespaces ${words(namespaceSelector)}`
    : `pods ${words(podSelector)} of namespaces ${words(namespaceSelector)}`
}

function isEmpty(selector: unknown): boolean {
  return isMap(selector) && Object.keys(selector).length === 0
}

function words(selector: unknown): string {
  if (!isMap(selector)) return '?'
  const labels = isMap(selector['matchLabels'])
    ? Object.entries(selector['matchLabels']).map(([key, value]) => `${key}=${String(value)}`)
    : []
  const others = Array.isArray(selector['matchExpressions']) ? selector['matchExpressions'].length : 0
  return [...labels, ...(others > 0 ? [`(${others} expressions)`] : [])].join(',')
}
