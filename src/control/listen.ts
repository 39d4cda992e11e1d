import { chmodSync, rmSync, statSync } from 'node:fs'
import { connect, type Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import type { Address } from '../config/types.ts'

/** Binds `server` and gives the port (0 for a Unix socket). Rejects with words that name what is taken and what to do. */
export async function listen(server: Server, address: Address, what: string): Promise<number> {
  if (address.kind === 'unix') await removeDeadSocket(address.path)
  const listening = once(server, 'listening')
  if (address.kind === 'unix') server.listen(address.path)
  else server.listen({ host: address.host, port: address.port, exclusive: true })
  try {
    await listening
  } catch (error) {
    throw new Error(`${what}: ${reason(error as NodeJS.ErrnoException, address)}`, { cause: error })
  }
  if (address.kind === 'unix') {
    chmodSync(address.path, 0o600)
    return 0
  }
  return (server.address() as AddressInfo).port
}

function reason(error: NodeJS.ErrnoException, address: Address): string {
  const where = address.kind === 'unix' ? address.path : `${address.host}:${address.port}`
  switch (error.code) {
    case 'EADDRINUSE':
      return `${where} is taken by another process; end that one or choose another address`
    case 'EACCES':
      return `${where} is not allowed for this user; choose a port above 1023 or another path`
    case 'EADDRNOTAVAIL':
      return `${where} is not an address of this machine`
    default:
      return `cannot listen on ${where}: ${error.message}`
  }
}

/** A socket file that a crash left behind; one that still answers stays and is an error of listen. */
async function removeDeadSocket(path: string): Promise<void> {
  if (!statSync(path, { throwIfNoEntry: false })?.isSocket()) return
  const probe = connect(path)
  try {
    await once(probe, 'connect')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') rmSync(path)
  } finally {
    probe.destroy()
  }
}
