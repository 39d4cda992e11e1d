import type { Clock } from '../../core/host.ts'
import { Lru } from '../../lib/lru.ts'

export interface GuessLimitSettings {
  /** Wrong passwords of one user, from wherever, before he has to wait. */
  readonly perUser: number
  /** Wrong passwords from one address (IPv6: /64) before it has to wait. */
  readonly perAddress: number
  /** Longest wait, ms. */
  readonly waitMaxMs: number
  /** After so long without a wrong password everything is forgotten, ms. */
  readonly forgetMs: number
}

/** Slows guessing down: each wrong password doubles the wait for the next try. */
export interface GuessLimit {
  /** 0 = try, and the try counts as wrong until `right` says otherwise; else ms to wait. */
  enter(user: string, address: string): number
  /** The password was right: takes the try back, and lets that user in from that address whatever others guess. */
  right(user: string, address: string): void
  /** The try was not judged: takes it back. */
  undo(user: string, address: string): void
}

interface Tries {
  wrong: number
  /** Monotonic ms. */
  lastMs: number
  waitUntilMs: number
}

const FIRST_WAIT_MS = 1_000
const ENTRIES_MAX = 20_000

/**
 * Counts per user and per address. A try counts before it is judged, so that a hundred at once are not a hundred free ones.
 * A right password does not clear the count of its address: guessing with an own account in between would reset it. Users that
 * were right from an address within a day are not held up by what others guess (OWASP Authentication Cheat Sheet, "account
 * lockout": a stranger must not be able to lock the owner out). Per thread: N workers allow N times as much.
 */
export function createGuessLimit(settings: GuessLimitSettings, clock: Clock): GuessLimit {
  const users = new Lru<string, Tries>(ENTRIES_MAX)
  const addresses = new Lru<string, Tries>(ENTRIES_MAX)
  const trusted = new Lru<string, number>(ENTRIES_MAX)

  function triesOf(table: Lru<string, Tries>, key: string, now: number): Tries {
    const known = table.get(key)
    if (known !== undefined && now - known.lastMs < settings.forgetMs) return known
    const fresh = { wrong: 0, lastMs: now, waitUntilMs: 0 }
    table.set(key, fresh)
    return fresh
  }

  function charge(tries: Tries, free: number, now: number): void {
    tries.wrong++
    tries.lastMs = now
    if (tries.wrong >= free)
      tries.waitUntilMs = now + Math.min(settings.waitMaxMs, FIRST_WAIT_MS * 2 ** Math.min(30, tries.wrong - free))
  }

  function refund(table: Lru<string, Tries>, key: string, free: number): void {
    const tries = table.get(key)
    if (tries === undefined) return
    tries.wrong = Math.max(0, tries.wrong - 1)
    if (tries.wrong < free) tries.waitUntilMs = 0
  }

  function isTrusted(user: string, address: string, now: number): boolean {
    const since = trusted.get(`${address} ${user}`)
    return since !== undefined && now - since < 86_400_000
  }

  function undo(user: string, address: string): void {
    refund(users, user, settings.perUser)
    refund(addresses, address, settings.perAddress)
  }

  return {
    enter(user, address) {
      const now = clock.monotonic()
      const byAddress = triesOf(addresses, address, now)
      const byUser = triesOf(users, user, now)
      const userWaits = isTrusted(user, address, now) ? 0 : byUser.waitUntilMs - now
      const wait = Math.max(userWaits, byAddress.waitUntilMs - now, 0)
      if (wait > 0) return wait
      charge(byAddress, settings.perAddress, now)
      charge(byUser, settings.perUser, now)
      return 0
    },
    right(user, address) {
      undo(user, address)
      trusted.set(`${address} ${user}`, clock.monotonic())
    },
    undo,
  }
}
