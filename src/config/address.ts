import { isIP } from 'node:net'
import type { Address, Target } from './types.ts'

/** `127.0.0.1:80`, `:443` (every address, IPv4 and IPv6), `[::1]:80`, `unix:/path`; or the reason why it is none. */
export function parseAddress(written: string): Address | string {
  if (written.startsWith('unix:')) return unixAddress(written)
  const found = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(written)
  if (found === null) return 'must be an address with a port: 127.0.0.1:8080, :443, [::1]:8080 or unix:/path'
  const [, v6, host = '', portText = ''] = found
  const port = Number(portText)
  if (port > 65535) return 'has a port above 65535'
  if (v6 !== undefined)
    return isIP(v6) === 6 ? { kind: 'tcp', host: v6, port } : 'has no IPv6 address between its brackets'
  if (host === '') return { kind: 'tcp', host: '::', port }
  if (host === 'localhost') return { kind: 'tcp', host: '127.0.0.1', port }
  if (isIP(host) === 4) return { kind: 'tcp', host, port }
  return 'must name an IP address of this machine, not a name: names can change behind our back'
}

/** Can only this machine reach it? */
export function isLoopback(address: Address): boolean {
  if (address.kind === 'unix') return true
  return address.host === '::1' || (isIP(address.host) === 4 && address.host.startsWith('127.'))
}

/** `127.0.0.1:80`, `[::1]:80`, `unix:/path`. */
export function formatAddress(address: Address): string {
  if (address.kind === 'unix') return `unix:${address.path}`
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}

/** `http://host:port`, `https://host`, `unix:/path`, without path, query or credentials; or the reason why not. */
export function parseTarget(written: string): Target | string {
  if (written.startsWith('unix:')) {
    const address = unixAddress(written)
    return typeof address === 'string' ? address : { url: written, tls: false, address, authority: 'localhost' }
  }
  if (!/^https?:\/\//.test(written) || !URL.canParse(written))
    return 'must be a target such as http://10.0.0.5:8080, https://orders.internal or unix:/run/app.sock'
  const url = new URL(written)
  if (url.username !== '' || url.password !== '') return 'must not hold credentials'
  if (url.search !== '' || url.hash !== '' || url.pathname !== '/')
    return 'must end after host and port: the path of the request is forwarded as it is'
  if (url.hostname === '') return 'has no host'
  const tls = url.protocol === 'https:'
  const port = url.port === '' ? (tls ? 443 : 80) : Number(url.port)
  if (port === 0) return 'has port 0'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return { url: `${url.protocol}//${url.host}`, tls, address: { kind: 'tcp', host, port }, authority: url.host }
}

function unixAddress(written: string): Address | string {
  const path = written.slice('unix:'.length)
  if (!path.startsWith('/') || path.includes('\0')) return 'must be unix: and an absolute path'
  // sun_path holds 108 bytes with its final NUL; the kernel would cut a longer one off in silence.
  if (Buffer.byteLength(path) > 107) return 'has a socket path longer than 107 bytes'
  return { kind: 'unix', path }
}
