import type { Span } from '../../model/span.ts'
import { nobody, type OwnerFacts } from './placement.ts'

const workloads = [
  ['k8s.deployment.name', 'Deployment'],
  ['k8s.statefulset.name', 'StatefulSet'],
  ['k8s.daemonset.name', 'DaemonSet'],
  ['k8s.cronjob.name', 'CronJob'],
  ['k8s.job.name', 'Job'],
] as const

/** What a span's resource says of the program that made it (OpenTelemetry semantic conventions, resource attributes); null: nothing. */
export function ownerOfSpan(span: Span): { readonly owner: OwnerFacts; readonly address: string | null } | null {
  const { resource } = span
  const workload = workloads.find(([attribute]) => text(resource[attribute]) !== null)
  const owner: OwnerFacts = {
    pod: text(resource['k8s.pod.name']),
    workload: workload === undefined ? null : `${workload[1]}/${resource[workload[0]]}`,
    service: text(resource['service.name']) ?? text(span.service),
    application: text(resource['service.namespace']) ?? text(resource['k8s.namespace.name']),
    tenant: text(resource['tenant']) ?? text(resource['tenant.id']),
    contact: null,
  }
  if (owner.pod === null && owner.workload === null && owner.application === null && owner.tenant === null) return null
  return { owner, address: text(resource['k8s.pod.ip']) }
}

/** What a verified workload identity says: `spiffe://cluster.local/ns/shop/sa/orders` (SPIFFE-ID §2; the path as Istio and SPIRE write it). */
export function ownerOfSpiffe(id: string): OwnerFacts | null {
  const [, namespace, account] = /^spiffe:\/\/[^/]+\/ns\/([^/]{1,200})\/sa\/([^/]{1,200})$/.exec(id) ?? []
  if (namespace === undefined || account === undefined) return null
  return { ...nobody, service: account, application: namespace }
}

function text(value: string | undefined): string | null {
  return value === undefined || value === '' ? null : value.slice(0, 200)
}
