import { isMap, type JsonMap } from '../openapi/references.ts'

/** What is kept of one object of a cluster: a pod is kilobytes, and there may be tens of thousands. */
export interface ClusterObject {
  /** Kind, namespace and name, of a pod its uid too. */
  readonly key: string
  readonly kind: string
  readonly name: string
  readonly namespace: string
  readonly labels: JsonMap
  /** Those that name an owner. */
  readonly annotations: JsonMap
  readonly controller: { readonly kind: string; readonly name: string } | null
  /** Of a pod or a service: its own. */
  readonly addresses: readonly string[]
  /** From when and until when a pod has them, Unix ms; `toMs` null: still. */
  readonly fromMs: number
  readonly toMs: number | null
  /** Of a service: labels of its pods. */
  readonly selector: ReadonlyArray<readonly [label: string, value: unknown]>
}

const annotationsKept = ['a8r.io/owner', 'contact', 'tenant']

/** Reads an object of the API; null when it has no name. `kind`: of the list it stands in, whose items do not say it. */
export function clusterObject(object: JsonMap, kind: unknown = object['kind']): ClusterObject | null {
  const metadata = object['metadata']
  if (!isMap(metadata) || typeof kind !== 'string' || typeof metadata['name'] !== 'string') return null
  const references = Array.isArray(metadata['ownerReferences']) ? metadata['ownerReferences'].filter(isMap) : []
  const controller = references.find(reference => reference['controller'] === true) ?? references[0]
  const name = metadata['name']
  const namespace = typeof metadata['namespace'] === 'string' ? metadata['namespace'] : 'default'
  const status = isMap(object['status']) ? object['status'] : {}
  const spec = isMap(object['spec']) ? object['spec'] : {}
  const annotations = isMap(metadata['annotations']) ? metadata['annotations'] : {}
  const created = timeOf(metadata['creationTimestamp']) ?? 0
  // Two pods of one name (of a stateful set) live one after the other, so the time is part of who it is.
  const born = kind === 'Pod' ? ` ${String(metadata['uid'] ?? metadata['creationTimestamp'] ?? '')}` : ''
  return {
    key: `${kind} ${namespace}/${name}${born}`,
    kind,
    name,
    namespace,
    labels: isMap(metadata['labels']) ? metadata['labels'] : {},
    annotations: Object.fromEntries(
      annotationsKept.flatMap(key => (Object.hasOwn(annotations, key) ? [[key, annotations[key]]] : [])),
    ),
    controller:
      typeof controller?.['kind'] === 'string' && typeof controller['name'] === 'string'
        ? { kind: controller['kind'], name: controller['name'] }
        : null,
    addresses: kind === 'Pod' ? podAddresses(spec, status) : kind === 'Service' ? serviceAddresses(spec) : [],
    fromMs: kind === 'Pod' ? (timeOf(status['startTime']) ?? created) : created,
    toMs: kind === 'Pod' ? endOf(metadata, status) : null,
    selector: kind === 'Service' && isMap(spec['selector']) ? Object.entries(spec['selector']) : [],
  }
}

function podAddresses(spec: JsonMap, status: JsonMap): string[] {
  // On the host's network the address is the node's, which many share.
  if (spec['hostNetwork'] === true) return []
  const addresses = new Set<string>()
  if (typeof status['podIP'] === 'string') addresses.add(status['podIP'])
  for (const entry of Array.isArray(status['podIPs']) ? status['podIPs'] : [])
    if (isMap(entry) && typeof entry['ip'] === 'string') addresses.add(entry['ip'])
  return [...addresses]
}

function serviceAddresses(spec: JsonMap): string[] {
  const addresses = new Set<string>()
  for (const address of [spec['clusterIP'], ...(Array.isArray(spec['clusterIPs']) ? spec['clusterIPs'] : [])])
    if (typeof address === 'string' && address !== 'None' && address !== '') addresses.add(address)
  return [...addresses]
}

/** When the pod's address was given back: deleted, or all its containers ended. */
function endOf(metadata: JsonMap, status: JsonMap): number | null {
  const deleted = timeOf(metadata['deletionTimestamp'])
  if (deleted !== null) return deleted
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
