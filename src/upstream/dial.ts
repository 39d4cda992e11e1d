import { connect as connectTcp, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { TargetSettings } from './target-pool.ts'

// One buffer for all reads of a thread: its bytes are used or copied before the call returns (DESIGN §5).
// Below 64 KiB, so that copies of a whole read stay below the size from which the launcher has malloc map pages (scripts/with-node).
const readBuffer = Buffer.allocUnsafeSlow(56 * 1024)

/**
 * Opens a socket to a target, TLS included. `ready` when it can carry requests; `received` gets a buffer and how many of its bytes were
 * read; they are valid during the call only.
 * Throws when the TLS settings cannot be used.
 */
export function dial(
  { address, tls }: TargetSettings,
  lookup: LookupFunction,
  ready: () => void,
  received: (bytes: Buffer, length: number) => void,
): Socket {
  const where =
    address.kind === 'unix'
      ? { path: address.path }
      : { host: address.host, port: address.port, autoSelectFamily: true, lookup }
  if (tls === null) {
    const socket = connectTcp({
      ...where,
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: length => {
          received(readBuffer, length)
          return true
        },
      },
    })
    return socket.once('connect', ready)
  }
  // Which address is dialled and which name is verified are two things: the options say the name, `where` the address.
  const socket = connectTls({ ...tls.options(), ...where })
  tls.keep(socket)
  socket.setNoDelay(true)
  socket.on('data', (bytes: Buffer) => received(bytes, bytes.length))
  return socket.once('secureConnect', ready)
}
