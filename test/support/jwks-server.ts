import { hash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A real HTTP server on loopback that gives out key documents, and does to them what a test says. */
export interface JwksServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
  /** Paths of all requests so far. */
  readonly requests: string[]
  /** Answers every request from now on. */
  answer: (request: IncomingMessage, response: ServerResponse) => void
  /** Answers with this document as JSON from now on, with an ETag. */
  serve(document: unknown, headers?: Readonly<Record<string, string>>): void
  close(): Promise<void>
}

/** Starts the server with an empty key set. */
export async function startJwksServer(): Promise<JwksServer> {
  const requests: string[] = []
  const http: Server = createServer((request, response) => {
    requests.push(request.url ?? '')
    server.answer(request, response)
  })
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  const server: JwksServer = {
    origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    requests,
    answer: (_, response) => response.end('{"keys":[]}'),
    serve(document, headers = {}) {
      const body = typeof document === 'string' ? document : JSON.stringify(document)
      const etag = `"${hash('sha256', body)}"`
      server.answer = (request, response) => {
        if (request.headers['if-none-match'] === etag) response.writeHead(304, headers).end()
        else response.writeHead(200, { 'content-type': 'application/json', etag, ...headers }).end(body)
      }
    },
    close: () =>
      new Promise(resolve => {
        http.close(() => resolve())
        http.closeAllConnections()
      }),
  }
  return server
}
