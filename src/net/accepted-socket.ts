// Hot path: once per plaintext connection, for the sake of each of its reads.
import { Socket } from 'node:net'

/** The part of a socket that node:net does not document, and that every Node so far has. */
interface WithHandle {
  _handle: object | null
}

// One buffer for all reads of a thread: its bytes are used or copied before the call returns (DESIGN §5).
// Below 64 KiB, so that copies of a whole read stay below the size from which the launcher has malloc map pages (scripts/with-node).
const readBuffer = Buffer.allocUnsafeSlow(56 * 1024)

/**
 * node:net reads accepted connections into a new 64 KiB buffer each time; only sockets that one opens oneself may bring a buffer (`onread`).
 * So the accepted connection is moved to a socket that does, which saves a tenth of the CPU of a proxied request (docs/decisions/030).
 * `accepted` must come from a server with `pauseOnConnect`. Where Node's inside has changed, null: then the caller goes on with `accepted`.
 */
export function withReadBuffer(accepted: Socket, received: (bytes: Buffer) => void): Socket | null {
  const inside = accepted as unknown as WithHandle
  const handle = inside._handle
  if (typeof handle !== 'object' || handle === null) return null
  inside._handle = null
  // Without its handle it closes nothing; the server only stops counting it.
  accepted.destroy()
  return new Socket({
    handle,
    allowHalfOpen: true,
    onread: {
      buffer: readBuffer,
      callback: (length: number) => {
        received(readBuffer.subarray(0, length))
        return true
      },
    },
  } as unknown as ConstructorParameters<typeof Socket>[0])
}
