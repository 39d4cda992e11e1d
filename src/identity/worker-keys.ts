import type { MessagePort } from 'node:worker_threads'
import type { Clock, KeyAnswer, KeySet, KeySource, VerificationKey } from '../core/host.ts'
import { indexKeys, noKeys, type KeyIndex } from './key-index.ts'
import { defaultMaxStaleMs, sourceId, type KeyMessage, type WantMessage } from './messages.ts'
import { staticKeySet } from './static-keys.ts'

/** What a worker knows of one remote set. The KeyObjects are made once per version here, since they cannot cross cheaply. */
interface Replica {
  readonly id: string
  version: number
  index: KeyIndex | null
  freshUntilMs: number
  coolUntilMs: number
  reachable: boolean
  asking: Promise<void> | null
}

const wantTimeoutMs = 500

/**
 * The worker's side of the key service: `Host.keys`. Reading is synchronous; only an unknown `kid` crosses to the main thread,
 * once for all requests that wait, and never before the cool-down of the last attempt is over.
 */
export function createWorkerKeys(port: MessagePort, clock: Clock): (source: KeySource) => KeySet {
  const replicas = new Map<string, Replica>()
  const asked = new Map<number, () => void>()
  let asks = 0

  port.on('message', (message: KeyMessage) => {
    switch (message.kind) {
      case 'set':
        return take(replicaOf(message.id), message)
      case 'drop':
        // The object stays, empty: an older snapshot may still hold it, and it must deny.
        return void Object.assign(replicaOf(message.id), empty)
      case 'done':
        return asked.get(message.ask)?.()
      default:
        message satisfies never
    }
  })
  port.on('close', () => {
    for (const settle of asked.values()) settle()
  })
  port.unref()

  function replicaOf(id: string): Replica {
    let replica = replicas.get(id)
    if (replica === undefined) {
      replica = { id, ...empty, asking: null }
      replicas.set(id, replica)
    }
    return replica
  }

  function ask(replica: Replica): Promise<void> {
    replica.asking ??= new Promise<void>(resolve => {
      const number = ++asks
      const settle = (): void => {
        clearTimeout(timer)
        asked.delete(number)
        replica.asking = null
        resolve()
      }
      const timer = setTimeout(settle, wantTimeoutMs)
      asked.set(number, settle)
      port.postMessage({ kind: 'want', id: replica.id, ask: number } satisfies WantMessage)
    })
    return replica.asking
  }

  return source => (source.keys === undefined ? view(replicaOf(sourceId(source)), source) : staticKeySet(source.keys))

  function view(replica: Replica, source: KeySource): KeySet {
    const maxStaleMs = source.maxStaleMs ?? defaultMaxStaleMs
    const usable = (): boolean => replica.index !== null && clock.monotonic() < replica.freshUntilMs + maxStaleMs
    const candidates = (kid: string | null): readonly VerificationKey[] =>
      replica.index !== null && usable() ? replica.index.candidates(kid) : noKeys
    return {
      get version() {
        return replica.version
      },
      get state() {
        return usable() ? 'ready' : 'unavailable'
      },
      candidates,
      async want(kid): Promise<KeyAnswer> {
        const before = replica.version
        if (kid !== null && candidates(kid).length > 0) return 'found'
        // Within the cool-down the last outcome is the answer, and nothing crosses: a storm of kids costs the main thread nothing.
        const asksMain = replica.asking !== null || clock.monotonic() >= replica.coolUntilMs
        if (asksMain) await ask(replica)
        if (!usable()) return 'unavailable'
        if (candidates(kid).length > 0 && (kid !== null || replica.version !== before)) return 'found'
        // Still cooling down or just answered: only then "unknown" is knowledge.
        return replica.reachable && clock.monotonic() < replica.coolUntilMs ? 'unknown' : 'unavailable'
      },
    }
  }
}

const empty = {
  version: 0,
  index: null,
  freshUntilMs: Number.NEGATIVE_INFINITY,
  coolUntilMs: Number.NEGATIVE_INFINITY,
  reachable: false,
} as const

function take(replica: Replica, message: Extract<KeyMessage, { kind: 'set' }>): void {
  // Ports keep order, so this only ever guards against a mistake of ours: an older set must not undo a newer one.
  if (message.version < replica.version) return
  if (message.keys !== null) replica.index = indexKeys(message.keys)
  replica.version = message.version
  replica.freshUntilMs = message.freshUntilMs
  replica.coolUntilMs = message.coolUntilMs
  replica.reachable = message.reachable
}
