import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { startGateway } from '../support/gateway.ts'
import { freePort } from '../support/ports.ts'
import type { Running } from '../support/process.ts'

/** A gateway in front of an origin that records every byte that reaches it. `await using` ends both. */
export interface World extends AsyncDisposable {
  readonly port: number
  readonly folder: string
  readonly configPath: string
  readonly gateway: Running
  /** Raw text of each connection's requests, in order of arrival. */
  readonly seen: string[]
  /** Sends raw bytes on one connection and gives all that came back until it closed or `quietMs` passed without a byte. */
  raw(text: string | Buffer, quietMs?: number): Promise<string>
  /** Forgets what the origin saw, sends, and gives both: the answer's status and what reached the origin ('' = nothing). */
  attack(text: string | Buffer): Promise<{ readonly status: number; readonly answer: string; readonly origin: string }>
}

/** Starts it with everything of a configuration but version, listener `main` and service `origin`, which are put in front. FOLDER in the texts is the world's folder. */
export async function startWorld(
  rest: string,
  options: { top?: string; listener?: string; env?: Record<string, string> } = {},
): Promise<World> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'portcullis-attack-'))
  const seen: string[] = []
  const origin = await startOrigin(seen)
  const port = await freePort()
  const configPath = path.join(folder, 'portcullis.yaml')
  await writeFile(
    configPath,
    configuration(
      port,
      (origin.address() as AddressInfo).port,
      rest.replaceAll('FOLDER', folder),
      options.top?.replaceAll('FOLDER', folder),
      options.listener,
    ),
  )
  const end = async (): Promise<void> => {
    origin.close()
    for (const socket of sockets.get(origin) ?? []) socket.destroy()
    await rm(folder, { recursive: true, force: true })
  }
  let gateway: Running
  try {
    gateway = await startGateway({ config: configPath, ...(options.env === undefined ? {} : { env: options.env }) })
  } catch (error) {
    await end()
    throw error
  }
  const raw = (text: string | Buffer, quietMs = 150): Promise<string> => exchange(port, text, quietMs)
  return {
    port,
    folder,
    configPath,
    gateway,
    seen,
    raw,
    async attack(text) {
      seen.length = 0
      const answer = await raw(text, 50)
      return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0), answer, origin: seen.join('') }
    },
    async [Symbol.asyncDispose]() {
      await gateway.stop()
      await end()
    },
  }
}

/** The configuration's text for a gateway and an origin on these ports. */
export function configuration(port: number, originPort: number, rest: string, top = '', listener = ''): string {
  return `version: 1
${top}
listeners:
  - { name: main, address: "127.0.0.1:${port}"${listener === '' ? '' : `, ${listener}`} }
services:
  origin: { targets: ["http://127.0.0.1:${originPort}"] }
${rest}`
}

const sockets = new WeakMap<Server, Set<Socket>>()

/** Answers 200 to everything that looks like a request, and records all bytes. */
async function startOrigin(seen: string[]): Promise<Server> {
  const open = new Set<Socket>()
  const server = createServer(socket => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => {})
    let pending = ''
    socket.on('data', chunk => {
      const text = chunk.toString('latin1')
      seen.push(text)
      pending += text
      for (;;) {
        const head = pending.indexOf('\r\n\r\n')
        if (head < 0) return
        const length = Number(/\r\ncontent-length: (\d+)/i.exec(pending.slice(0, head))?.[1] ?? 0)
        const chunked = /\r\ntransfer-encoding: chunked/i.test(pending.slice(0, head))
        const end = chunked ? chunkedEnd(pending, head + 4) : head + 4 + length
        if (end < 0 || pending.length < end) return
        pending = pending.slice(end)
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      }
    })
  })
  sockets.set(server, open)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function chunkedEnd(text: string, from: number): number {
  const last = text.startsWith('0\r\n', from) ? from : text.indexOf('\r\n0\r\n', from) + 2
  if (last < 2) return -1
  const end = text.indexOf('\r\n\r\n', last + 1)
  return end < 0 ? -1 : end + 4
}

function exchange(port: number, text: string | Buffer, quietMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text as string, 'latin1'))
    // Longer before the first byte: the answer may take its time, silence after it is the end.
    let timer = setTimeout(end, Math.max(5_000, quietMs))
    function end(): void {
      clearTimeout(timer)
      socket.destroy()
      resolve(answer)
    }
    socket.on('data', chunk => {
      answer += chunk.toString('latin1')
      clearTimeout(timer)
      timer = setTimeout(end, quietMs)
    })
    socket.on('close', end)
    socket.on('error', error => {
      clearTimeout(timer)
      if (answer === '') reject(error)
      else resolve(answer)
    })
  })
}
