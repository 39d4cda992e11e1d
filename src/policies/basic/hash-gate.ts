import type { Clock } from '../../core/host.ts'

/** Lets few slow hashes run at once, in all threads of the process together. */
export interface HashGate {
  /** Runs the job when a place is free; null when too many wait already. */
  run<T>(job: () => Promise<T>): Promise<T> | null
}

/** Bytes that the threads of one process share for this: a wake counter and one lease per place. All zero at start. */
export const gateBytes = 24

const PLACES = 2
const WAITING_MAX = 64
/** No allowed hash takes longer; a place whose thread died is free again after it. */
const LEASE_MS = 15_000
const FREE = 0n

/**
 * Two places: libuv's pool of four threads is shared by the whole process, and a hundred queued hashes delay everything else
 * that uses it by a second (measured). Places are leases in shared memory: a Web Lock of a dead worker is never given back
 * (tried on Node 26), a lease runs out.
 */
export function createHashGate(shared: SharedArrayBuffer, clock: Clock): HashGate {
  const wakes = new Int32Array(shared, 0, 1)
  const leases = new BigInt64Array(shared, 8, PLACES)
  const waiting: Array<() => Promise<void>> = []
  let listening = false

  /** The place's index and the lease in it, or null. */
  function take(): { readonly place: number; readonly lease: bigint } | null {
    const now = BigInt(Math.floor(clock.monotonic()))
    for (let place = 0; place < PLACES; place++) {
      const before = Atomics.load(leases, place)
      if (before !== FREE && before > now) continue
      // Two threads may take within one ms: equal leases would let either give back the other's, which only ends it early.
      const lease = now + BigInt(LEASE_MS)
      if (Atomics.compareExchange(leases, place, before, lease) === before) return { place, lease }
    }
    return null
  }

  function pump(): void {
    while (waiting.length > 0) {
      const seen = Atomics.load(wakes, 0)
      const taken = take()
      if (taken === null) {
        listen(seen)
        return
      }
      const job = waiting.shift() as () => Promise<void>
      void job().finally(() => {
        Atomics.compareExchange(leases, taken.place, taken.lease, FREE)
        Atomics.add(wakes, 0, 1)
        Atomics.notify(wakes, 0)
        pump()
      })
    }
  }

  /** Looks again when any thread gives a place back; after a while anyway, since a dead one gives nothing back. */
  function listen(seen: number): void {
    if (listening) return
    listening = true
    const woken = Atomics.waitAsync(wakes, 0, seen, 250)
    void Promise.resolve(woken.value).then(() => {
      listening = false
      pump()
    })
  }

  return {
    run<T>(job: () => Promise<T>) {
      if (waiting.length >= WAITING_MAX) return null
      const { promise, resolve, reject } = Promise.withResolvers<T>()
      // The inner promise never rejects: a failed hash must give its place back and tell only its own caller.
      waiting.push(() => job().then(resolve, reject))
      pump()
      return promise
    },
  }
}
