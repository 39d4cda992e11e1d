// Hot path: one HMAC and one look-up for a remembered password.

import { createHmac, randomBytes } from 'node:crypto'
import type { Clock, Counter } from '../../core/host.ts'
import { Lru } from '../../lib/lru.ts'
import type { BasicCredentials } from './credentials.ts'
import type { GuessLimit } from './guess-limit.ts'
import type { HashGate } from './hash-gate.ts'
import { parsePasswordHash, type PasswordHash } from './password-hash.ts'

/** What became of a credential. `busy`: too many slow hashes wait already. */
export type Login = 'right' | 'wrong' | 'busy' | { readonly waitMs: number }

export interface LoginParts {
  readonly users: ReadonlyMap<string, PasswordHash>
  readonly clock: Clock
  /** How long a right password is remembered, ms. */
  readonly cacheMs: number
  readonly gate: HashGate
  readonly guesses: GuessLimit
  readonly memory: LoginMemory
  readonly counters: Readonly<Record<'hashes' | 'wrong' | 'slowed' | 'shed', Counter>>
}

/** What one worker remembers of logins, over reloads and for all configured entries: it is keyed by the stored hash too. */
export interface LoginMemory {
  /** 32 random bytes that never leave the worker. */
  readonly key: Uint8Array
  /** Keyed hash of a credential → until when it is known, monotonic ms. */
  readonly right: Lru<string, number>
  readonly wrong: Lru<string, number>
  readonly pending: Map<string, Promise<Login>>
  /** Hashes under way or waiting, by address. */
  readonly busy: Map<string, number>
}

const REMEMBERED_MAX = 10_000
/** A client that keeps sending an old password is no guesser: it costs no further hash and no further wait. */
const WRONG_MS = 60_000
/** So that one address cannot fill the queue for the slow hashes. */
const BUSY_PER_ADDRESS_MAX = 4

export function createLoginMemory(): LoginMemory {
  return {
    key: randomBytes(32),
    right: new Lru(REMEMBERED_MAX),
    wrong: new Lru(REMEMBERED_MAX),
    pending: new Map(),
    busy: new Map(),
  }
}

/**
 * Judges credentials: remembered ones at once, others by their slow hash. A user who does not exist is judged against somebody
 * else's hash, always the same one for that name, and is wrong: neither time nor answer tells who exists (CWE-204, CWE-208).
 */
export function createLogins(parts: LoginParts): {
  check(given: BasicCredentials, address: string): Login | Promise<Login>
} {
  const { users, clock, cacheMs, gate, guesses, memory, counters } = parts
  const stored = [...users.values()]
  const nobody = parsePasswordHash(
    '$scrypt$ln=14,r=8,p=1$bm9ib2R5IGlzIGhlcmU$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  ) as PasswordHash

  const keyed = (text: string): Buffer => createHmac('sha256', memory.key).update(text).digest()
  const standIn = (user: string): PasswordHash => stored[keyed(user).readUInt32BE(0) % stored.length] ?? nobody

  function judge(
    given: BasicCredentials,
    address: string,
    known: boolean,
    hash: PasswordHash,
    id: string,
  ): Login | Promise<Login> {
    if ((memory.busy.get(address) ?? 0) >= BUSY_PER_ADDRESS_MAX) {
      counters.slowed.add(1)
      return { waitMs: 1_000 }
    }
    const waitMs = guesses.enter(given.user, address)
    if (waitMs > 0) {
      counters.slowed.add(1)
      return { waitMs }
    }
    const running = gate.run(() => {
      counters.hashes.add(1)
      return hash.verify(given.password)
    })
    if (running === null) {
      guesses.undo(given.user, address)
      counters.shed.add(1)
      return 'busy'
    }
    memory.busy.set(address, (memory.busy.get(address) ?? 0) + 1)
    return settle(running, given, address, known, id)
  }

  async function settle(
    running: Promise<boolean>,
    given: BasicCredentials,
    address: string,
    known: boolean,
    id: string,
  ): Promise<Login> {
    try {
      // `known` comes last: the hash was computed all the same.
      const right = (await running) && known
      if (right) {
        guesses.right(given.user, address)
        if (cacheMs > 0) memory.right.set(id, clock.monotonic() + cacheMs)
        return 'right'
      }
      memory.wrong.set(id, clock.monotonic() + WRONG_MS)
      counters.wrong.add(1)
      return 'wrong'
    } catch (error) {
      guesses.undo(given.user, address)
      throw error
    } finally {
      memory.pending.delete(id)
      const left = (memory.busy.get(address) ?? 1) - 1
      if (left === 0) memory.busy.delete(address)
      else memory.busy.set(address, left)
    }
  }

  return {
    check(given, address) {
      const own = users.get(given.user)
      const hash = own ?? standIn(given.user)
      const known = own !== undefined
      // The stored hash is part of the identity: a changed password or a removed user is forgotten with the reload.
      const id = keyed(
        `${known}:${given.user.length}:${given.user}:${given.password.length}:${given.password}:${hash.text}`,
      ).toString('base64')
      const now = clock.monotonic()
      if (known && cacheMs > 0 && (memory.right.get(id) ?? 0) > now) return 'right'
      if ((memory.wrong.get(id) ?? 0) > now) return 'wrong'
      // A browser opens six connections at once with one password: one hash is enough for them.
      const pending = memory.pending.get(id)
      if (pending !== undefined) return pending
      const login = judge(given, address, known, hash, id)
      if (login instanceof Promise) memory.pending.set(id, login)
      return login
    },
  }
}
