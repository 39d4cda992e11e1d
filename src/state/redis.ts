import { hash, randomUUID } from 'node:crypto'
import type { Host, Log, StoreSettings } from '../core/host.ts'
import { watchEviction } from './redis-eviction.ts'
import { bucketScript } from './redis-scripts.ts'
import type { RedisScript } from './redis-scripts.ts'

/** A Redis or Valkey server that gateways share. */
export interface RedisStore {
  /**
   * Runs a script with one key. Resolves with its reply, or with a text, the private reason why there is none, at the latest after the
   * store's timeout; while the store is known to be away the text comes at once. Never rejects.
   */
  run(script: RedisScript, key: string, args: readonly string[]): Promise<unknown> | string
  close(): void
}

/** The little of the library's client that is used here. */
interface Client {
  readonly isReady: boolean
  on(event: 'error', listener: (error: Error) => void): unknown
  connect(): Promise<unknown>
  sendCommand(args: string[]): Promise<unknown>
  destroy(): void
}

const probeFirstMs = 100
const probeMostMs = 1_000
// A server that was stopped keeps its socket; one that vanished without a word does too. After so many silent probes a new one is dialled.
const silentProbesMax = 5

/** The named store of a configuration. One connection per worker; it survives reloads that do not change its settings. */
export function keepRedisStore(host: Host, name: string): RedisStore {
  const settings = host.stores[name]
  if (settings === undefined) throw new RangeError(`no store is named ${name}`)
  const identity = hash('sha256', `${settings.timeoutMs} ${settings.redis.reveal()}`, 'hex').slice(0, 32)
  return host.keep(`redis:${name}:${identity}`, () => openRedisStore(name, settings, host.log))
}

/** Opens a store. It connects by itself soon after, so that no start waits for a server and the first request seldom does. */
export function openRedisStore(name: string, settings: StoreSettings, log: Log): RedisStore {
  const { timeoutMs } = settings
  let client: Client | null = null
  let connecting: Promise<void> | null = null
  let away: string | null = null
  let lastError = 'not connected'
  let closed = false
  let dials = 0
  let probe: { readonly script: RedisScript; readonly args: readonly string[] } = {
    script: bucketScript,
    args: ['16', '16'],
  }
  let timer: ReturnType<typeof setTimeout> | undefined
  const eviction = watchEviction(name, log, randomUUID())

  // In the next turn: a configuration that is only checked closes the store in this one, and then nobody loads or dials anything.
  const early = setImmediate(() => {
    if (connecting === null) dial()
  })

  function dial(): void {
    // Loaded here and not above: the library takes 0.2 s and 38 MB in every thread that loads it.
    const library = import('redis')
    const mine = ++dials
    connecting = library.then(
      ({ createClient }) => (closed || mine !== dials ? undefined : connect(createClient(clientOptions(settings)))),
      (error: unknown) => leave(reasonOf(error)),
    )
  }

  /** Settles when the connection is there or the first attempt failed; the client goes on dialling by itself. */
  function connect(dialled: Client): Promise<void> {
    client = dialled
    return new Promise(resolve => {
      // Without a listener an error event would end the process.
      dialled.on('error', (error: Error) => {
        resolve()
        if (client !== dialled) return
        lastError = reasonOf(error)
        leave(lastError)
      })
      dialled.connect().then(
        () => {
          resolve()
          void eviction.start(dialled)
        },
        () => resolve(),
      )
    })
  }

  function leave(reason: string): void {
    if (closed || away !== null) return
    away = reason
    log.warn('store is not available', { store: name, reason })
    schedule(0, 0)
  }

  function schedule(delayMs: number, silent: number): void {
    timer = setTimeout(() => void look(delayMs, silent), delayMs)
    timer.unref()
  }

  // The probe is a decision of its own key by the script that failed: a server that answers PING but lacks the right, the memory or the
  // master to count would otherwise open and shut the door all the time.
  async function look(lastMs: number, silent: number): Promise<void> {
    const found = await ask(probe.script, `portcullis:b:{probe-${name}}`, probe.args)
    if (closed) return
    if (typeof found !== 'string') {
      away = null
      log.info('store is available again', { store: name })
      return
    }
    away = found
    const nextMs = Math.min(probeMostMs, Math.max(probeFirstMs, lastMs * 2))
    if (silent + 1 >= silentProbesMax && found === silence) {
      hangUp()
      dial()
      schedule(nextMs, 0)
    } else schedule(nextMs, found === silence ? silent + 1 : 0)
  }

  const silence = `no answer within ${timeoutMs} ms`

  /** One script within the timeout; a text says why there is no reply. */
  function ask(script: RedisScript, key: string, args: readonly string[]): Promise<unknown> {
    return new Promise(resolve => {
      // One more turn of the loop: after a pause of our own the reply may be here already, unread.
      const late = setTimeout(() => setImmediate(() => resolve(silence)), timeoutMs)
      const end = (value: unknown) => {
        clearTimeout(late)
        resolve(value)
      }
      send(script, key, args).then(end, (error: unknown) => end(reasonOf(error)))
    })
  }

  async function send(script: RedisScript, key: string, args: readonly string[]): Promise<unknown> {
    if (connecting === null) dial()
    // The first requests wait for the connection, within their time; once it is known to be away nobody waits for it.
    if (client?.isReady !== true && away === null) await connecting
    const connected = client
    if (connected === null || !connected.isReady) throw new Error(lastError)
    try {
      return await connected.sendCommand(['EVALSHA', script.sha, '1', key, ...args])
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
      return await connected.sendCommand(['EVAL', script.text, '1', key, ...args])
    }
  }

  function hangUp(): void {
    eviction.stop()
    const old = client
    client = null
    connecting = null
    try {
      old?.destroy()
    } catch {
      // It was not open: there is nothing to hang up.
    }
  }

  return {
    run(script, key, args) {
      if (closed) return 'the store was closed'
      if (away !== null) return away
      return ask(script, key, args).then(reply => {
        if (typeof reply === 'string') {
          probe = { script, args }
          leave(reply)
        }
        return reply
      })
    },
    close() {
      closed = true
      clearImmediate(early)
      clearTimeout(timer)
      hangUp()
    },
  }
}

function clientOptions(settings: StoreSettings) {
  return {
    url: settings.redis.reveal(),
    RESP: 2,
    // Waiting is ours: a command that cannot go out now fails now, and the timeout of a request is one timer.
    disableOfflineQueue: true,
    commandOptions: { timeout: 0 },
    maintNotifications: 'disabled',
    // An ACL that lets us count need not let us name ourselves.
    disableClientInfo: true,
    socket: {
      connectTimeout: Math.max(1_000, settings.timeoutMs),
      keepAlive: true,
      reconnectStrategy: (retries: number) =>
        Math.min(1_000, 50 * 2 ** Math.min(retries, 5)) + Math.floor(Math.random() * 50),
    },
  } as const
}

// Private words: the server's own error code and text, or the system's. They hold no credentials; the URL is never part of them.
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error'
  if (error instanceof AggregateError) return reasonOf(error.errors[0])
  const code = (error as NodeJS.ErrnoException).code
  return error.message === '' ? (code ?? error.name) : error.message
}
