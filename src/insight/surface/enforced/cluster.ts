import { parseYaml } from '../../../core/yaml.ts'

type Map_ = Readonly<Record<string, unknown>>

/** An object of a cluster, as far as it is looked at. */
export interface ClusterObject {
  readonly kind: string
  readonly name: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, unknown>>
  readonly spec: Map_
  readonly status: Map_
}

export interface Cluster {
  readonly objects: readonly ClusterObject[]
  /** Labels of namespaces; `kubernetes.io/metadata.name` is always among them. */
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, unknown>>>
}

const objectsMax = 100_000

/** JSON or YAML of `kubectl get … -o json`, or of several documents; why not, in words. */
export function readObjects(text: string): readonly ClusterObject[] | string {
  const roots: unknown[] = []
  try {
    roots.push(JSON.parse(text))
  } catch {
    for (const document of text.split(/^---[ \t]*\r?$/m)) {
      if (document.trim() === '') continue
      const read = parseYaml(document)
      if ('issues' in read)
        return read.issues.map(({ line, column, reason }) => `${line}:${column} ${reason}`).join('; ')
      roots.push(read.value)
    }
  }
  const items = roots.flatMap(root => (isMap(root) && Array.isArray(root['items']) ? root['items'] : [root]))
  const objects = items.slice(0, objectsMax).flatMap(item => objectOf(item) ?? [])
  return objects.length === 0 ? 'holds no object of a cluster' : objects
}

export function clusterOf(objects: readonly ClusterObject[]): Cluster {
  const namespaces = new Map<string, Readonly<Record<string, unknown>>>()
  for (const { namespace } of objects) namespaces.set(namespace, { 'kubernetes.io/metadata.name': namespace })
  for (const { kind, name, labels } of objects)
    if (kind === 'Namespace') namespaces.set(name, { ...labels, 'kubernetes.io/metadata.name': name })
  return { objects, namespaces }
}

/** The pods behind an address or the name of a Service, and the port on them; empty: not of this cluster. */
export function podsBehind(
  cluster: Cluster,
  host: string,
  port: number,
): { readonly pod: ClusterObject; readonly port: number | string }[] {
  const pods = cluster.objects.filter(({ kind }) => kind === 'Pod')
  const direct = pods.filter(({ status }) => status['podIP'] === host)
  if (direct.length > 0) return direct.map(pod => ({ pod, port }))
  const [name = '', namespace = 'default'] = host
    .replace(/\.$/, '')
    .replace(/\.svc(?:\..*)?$/, '')
    .split('.')
  return cluster.objects
    .filter(
      one =>
        one.kind === 'Service' &&
        (one.spec['clusterIP'] === host || (one.name === name && one.namespace === namespace)),
    )
    .flatMap(({ namespace: own, spec }) => {
      const selector = spec['selector']
      if (!isMap(selector) || Object.keys(selector).length === 0) return []
      const ports = Array.isArray(spec['ports']) ? spec['ports'].filter(isMap) : []
      const target = ports.find(one => one['port'] === port)?.['targetPort'] ?? port
      return pods
        .filter(pod => pod.namespace === own && labelsHold(selector, pod.labels))
        .map(pod => ({ pod, port: typeof target === 'string' || typeof target === 'number' ? target : port }))
    })
}

/** A Kubernetes LabelSelector; an empty one selects everything, null nothing. What cannot be read selects everything: nobody is thought safe by it. */
export function selects(selector: unknown, labels: Readonly<Record<string, unknown>>): boolean {
  if (selector === undefined || selector === null) return false
  if (!isMap(selector)) return true
  const { matchLabels, matchExpressions } = selector
  if (isMap(matchLabels) && !labelsHold(matchLabels, labels)) return false
  if (!Array.isArray(matchExpressions)) return true
  return matchExpressions.filter(isMap).every(({ key, operator, values }) => {
    const value = Object.hasOwn(labels, String(key)) ? labels[String(key)] : undefined
    const list = Array.isArray(values) ? values : []
    switch (operator) {
      case 'In':
        return list.includes(value)
      case 'NotIn':
        return !list.includes(value)
      case 'Exists':
        return value !== undefined
      case 'DoesNotExist':
        return value === undefined
      default:
        return true
    }
  })
}

export function isMap(value: unknown): value is Map_ {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function labelsHold(wanted: Map_, labels: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(wanted).every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value)
}

function objectOf(item: unknown): ClusterObject | null {
  if (!isMap(item) || typeof item['kind'] !== 'string' || !isMap(item['metadata'])) return null
  const { name, namespace, labels } = item['metadata']
  if (typeof name !== 'string') return null
  return {
    kind: item['kind'],
    name,
    namespace: typeof namespace === 'string' ? namespace : 'default',
    labels: isMap(labels) ? labels : {},
    spec: isMap(item['spec']) ? item['spec'] : {},
    status: isMap(item['status']) ? item['status'] : {},
  }
}
