import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { readStrictly, type StrictRequest } from './strict-reader.ts'

/** What one connection brought. */
export interface Recording {
  /** Every byte, latin-1. */
  text: string
  closed: boolean
  /** How many requests were answered. */
  answered: number
}

export interface RecordingOrigin extends AsyncDisposable {
  readonly port: number
  readonly recordings: Recording[]
  /** All whole requests of all connections, in the order in which they became whole. */
  readonly requests: StrictRequest[]
  /** What a strict reader refuses: reason and bytes. */
  readonly faults: string[]
  /** Resolves when a connection changed. */
  changed(): Promise<void>
}

/** A service that keeps every byte it gets and answers each request that a strict reader finds in them; bytes with a fault end the connection. */
export async function recordingOrigin(): Promise<RecordingOrigin> {
  const recordings: Recording[] = []
  const requests: StrictRequest[] = []
  const faults: string[] = []
  const sockets = new Set<Socket>()
  let wake: Array<() => void> = []
  const notify = (): void => {
    for (const waiting of wake.splice(0)) waiting()
  }
  const server = createServer({ noDelay: true }, socket => {
    const recording: Recording = { text: '', closed: false, answered: 0 }
    recordings.push(recording)
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      recording.closed = true
      sockets.delete(socket)
      notify()
    })
    socket.on('data', chunk => {
      recording.text += chunk.toString('latin1')
      const reading = readStrictly(recording.text)
      for (const request of reading.requests.slice(recording.answered)) {
        requests.push(request)
        socket.write(
          `HTTP/1.1 200 OK\r\nContent-Length: ${request.method === 'HEAD' ? 2 : request.target.length}\r\n\r\n${request.method === 'HEAD' ? '' : request.target}`,
        )
      }
      recording.answered = reading.requests.length
      if (reading.fault !== null) {
        faults.push(`${reading.fault} in ${JSON.stringify(recording.text.slice(-2000))}`)
        socket.destroy()
      }
      notify()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    recordings,
    requests,
    faults,
    changed: () => new Promise(resolve => wake.push(resolve)),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
