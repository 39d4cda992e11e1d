// Hot path: once per span when its trace ends.
import type { CallNode } from './call-tree.ts'

/**
 * Whom a call was made to that has no spans of its own: named by the caller's attributes (`peer.service`, database, queue, address); null
 * when the node called nobody, nobody is named, or the called service's spans are here.
 */
export function calledPeer(node: CallNode): string | null {
  const { span, children } = node
  const { attributes, service } = span
  const forwarded = attributes['portcullis.service']
  if (span.kind !== 'client' && span.kind !== 'producer' && forwarded === undefined) return null
  for (const child of children) if (child.span.service !== service) return null
  const peer = forwarded ?? attributes['peer.service']
  if (typeof peer === 'string' && peer !== '') return peer
  for (const [system, name] of [
    ['db.system.name', 'db.namespace'],
    ['messaging.system', 'messaging.destination.name'],
  ] as const) {
    const kind = attributes[system]
    if (typeof kind !== 'string' || kind === '') continue
    const which = attributes[name]
    return typeof which === 'string' && which !== '' ? `${kind} ${which}` : kind
  }
  const address = attributes['server.address'] ?? attributes['rpc.service']
  return typeof address === 'string' && address !== '' ? address : null
}
