import { parseYaml } from '../../../core/yaml.ts'
import { isMap } from '../openapi/references.ts'
import { Cluster } from './cluster.ts'
import { clusterObject } from './cluster-object.ts'
import type { Placement } from './placement.ts'

const objectsMax = 100_000

/** What the objects of a cluster say of who has which address, or why they could not be read. */
export type KubernetesResult = { readonly placements: readonly Placement[] } | { readonly issues: readonly string[] }

/**
 * Reads `kubectl get pods,replicasets,deployments,statefulsets,daemonsets,jobs,services,namespaces -A -o json` (or yaml): pod → workload over
 * its owner references, → Service by selector, → application (`app.kubernetes.io/part-of`, then the namespace), → tenant (label `tenant` on pod,
 * workload or namespace), contact (annotation `a8r.io/owner`). A pod has its address from `startTime` until its deletion.
 */
export function readKubernetes(text: string, source: string): KubernetesResult {
  const parsed = parse(text)
  if ('issues' in parsed) return { issues: parsed.issues.map(issue => `${source}: ${issue}`) }
  const objects = isMap(parsed.value) && Array.isArray(parsed.value['items']) ? parsed.value['items'] : [parsed.value]
  const cluster = new Cluster()
  for (const item of objects.slice(0, objectsMax)) {
    const object = isMap(item) ? clusterObject(item) : null
    if (object !== null) cluster.add(object)
  }
  const placements = cluster.placements()
  if (placements.length === 0)
    return { issues: [`${source}: holds no pod or service with an address (expected a List of Kubernetes objects)`] }
  return { placements }
}

function parse(text: string): { readonly value: unknown } | { readonly issues: readonly string[] } {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    const result = parseYaml(text)
    if ('value' in result) return result
    return { issues: result.issues.map(({ line, column, reason }) => `${line}:${column} ${reason}`) }
  }
}
