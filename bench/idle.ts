import { connect as connectTcp } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { rssBytes } from './process-cost.ts'
import { wrk } from './load.ts'
import type { Subject } from './subjects.ts'

/** Connections from one loopback address; more would meet the gateway's own limit per address, as they should. */
const PER_ADDRESS = 500
/** Opened at a time, so that no handshake waits for long. */
const BATCH = 50

/**
 * Resident bytes per idle keep-alive connection: `count` connections that each made one request and then wait. The subject has had a
 * load before, so that what it needs to work at all is not counted on the connections.
 */
export async function bytesPerIdleConnection(subject: Subject, count: number): Promise<number> {
  await wrk({ url: `${subject.url}/orders`, seconds: 2 })
  await settle()
  const before = rssBytes(subject.pid)
  const sockets: Socket[] = []
  try {
    for (let opened = 0; opened < count; opened += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, count - opened) }, (_, index) =>
        openIdle(subject.url, `127.0.1.${1 + Math.floor((opened + index) / PER_ADDRESS)}`),
      )
      sockets.push(...(await Promise.all(batch)))
    }
    await settle()
    const alive = sockets.filter(socket => !socket.destroyed).length
    if (alive < count) throw new Error(`${count - alive} of ${count} idle connections were closed`)
    return (rssBytes(subject.pid) - before) / count
  } finally {
    for (const socket of sockets) socket.destroy()
  }
}

/** A connection that has got one answer. */
function openIdle(target: string, localAddress: string): Promise<Socket> {
  const url = new URL(target)
  const port = Number(url.port)
  return new Promise((resolve, reject) => {
    const tls = url.protocol === 'https:'
    const tcp = connectTcp({ host: url.hostname, port, localAddress })
    const socket = tls ? connectTls({ socket: tcp, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] }) : tcp
    socket.once(tls ? 'secureConnect' : 'connect', () =>
      socket.write(`GET /orders HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`),
    )
    socket.once('data', (bytes: Buffer) => {
      if (bytes.toString('latin1', 9, 12) === '200') resolve(socket)
      else reject(new Error(`an idle connection was answered ${bytes.toString('latin1', 0, 64)}`))
    })
    socket.once('error', reject)
    tcp.once('error', reject)
  })
}

/** Memory is given back and lazily taken; two seconds are enough for both to show. */
function settle(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 2_000))
}
