import { parseYaml } from '../../../core/yaml.ts'
import { isMap, type JsonMap } from '../openapi/references.ts'
import { addressOf, nobody, type OwnerFacts, type Placement } from './placement.ts'

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
  for (const item of objects.slice(0, objectsMax)) if (isMap(item)) cluster.add(item)
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

interface Named {
  readonly kind: string
  readonly name: string
  readonly namespace: string
  readonly labels: JsonMap
  readonly annotations: JsonMap
  readonly controller: { readonly kind: string; readonly name: string } | null
  readonly object: JsonMap
}

class Cluster {
  readonly #byName = new Map<string, Named>()

  add(object: JsonMap): void {
    const metadata = object['metadata']
    const kind = object['kind']
    if (!isMap(metadata) || typeof kind !== 'string' || typeof metadata['name'] !== 'string') return
    const references = Array.isArray(metadata['ownerReferences']) ? metadata['ownerReferences'].filter(isMap) : []
    const controller = references.find(reference => reference['controller'] === true) ?? references[0]
    const named: Named = {
      kind,
      name: metadata['name'],
      namespace: typeof metadata['namespace'] === 'string' ? metadata['namespace'] : 'default',
      labels: isMap(metadata['labels']) ? metadata['labels'] : {},
      annotations: isMap(metadata['annotations']) ? metadata['annotations'] : {},
      controller:
        typeof controller?.['kind'] === 'string' && typeof controller['name'] === 'string'
          ? { kind: controller['kind'], name: controller['name'] }
          : null,
      object,
    }
    // Two pods of one name (of a stateful set) live one after the other, so the time is part of who it is.
    const born = kind === 'Pod' ? ` ${String(metadata['uid'] ?? metadata['creationTimestamp'] ?? '')}` : ''
    this.#byName.set(`${kind} ${named.namespace}/${named.name}${born}`, named)
  }

  placements(): Placement[] {
    const services = [...this.#byName.values()].filter(named => named.kind === 'Service')
    const out: Placement[] = []
    for (const named of this.#byName.values()) {
      if (named.kind === 'Pod') out.push(...this.#ofPod(named, services))
      else if (named.kind === 'Service') out.push(...this.#ofService(named))
    }
    return out
  }

  #ofPod(pod: Named, services: readonly Named[]): Placement[] {
    const status = isMap(pod.object['status']) ? pod.object['status'] : {}
    const spec = isMap(pod.object['spec']) ? pod.object['spec'] : {}
    // On the host's network the address is the node's, which many share.
    if (spec['hostNetwork'] === true) return []
    const addresses = new Set<string>()
    if (typeof status['podIP'] === 'string') addresses.add(status['podIP'])
    for (const entry of Array.isArray(status['podIPs']) ? status['podIPs'] : [])
      if (isMap(entry) && typeof entry['ip'] === 'string') addresses.add(entry['ip'])
    const metadata = pod.object['metadata'] as JsonMap
    const fromMs = timeOf(status['startTime']) ?? timeOf(metadata['creationTimestamp']) ?? 0
    const workload = this.#workload(pod)
    const service = services.find(candidate => candidate.namespace === pod.namespace && selects(candidate, pod.labels))
    const owner = this.#facts([pod, ...(workload === null ? [] : [workload.object].filter(known => known !== null))], {
      pod: pod.name,
      workload: workload?.name ?? null,
      service: service?.name ?? null,
    })
    return [...addresses].map(address => ({
      address: addressOf(address.includes(':') ? `[${address}]` : address),
      fromMs,
      toMs: endOf(pod),
      owner,
      source: 'kubernetes',
    }))
  }

  /** A Service's own address and names: who answers there may be any of its pods. */
  #ofService(service: Named): Placement[] {
    const spec = isMap(service.object['spec']) ? service.object['spec'] : {}
    const { name, namespace } = service
    const addresses = [`${name}.${namespace}`, `${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`]
    for (const address of [spec['clusterIP'], ...(Array.isArray(spec['clusterIPs']) ? spec['clusterIPs'] : [])])
      if (typeof address === 'string' && address !== 'None' && address !== '') addresses.push(address)
    const owner = this.#facts([service], { pod: null, workload: null, service: name })
    const fromMs = timeOf((service.object['metadata'] as JsonMap)['creationTimestamp']) ?? 0
    return [...new Set(addresses)].map(address => ({ address, fromMs, toMs: null, owner, source: 'kubernetes' }))
  }

  /** `Deployment/orders`, over the replica set in between. */
  #workload(pod: Named): { readonly name: string; readonly object: Named | null } | null {
    const { controller } = pod
    if (controller === null) return null
    const direct = this.#byName.get(`${controller.kind} ${pod.namespace}/${controller.name}`) ?? null
    if (direct?.controller !== null && direct?.controller !== undefined) {
      const above = direct.controller
      return {
        name: `${above.kind}/${above.name}`,
        object: this.#byName.get(`${above.kind} ${pod.namespace}/${above.name}`) ?? direct,
      }
    }
    const hash = pod.labels['pod-template-hash']
    if (direct === null && controller.kind === 'ReplicaSet' && typeof hash === 'string')
      return {
        name: `Deployment/${controller.name.replace(new RegExp(`-${hash.replace(/\W/g, '')}$`), '')}`,
        object: null,
      }
    return { name: `${controller.kind}/${controller.name}`, object: direct }
  }

  /** What labels and annotations say, the finest object first, the namespace last. */
  #facts(objects: readonly Named[], known: Pick<OwnerFacts, 'pod' | 'workload' | 'service'>): OwnerFacts {
    const namespace = objects[0]?.namespace ?? 'default'
    const around = this.#byName.get(`Namespace default/${namespace}`)
    const all = around === undefined ? objects : [...objects, around]
    const first = (part: 'labels' | 'annotations', key: string): string | null => {
      for (const object of all) {
        const value = object[part][key]
        if (typeof value === 'string' && value !== '') return value.slice(0, 200)
      }
      return null
    }
    return {
      ...nobody,
      ...known,
      application: first('labels', 'app.kubernetes.io/part-of') ?? namespace,
      tenant: first('labels', 'tenant') ?? first('annotations', 'tenant'),
      contact: first('annotations', 'a8r.io/owner') ?? first('annotations', 'contact'),
    }
  }
}

function selects(service: Named, labels: JsonMap): boolean {
  const spec = service.object['spec']
  const selector = isMap(spec) && isMap(spec['selector']) ? Object.entries(spec['selector']) : []
  return selector.length > 0 && selector.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value)
}

/** When the pod's address was given back: deleted, or all its containers ended. */
function endOf(pod: Named): number | null {
  const deleted = timeOf((pod.object['metadata'] as JsonMap)['deletionTimestamp'])
  if (deleted !== null) return deleted
  const status = isMap(pod.object['status']) ? pod.object['status'] : {}
  if (status['phase'] !== 'Succeeded' && status['phase'] !== 'Failed') return null
  const containers = Array.isArray(status['containerStatuses']) ? status['containerStatuses'].filter(isMap) : []
  const ends = containers.flatMap(container => {
    const state = isMap(container['state']) ? container['state']['terminated'] : undefined
    return (isMap(state) ? timeOf(state['finishedAt']) : null) ?? []
  })
  return ends.length === 0 ? null : Math.max(...ends)
}

function timeOf(value: unknown): number | null {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? null : time
}
