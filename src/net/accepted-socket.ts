// Hot path: once per connection, for the sake of each of its reads.
import { Socket } from 'node:net'

// Below 64 KiB, so that copies of a whole read stay below the size from which the launcher has malloc map pages (scripts/with-node).
// One buffer for all reads of a thread: its bytes are used or copied before the call returns (DESIGN §5).
const readBuffer = Buffer.allocUnsafeSlow(56 * 1024)

/** What a socket that was opened with `onread` carries, by the symbols that node:net uses for it. */
interface Inside {
  _handle: { useUserBuffer?: (buffer: Uint8Array) => void } | null
  [symbol: symbol]: unknown
}

// The symbols are found on a socket made in the documented way, once; in a Node that names them otherwise there are none.
const sample = new Socket({ onread: { buffer: readBuffer, callback: () => true } })
const symbolOf = (name: string): symbol | undefined =>
  Object.getOwnPropertySymbols(sample).find(symbol => symbol.description === name)
const kBuffer = symbolOf('kBuffer')
const kBufferCb = symbolOf('kBufferCb')
const kBufferGen = symbolOf('kBufferGen')
sample.destroy()

/**
 * Lets an accepted socket (plain or TLS) read into one buffer of the thread and hand its first `length` bytes to `received`, as `onread` does for sockets that
 * one opens oneself: node:net offers it to no other, and reads them into a new allocation each time, through the stream machinery, which
 * costs a proxied request a tenth of its CPU (docs/decisions/030). False where Node's inside has changed or something has been read
 * already: then the caller listens for `data` as usual.
 */
export function shareReadBuffer(socket: Socket, received: (bytes: Buffer, length: number) => void): boolean {
  const inside = socket as unknown as Inside
  const handle = inside._handle
  if (kBuffer === undefined || kBufferCb === undefined || kBufferGen === undefined) return false
  if (typeof handle?.useUserBuffer !== 'function' || socket.readableLength > 0) return false
  inside[kBuffer] = readBuffer
  inside[kBufferGen] = null
  inside[kBufferCb] = (length: number): boolean => {
    received(readBuffer, length)
    return true
  }
  handle.useUserBuffer(readBuffer)
  return true
}
