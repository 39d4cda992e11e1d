import type { JsonMap } from '../openapi/references.ts'
import type { ClusterObject } from './cluster-object.ts'
import { addressOf, nobody, type OwnerFacts, type Placement } from './placement.ts'

/** The objects of a cluster by what they are called, and who has which address by them. */
export class Cluster {
  readonly #byName = new Map<string, ClusterObject>()

  get size(): number {
    return this.#byName.size
  }

  has(key: string): boolean {
    return this.#byName.has(key)
  }

  add(object: ClusterObject): void {
    this.#byName.set(object.key, object)
  }

  remove(key: string): void {
    this.#byName.delete(key)
  }

  placements(): Placement[] {
    const services = Map.groupBy(
      [...this.#byName.values()].filter(({ kind }) => kind === 'Service'),
      ({ namespace }) => namespace,
    )
    const out: Placement[] = []
    for (const object of this.#byName.values()) {
      if (object.kind === 'Pod') out.push(...this.#ofPod(object, services.get(object.namespace) ?? []))
      else if (object.kind === 'Service') out.push(...this.#ofService(object))
    }
    return out
  }

  #ofPod(pod: ClusterObject, services: readonly ClusterObject[]): Placement[] {
    const workload = this.#workload(pod)
    const service = services.find(candidate => selects(candidate, pod.labels))
    const around = [pod, ...(workload === null ? [] : [workload.object].filter(known => known !== null))]
    const scenario = this.#said(around, 'labels', scenarioLabel)
    const owner = this.#facts(around, {
      pod: pod.name,
      workload: workload?.name ?? null,
      service: service?.name ?? null,
    })
    const { fromMs, toMs } = pod
    return pod.addresses.map(address => ({
      address: addressOf(address.includes(':') ? `[${address}]` : address),
      fromMs,
      toMs,
      owner,
      source: 'kubernetes',
      ...(scenario === null ? {} : { scenario }),
    }))
  }

  /** A Service's own address and names: who answers there may be any of its pods. */
  #ofService({ addresses, fromMs, ...service }: ClusterObject): Placement[] {
    const { name, namespace } = service
    const names = [`${name}.${namespace}`, `${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`]
    const owner = this.#facts([service], { pod: null, workload: null, service: name })
    return [...names, ...addresses].map(address => ({ address, fromMs, toMs: null, owner, source: 'kubernetes' }))
  }

  /** `Deployment/orders`, over the replica set in between. */
  #workload(pod: ClusterObject): { readonly name: string; readonly object: ClusterObject | null } | null {
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

  #facts(objects: readonly Described[], known: Pick<OwnerFacts, 'pod' | 'workload' | 'service'>): OwnerFacts {
    const first = (part: 'labels' | 'annotations', key: string): string | null => this.#said(objects, part, key)
    return {
      ...nobody,
      ...known,
      application: first('labels', 'app.kubernetes.io/part-of') ?? objects[0]?.namespace ?? 'default',
      tenant: first('labels', 'tenant') ?? first('annotations', 'tenant'),
      contact: first('annotations', 'a8r.io/owner') ?? first('annotations', 'contact'),
    }
  }

  /** What a label or an annotation says, the finest object first, the namespace last. */
  #said(objects: readonly Described[], part: 'labels' | 'annotations', key: string): string | null {
    const around = this.#byName.get(`Namespace default/${objects[0]?.namespace ?? 'default'}`)
    for (const object of around === undefined ? objects : [...objects, around]) {
      const value = object[part][key]
      if (typeof value === 'string' && value !== '') return value.slice(0, 200)
    }
    return null
  }
}

/** Pods, workloads and namespaces that carry it say which scenario of detection is in force while they are there. */
const scenarioLabel = 'portcullis.io/scenario'

type Described = Pick<ClusterObject, 'namespace' | 'labels' | 'annotations'>

function selects({ selector }: ClusterObject, labels: JsonMap): boolean {
  return selector.length > 0 && selector.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value)
}
