import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** What one connection went through. */
export interface LoadedConnection {
  /** Answers that came whole. */
  answers: number
  /** Set when the connection ended with a request of ours unanswered, or with a bad answer. */
  failure: string | null
  closed: boolean
  /** The worker behind the last answer, if the origin gives the exchange's id back: ids begin with their worker's. */
  worker: string
}

export interface Load {
  readonly connections: readonly LoadedConnection[]
  /** Stops after the running requests and closes the connections. */
  stop(): Promise<void>
}

/** Keep-alive connections that each send one GET after the other; `judge` looks at each whole answer and says what is wrong with it. */
export function startLoad(
  port: number,
  path: string,
  count: number,
  judge: (answer: string) => string | null = answer => (answer.startsWith('HTTP/1.1 200') ? null : answer),
): Load {
  const wish = { stop: false }
  const connections = Array.from(
    { length: count },
    (): LoadedConnection => ({ answers: 0, failure: null, closed: false, worker: '' }),
  )
  const running = connections.map(async connection => {
    let socket = await opened(port)
    try {
      while (!wish.stop) {
        socket.write(`GET ${path} HTTP/1.1\r\nHost: load.test\r\n\r\n`)
        const answer = await wholeAnswer(socket)
        connection.failure = judge(answer)
        if (connection.failure !== null) return
        connection.answers++
        connection.worker = /\r\nx-request-id: ([^-\r]+)/i.exec(answer)?.[1] ?? ''
        // The server has said that it was the last one here.
        if (/\r\nconnection: close\r\n/i.test(answer)) {
          socket.destroy()
          socket = await opened(port)
        }
      }
    } catch (error) {
      connection.failure = String(error)
    } finally {
      connection.closed = !wish.stop
      socket.destroy()
    }
  })
  return {
    connections,
    async stop() {
      wish.stop = true
      await Promise.all(running)
    },
  }
}

async function opened(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.setNoDelay(true).setEncoding('latin1')
  await once(socket, 'connect')
  return socket.on('error', () => {})
}

function wholeAnswer(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const onData = (more: string): void => {
      text += more
      const head = text.indexOf('\r\n\r\n')
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1])
      if (head < 0 || text.length < head + 4 + length) return
      socket.off('data', onData).off('close', onClose)
      resolve(text)
    }
    const onClose = (): void => reject(new Error(`closed after ${text.length} bytes of an answer`))
    socket.on('data', onData).once('close', onClose)
    if (socket.closed) onClose()
  })
}
