import type { Operation } from '../model/operation.ts'
import { shapeOf } from './declarations.ts'
import type { OpenApiDocument } from './openapi/document.ts'

/**
 * The service that a document most likely describes: one of its servers' hosts, else where most of its operations are met, else the only
 * service there is; a document of nothing that was seen makes a service of its own, named after its title.
 */
export function serviceOfDocument(document: OpenApiDocument, operations: readonly Operation[]): string {
  const services = new Map<string, Operation[]>()
  for (const operation of operations) {
    const list = services.get(operation.service)
    if (list === undefined) services.set(operation.service, [operation])
    else list.push(operation)
  }
  const hosts = new Set(document.operations.flatMap(operation => operation.hosts))
  const atHost = [...services].filter(([, own]) =>
    own.some(operation => operation.hosts.some(host => hosts.has(bare(host)))),
  )
  const candidates = atHost.length > 0 ? atHost : [...services]
  const shapes = new Set(
    document.operations.flatMap(({ method, templates }) => templates.map(template => `${method} ${shapeOf(template)}`)),
  )
  let best: { readonly name: string; readonly met: number } | null = null
  for (const [name, own] of candidates) {
    const met = own.filter(operation => shapes.has(`${operation.method} ${shapeOf(operation.template)}`)).length
    if (met > (best?.met ?? 0)) best = { name, met }
  }
  if (best !== null) return best.name
  const [only, ...others] = candidates
  if (only !== undefined && (others.length === 0 || atHost.length > 0)) return only[0]
  return (
    document.title
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')
      .slice(0, 64) || 'document'
  )
}

function bare(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '')
}
