import type { Log } from '../core/host.ts'
import { epochScript } from './redis-scripts.ts'

/** The little of a connection that watching needs. */
export interface Commands {
  readonly isReady: boolean
  sendCommand(args: string[]): Promise<unknown>
}

/** Looks whether a store forgets: a counter that the server evicted is a limit that began anew. */
export interface EvictionWatch {
  /** Looks now, and from now on every 10 s. */
  start(commands: Commands): Promise<void>
  stop(): void
}

const everyMs = 10_000

/**
 * Three signs: the server's policy (anything but `noeviction` may drop counters under memory pressure), its count of evicted keys, and an epoch
 * key that lives as the counters do: when it is gone, so may they be (eviction, FLUSHALL, a restart without persistence, a fail-over).
 * Each is a warning in the operator's log, none changes a decision.
 */
export function watchEviction(store: string, log: Log, epoch: string): EvictionWatch {
  let timer: ReturnType<typeof setInterval> | undefined
  let policySaid = false
  let evicted = -1
  let lastEpoch: string | null = null

  async function lookAtServer(commands: Commands): Promise<void> {
    let memory: string
    let stats: string
    try {
      memory = String(await commands.sendCommand(['INFO', 'memory']))
      stats = String(await commands.sendCommand(['INFO', 'stats']))
    } catch {
      if (!policySaid) log.warn('store does not say whether it evicts counters: allow it INFO', { store })
      policySaid = true
      return
    }
    const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1]
    if (policy !== 'noeviction' && !policySaid) {
      policySaid = true
      log.warn('store may evict counters, and an evicted counter starts anew: set maxmemory-policy noeviction', {
        store,
        policy: policy ?? 'unknown',
      })
    }
    const now = Number(/^evicted_keys:(\d+)/m.exec(stats)?.[1] ?? 0)
    if (evicted !== -1 && now > evicted)
      log.warn('store has evicted keys: limits may have started anew', { store, keys: now - evicted })
    evicted = now
  }

  async function lookAtEpoch(commands: Commands): Promise<void> {
    const reply = await commands.sendCommand(['EVAL', epochScript.text, '1', 'portcullis:{epoch}', epoch])
    const [there, found] = reply as [number, string]
    if (lastEpoch !== null && (there !== 1 || found !== lastEpoch))
      log.warn('store has lost its counters: limits started anew', { store })
    lastEpoch = String(found)
  }

  async function look(commands: Commands): Promise<void> {
    if (!commands.isReady) return
    try {
      await lookAtEpoch(commands)
      await lookAtServer(commands)
    } catch {
      // Away or not allowed: the next decision finds out and says so.
    }
  }

  return {
    async start(commands) {
      clearInterval(timer)
      timer = setInterval(() => void look(commands), everyMs)
      timer.unref()
      await look(commands)
    },
    stop() {
      clearInterval(timer)
    },
  }
}
