import { once } from 'node:events'
import { createConnection, createServer } from 'node:net'
import type { ListenerConfig } from '../config/types.ts'
import type { ConfigIssue } from '../core/config-error.ts'

/**
 * Binds each address once without `reusePort`, so that a port that somebody else has is an issue that names it (DESIGN §3). What the
 * listeners of `before` hold is passed over: it is ours.
 */
export async function portIssues(
  listeners: readonly ListenerConfig[],
  before: readonly ListenerConfig[],
): Promise<ConfigIssue[]> {
  const held = new Set(before.map(addressText))
  const issues: ConfigIssue[] = []
  for (const [index, listener] of listeners.entries()) {
    if (held.has(addressText(listener))) continue
    const reason = await cannotBind(listener)
    if (reason !== null) issues.push({ pointer: `/listeners/${index}/address`, reason, place: listener.at })
  }
  return issues
}

function addressText({ address }: ListenerConfig): string {
  return address.kind === 'unix' ? `unix:${address.path}` : `${address.host}:${address.port}`
}

async function cannotBind(listener: ListenerConfig): Promise<string | null> {
  const { address } = listener
  if (address.kind === 'unix') {
    const probe = createConnection(address.path)
    const alive = await once(probe, 'connect').then(
      () => true,
      () => false,
    )
    probe.destroy()
    return alive ? `another process answers on ${address.path}` : null
  }
  // Who comes in this moment is sent away, and comes again: nobody here would answer.
  const probe = createServer(socket => socket.destroy())
  try {
    probe.listen({ host: address.host, port: address.port, exclusive: true })
    await once(probe, 'listening')
    return null
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const where = addressText(listener)
    if (code === 'EADDRINUSE') return `${where} is taken by another process`
    if (code === 'EACCES') return `${where} may not be bound: ports below 1024 need a privilege (CAP_NET_BIND_SERVICE)`
    return `${where} cannot be bound: ${message}`
  } finally {
    probe.close()
  }
}
