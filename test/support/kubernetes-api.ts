import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TestCertificate } from './certificates.ts'

// A stand-in for the API server of Kubernetes: it speaks list and watch as "API concepts" documents them (pages with `limit` and `continue`, watches from a
// resourceVersion, bookmarks, 410 when that is too old, 401 and 403), over TLS. It is no API server: nothing is defaulted, validated or stored.

export interface KubeObject {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [key: string]: unknown }
  readonly [key: string]: unknown
}

export interface KubernetesApi {
  readonly url: string
  /** `GET /api/v1/pods?…`, in the order they came. */
  readonly requests: string[]
  /** Open watches by path. */
  watching(path: string): number
  put(path: string, object: KubeObject): void
  delete(path: string, namespacedName: string, last?: object): void
  /** Forgets its history: watches from before get 410, as after a compaction. `while`: changes that no watch will tell. */
  compact(meanwhile?: () => void): void
  /** Tells open watches how far it is. */
  bookmark(): void
  /** Ends open watches, as after their time. */
  endWatches(): void
  /** Paths that are answered with 403. */
  readonly forbidden: Set<string>
  token: string
  close(): Promise<void>
}

interface Watch {
  readonly path: string
  readonly answer: ServerResponse
}

export async function startKubernetesApi(certificate: TestCertificate, token: string): Promise<KubernetesApi> {
  const collections = new Map<string, Map<string, KubeObject>>()
  const history: Array<{ readonly path: string; readonly version: number; readonly line: string }> = []
  const watches = new Set<Watch>()
  const requests: string[] = []
  const forbidden = new Set<string>()
  let version = 100
  let oldest = 100
  let silent = false

  const collection = (path: string): Map<string, KubeObject> => {
    const known = collections.get(path) ?? new Map<string, KubeObject>()
    collections.set(path, known)
    return known
  }
  const nameOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`
  const stamped = (object: KubeObject): KubeObject => ({
    ...object,
    metadata: { ...object.metadata, resourceVersion: String(version) },
  })

  function tell(path: string, type: string, object: object): void {
    const line = `${JSON.stringify({ type, object })}\n`
    history.push({ path, version, line })
    if (!silent) for (const watch of watches) if (watch.path === path) watch.answer.write(line)
  }

  function refuse(answer: ServerResponse, code: number): void {
    answer.writeHead(code, { 'content-type': 'application/json' })
    answer.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code }))
  }

  function list(path: string, query: URLSearchParams, answer: ServerResponse): void {
    const all = [...collection(path).values()].filter(object => {
      const wanted = /^metadata\.name=(.+)$/.exec(query.get('fieldSelector') ?? '')?.[1]
      return wanted === undefined || object.metadata.name === wanted
    })
    const from = Number(query.get('continue') ?? 0)
    const limit = Math.min(2, Number(query.get('limit') ?? 2))
    const next = from + limit < all.length ? String(from + limit) : ''
    answer.writeHead(200, { 'content-type': 'application/json' })
    // Items of a list do not say their kind.
    answer.end(
      JSON.stringify({
        kind: 'List',
        metadata: { resourceVersion: String(version), ...(next === '' ? {} : { continue: next }) },
        items: all.slice(from, from + limit).map(object => ({ ...object, kind: undefined })),
      }),
    )
  }

  function watch(path: string, query: URLSearchParams, answer: ServerResponse): void {
    const from = Number(query.get('resourceVersion'))
    answer.writeHead(200, { 'content-type': 'application/json' })
    answer.flushHeaders()
    if (from < oldest) {
      answer.end(`${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } })}\n`)
      return
    }
    for (const event of history) if (event.path === path && event.version > from) answer.write(event.line)
    const open = { path, answer }
    watches.add(open)
    answer.on('close', () => watches.delete(open))
  }

  const server = createServer(
    { cert: certificate.certificate, key: certificate.key },
    (request: IncomingMessage, answer) => {
      requests.push(`${request.method} ${request.url}`)
      const url = new URL(request.url ?? '/', 'https://api')
      if (request.headers.authorization !== `Bearer ${api.token}`) refuse(answer, 401)
      else if (forbidden.has(url.pathname)) refuse(answer, 403)
      else if (url.searchParams.get('watch') === '1') watch(url.pathname, url.searchParams, answer)
      else list(url.pathname, url.searchParams, answer)
    },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const api: KubernetesApi = {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    forbidden,
    token,
    watching: path => [...watches].filter(open => open.path === path).length,
    put(path, object) {
      version++
      const name = nameOf(object)
      const type = collection(path).has(name) ? 'MODIFIED' : 'ADDED'
      collection(path).set(name, stamped(object))
      tell(path, type, stamped(object))
    },
    delete(path, name, last = {}) {
      const before = collection(path).get(name)
      if (before === undefined) throw new Error(`there is no ${name}`)
      version++
      collection(path).delete(name)
      tell(
        path,
        'DELETED',
        stamped({ ...before, ...last, metadata: { ...before.metadata, ...(last as KubeObject).metadata } }),
      )
    },
    compact(meanwhile) {
      silent = true
      meanwhile?.()
      silent = false
      history.length = 0
      oldest = ++version
      api.endWatches()
    },
    bookmark() {
      version++
      for (const { answer } of watches)
        answer.write(
          `${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(version) } } })}\n`,
        )
    },
    endWatches() {
      for (const { answer } of watches) answer.end()
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return api
}
