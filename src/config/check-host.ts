import type { EntryIdentity, Host, KeySet, StoreSettings } from '../core/host.ts'

/** A Host on which policies may be compiled to see whether they can be: no clock that moves, no keys, no output. */
export interface CheckHost {
  hostFor(entry: EntryIdentity): Host
  /** Closes everything that `keep` made. */
  close(): void
}

/** `parts` replaces the clock and the keys where a request is really judged offline. */
export function createCheckHost(
  stores: Readonly<Record<string, StoreSettings>>,
  parts: Partial<Pick<Host, 'clock' | 'keys'>> = {},
): CheckHost {
  const kept = new Map<string, { close?(): void }>()
  const counters = { memory: new SharedArrayBuffer(1 << 20), hashKey: new Uint8Array(32) }
  const keep: Host['keep'] = (key, make) => {
    const known = kept.get(key)
    if (known !== undefined) return known as ReturnType<typeof make>
    const made = make()
    kept.set(key, made)
    return made
  }
  return {
    hostFor: entry => ({
      clock: parts.clock ?? stopped,
      log: silent,
      counters,
      entry,
      stores,
      keep,
      keys: parts.keys ?? (() => noKeys),
      counter: () => ({ add: nothing }),
    }),
    close: () => {
      for (const one of kept.values()) one.close?.()
      kept.clear()
    },
  }
}

const nothing = (): void => {}
const stopped: Host['clock'] = { now: () => 0, monotonic: () => 0 }
const silent: Host['log'] = { info: nothing, warn: nothing, error: nothing }
const noKeys: KeySet = {
  version: 0,
  state: 'unavailable',
  candidates: () => [],
  want: () => Promise.resolve('unavailable'),
}
