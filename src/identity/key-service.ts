import { randomBytes } from 'node:crypto'
import type { MessagePort } from 'node:worker_threads'
import type { Clock, KeySource, Log } from '../core/host.ts'
import { createDocumentFetch, type FetchDocument } from './fetch-document.ts'
import { defaultMaxStaleMs, sourceId, type KeyMessage, type WantMessage } from './messages.ts'
import { createRemoteSet, type RemoteSet, type RemoteWorld } from './remote-set.ts'
import { createStrictReader } from './strict-json.ts'

/** One remote key set, for metrics and the control API. */
export interface KeyStatus {
  readonly issuer: string
  /** Where the keys come from: a URL, or `discovery`. */
  readonly place: string
  /** `stale`: the last refresh failed, and the keys still serve. */
  readonly state: 'ready' | 'stale' | 'unavailable'
  readonly version: number
  readonly keys: number
  /** Wall clock of the last good answer, ms since the epoch; null when there was none. */
  readonly fetchedAt: number | null
  /** Since then, ms; null when there was none. */
  readonly ageMs: number | null
  readonly lastError: string | null
  /** Keys that do not count, with the reason. */
  readonly dropped: readonly string[]
}

/** Owns every remote key set of the process; lives in the main thread. */
export interface KeyService {
  /**
   * Called with all sources of each committed configuration: fetches new ones, keeps the others with their state, drops
   * the rest. Settles after the first attempts; readiness never waits for it. Never rejects.
   */
  require(sources: readonly KeySource[]): Promise<void>
  /** Serves one worker; gives a function that stops. A closed port stops by itself. */
  attach(port: MessagePort): () => void
  status(): readonly KeyStatus[]
  /** Starts what is due; called every second by the service itself, and by tests. Settles when those attempts have. */
  tick(): Promise<void>
  close(): Promise<void>
}

export interface KeyServiceWorld {
  readonly clock: Clock
  readonly log: Log
  /** How documents are got; undici by default. */
  readonly fetch?: FetchDocument
  /** For one attempt, discovery included, ms. */
  readonly timeoutMs?: number
}

interface Held {
  readonly set: RemoteSet
  readonly place: string
  maxStaleMs: number
}

/** Starts the service with no sources. `close` ends its timer, its fetches and its ports. */
export function createKeyService(world: KeyServiceWorld): KeyService {
  const { clock, log } = world
  const own = world.fetch === undefined ? createDocumentFetch() : null
  const held = new Map<string, Held>()
  // The version of each set that each worker holds, so that keys cross only when they changed.
  const ports = new Map<MessagePort, Map<string, number>>()
  let version = 0

  const remoteWorld: RemoteWorld = {
    clock,
    log,
    fetch: world.fetch ?? (own as FetchDocument),
    read: createStrictReader(randomBytes(16)),
    timeoutMs: world.timeoutMs ?? 5_000,
    nextVersion: () => ++version,
    settled: set => {
      for (const [port, sent] of ports) push(port, sent, set)
    },
  }
  const timer = setInterval(() => void tick(), 1_000)
  timer.unref()

  function tick(): Promise<void> {
    const nowMs = clock.monotonic()
    return all([...held.values()].filter(one => nowMs >= one.set.dueMs).map(one => one.set.refresh()))
  }

  async function answer(port: MessagePort, message: WantMessage): Promise<void> {
    await held.get(message.id)?.set.refresh()
    post(port, { kind: 'done', ask: message.ask })
  }

  return {
    require(sources) {
      const wanted = new Map<string, { readonly source: KeySource; maxStaleMs: number }>()
      for (const source of sources) {
        if (source.keys !== undefined) continue
        const id = sourceId(source)
        const maxStaleMs = source.maxStaleMs ?? defaultMaxStaleMs
        const same = wanted.get(id)
        if (same === undefined) wanted.set(id, { source, maxStaleMs })
        else same.maxStaleMs = Math.max(same.maxStaleMs, maxStaleMs)
      }
      for (const [id, one] of held) {
        if (wanted.has(id)) continue
        one.set.close()
        held.delete(id)
        for (const [port, sent] of ports) {
          sent.delete(id)
          post(port, { kind: 'drop', id })
        }
      }
      const starts: Array<Promise<void>> = []
      for (const [id, { source, maxStaleMs }] of wanted) {
        const before = held.get(id)
        if (before !== undefined) before.maxStaleMs = maxStaleMs
        else {
          const set = createRemoteSet(source, remoteWorld)
          held.set(id, { set, place: source.jwks ?? 'discovery', maxStaleMs })
          starts.push(set.refresh())
        }
      }
      return all(starts)
    },

    attach(port) {
      const sent = new Map<string, number>()
      ports.set(port, sent)
      const onMessage = (message: WantMessage): void => {
        if (message.kind === 'want') void answer(port, message)
      }
      const detach = (): void => {
        ports.delete(port)
        port.off('message', onMessage)
      }
      port.on('message', onMessage)
      port.once('close', detach)
      port.unref()
      for (const one of held.values()) push(port, sent, one.set)
      return detach
    },

    status: () => [...held.values()].map(one => statusOf(one, clock)),
    tick,

    async close() {
      clearInterval(timer)
      for (const one of held.values()) one.set.close()
      held.clear()
      for (const port of ports.keys()) port.close()
      ports.clear()
      await own?.close()
    },
  }
}

function push(port: MessagePort, sent: Map<string, number>, set: RemoteSet): void {
  const keys = set.keys !== null && sent.get(set.id) !== set.version ? set.keys : null
  sent.set(set.id, set.version)
  const { id, version, freshUntilMs, coolUntilMs } = set
  post(port, {
    kind: 'set',
    id,
    version,
    keys,
    freshUntilMs,
    coolUntilMs,
    reachable: set.lastError === null && set.keys !== null,
  })
}

function post(port: MessagePort, message: KeyMessage): void {
  port.postMessage(message)
}

function statusOf({ set, place, maxStaleMs }: Held, clock: Clock): KeyStatus {
  const nowMs = clock.monotonic()
  const usable = set.keys !== null && nowMs < set.freshUntilMs + maxStaleMs
  return {
    issuer: set.issuer,
    place,
    state: !usable ? 'unavailable' : set.lastError === null ? 'ready' : 'stale',
    version: set.version,
    keys: set.keys?.length ?? 0,
    fetchedAt: set.fetchedAt,
    ageMs: set.fetchedAt === null ? null : Math.max(0, clock.now() - set.fetchedAt),
    lastError: set.lastError,
    dropped: set.dropped,
  }
}

async function all(work: ReadonlyArray<Promise<void>>): Promise<void> {
  await Promise.all(work)
}
