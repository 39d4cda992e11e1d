import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

/**
 * A TCP port of loopback that nobody listens on now. Only for servers that cannot be told port 0 (nginx, Redis, the gateway in a
 * separate process): between the answer and the server's bind somebody else may take it.
 */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const [port] = await freePorts(1, host)
  return port as number
}

/** Several different free ports; all are held until all are known. */
export async function freePorts(count: number, host = '127.0.0.1'): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  try {
    await Promise.all(
      servers.map(
        server => new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, host, resolve)),
      ),
    )
    return servers.map(server => (server.address() as AddressInfo).port)
  } finally {
    await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  }
}
