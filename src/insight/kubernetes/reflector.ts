import type { Log } from '../../core/host.ts'
import { isMap, type JsonMap } from '../inventory/openapi/references.ts'
import { type ApiServer, ApiRefusal } from './api-server.ts'

/** What a collection holds, kept equal to the server's (Kubernetes, "Efficient detection of changes"). */
export interface ReflectorOptions {
  readonly server: ApiServer
  /** `/api/v1/pods`. */
  readonly path: string
  /** In the words of `fieldSelector`; '' : everything. */
  readonly fields: string
  /** The whole collection, page by page; ended by `onListed`. */
  readonly onItem: (object: JsonMap) => void
  readonly onListed: () => void
  readonly onChange: (type: 'put' | 'delete', object: JsonMap) => void
  /** Resolves after that many ms; rejects when all is over. */
  readonly pause: (ms: number) => Promise<void>
  readonly log: Log
}

const pageSize = 500
/** Of one list: 500,000 objects. */
const pagesMax = 1000
const watchSeconds = 290
const pauseMs = { first: 1000, most: 60_000 } as const

/** Forgotten by the server: everything has to be listed again (410, "resource version too old"). */
class Expired extends Error {}

/** List, then watch from there, for ever: a watch that ends goes on from the last version; one that is too old lists again; failures wait longer each time. Ends when `pause` rejects. */
export async function reflect(options: ReflectorOptions): Promise<void> {
  const { server, path, log } = options
  let version: string | null = null
  let wait: number = pauseMs.first
  let complained = ''
  for (;;) {
    let failure: unknown = null
    try {
      version ??= await listed(options)
      let events = 0
      // From here on it is at work.
      await server.watch(watchPath(options, version), line => {
        version = taken(line, options) ?? version
        events++
      })
      if (events > 0) {
        wait = pauseMs.first
        complained = ''
      }
    } catch (error) {
      failure = error
    }
    if (failure instanceof Expired || (failure instanceof ApiRefusal && failure.status === 410)) version = null
    else if (failure !== null) {
      const words = (failure as Error).message
      // Once for each trouble, not once a minute.
      if (words !== complained) log.warn(`insight cannot watch ${path}: ${words}`)
      complained = words
    }
    await options.pause(wait)
    // Also a watch that ends at once, and a server that forgets at once, are asked less and less often.
    wait = Math.min(pauseMs.most, wait * 2)
  }
}

/** Lists everything; the version that a watch goes on from. */
async function listed(options: ReflectorOptions): Promise<string> {
  let next = ''
  for (let page = 0; page < pagesMax; page++) {
    const query = new URLSearchParams({ limit: String(pageSize) })
    if (options.fields !== '') query.set('fieldSelector', options.fields)
    if (next !== '') query.set('continue', next)
    const list = await options.server.get(`${options.path}?${query}`)
    const metadata = isMap(list) ? list['metadata'] : null
    if (!isMap(list) || !isMap(metadata) || typeof metadata['resourceVersion'] !== 'string')
      throw new Error('the API server answered no list')
    for (const item of Array.isArray(list['items']) ? list['items'] : []) if (isMap(item)) options.onItem(item)
    next = typeof metadata['continue'] === 'string' ? metadata['continue'] : ''
    if (next === '') {
      options.onListed()
      return metadata['resourceVersion']
    }
  }
  throw new Error(`the list has more than ${pagesMax} pages`)
}

function watchPath({ path, fields }: ReflectorOptions, version: string): string {
  const query = new URLSearchParams({
    watch: '1',
    allowWatchBookmarks: 'true',
    resourceVersion: version,
    timeoutSeconds: String(watchSeconds),
  })
  if (fields !== '') query.set('fieldSelector', fields)
  return `${path}?${query}`
}

/** Takes one event; the version that it brought. */
function taken(line: string, options: ReflectorOptions): string | null {
  const event: unknown = JSON.parse(line)
  if (!isMap(event) || !isMap(event['object'])) throw new Error('the API server sent no event')
  const { type, object } = event as { readonly type: unknown; readonly object: JsonMap }
  if (type === 'ERROR') {
    if (object['code'] === 410) throw new Expired()
    throw new Error(`the API server ended the watch with ${String(object['code'])}`)
  }
  if (type === 'ADDED' || type === 'MODIFIED') options.onChange('put', object)
  else if (type === 'DELETED') options.onChange('delete', object)
  // What is neither, nor a bookmark, is of a newer protocol; its version is as good.
  const metadata = object['metadata']
  return isMap(metadata) && typeof metadata['resourceVersion'] === 'string' ? metadata['resourceVersion'] : null
}
