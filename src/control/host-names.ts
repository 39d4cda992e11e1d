import type { Address } from '../config/types.ts'

/** Says whether a value of Host may be served. */
export type HostCheck = (host: string | undefined) => boolean

/**
 * Against DNS rebinding: a page of a stranger's can make a browser resolve the stranger's name to 127.0.0.1, but not send another Host.
 * The address itself is accepted with its port, `localhost` too when it is loopback or a Unix socket; an entry of `hosts` without a port goes with any.
 */
export function createHostCheck(address: Address, port: number, hosts: readonly string[]): HostCheck {
  const accepted = new Set<string>()
  for (const host of hosts) accepted.add(host.toLowerCase())
  if (address.kind === 'unix') accepted.add('localhost')
  else {
    const names = isLoopback(address.host) ? ['localhost', '127.0.0.1', '[::1]'] : []
    for (const name of [...names, bracketed(address.host)]) accepted.add(`${name.toLowerCase()}:${port}`)
  }
  return host => {
    const value = (host ?? '').toLowerCase()
    return accepted.has(value) || accepted.has(value.replace(/:\d{1,5}$/, ''))
  }
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
