// Hot path: one HMAC and one look-up for a remembered password.

import { createHmac, createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import type { Clock, Counter } from '../../core/host.ts'
import { Lru } from '../../lib/lru.ts'
import { readCredentials, type BasicCredentials } from './credentials.ts'
import type { GuessLimit } from './guess-limit.ts'
import type { HashGate } from './hash-gate.ts'
import { parsePasswordHash, type PasswordHash } from './password-hash.ts'

/** What became of a credential: whose it is, or why it is nobody's. `busy`: too many slow hashes wait already. */
export type Login =
  | { readonly kind: 'right'; readonly user: string }
  | { readonly kind: 'wrong'; readonly reason: string }
  | { readonly kind: 'wait'; readonly waitMs: number }
  | { readonly kind: 'busy' }

/** A credential that was judged once: against which stored hash, and until when that is remembered (monotonic ms). */
interface Judged {
  readonly login: Login
  readonly user: string
  readonly hash: string
  readonly untilMs: number
}

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
  /** 256 random bits that never leave the worker. */
  readonly key: KeyObject
  /** By the keyed hash of the credential; apart, so that a flood of wrong ones cannot push the right ones out. */
  readonly right: Lru<string, Judged>
  readonly wrong: Lru<string, Judged>
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
    key: createSecretKey(randomBytes(32)),
    right: new Lru(REMEMBERED_MAX),
    wrong: new Lru(REMEMBERED_MAX),
    busy: new Map(),
  }
}

const wrong: Login = { kind: 'wrong', reason: 'unknown user or wrong password' }
const busy: Login = { kind: 'busy' }

/**
 * Judges the tokens of `Authorization: Basic`: remembered ones at once, others by their slow hash. A user who does not exist is
 * judged against somebody else's hash, always the same one for that name, and is wrong: neither time nor answer tells who
 * exists (CWE-204, CWE-208).
 */
export function createLogins(parts: LoginParts): { check(token: string, address: string): Login | Promise<Login> } {
  const { users, clock, cacheMs, gate, guesses, memory, counters } = parts
  const stored = [...users.values()]
  // By configured entry: two entries may know the same name by different passwords.
  const pending = new Map<string, Promise<Login>>()

  const keyed = (text: string): string => createHmac('sha256', memory.key).update(text).digest('base64')
  const standIn = (user: string): PasswordHash =>
    stored[Buffer.from(keyed(user), 'base64').readUInt32BE(0) % stored.length] ?? nobody

  /** Does what was judged still stand? A changed password or a removed user is forgotten with the reload that brings it. */
  function stands(judged: Judged | undefined): judged is Judged {
    if (judged === undefined || clock.monotonic() >= judged.untilMs) return false
    const own = users.get(judged.user)
    return judged.login.kind === 'right'
      ? own?.text === judged.hash
      : (own ?? standIn(judged.user)).text === judged.hash
  }

  function judge(given: BasicCredentials, address: string, id: string): Login | Promise<Login> {
    if ((memory.busy.get(address) ?? 0) >= BUSY_PER_ADDRESS_MAX) {
      counters.slowed.add(1)
      return { kind: 'wait', waitMs: 1_000 }
    }
    const waitMs = guesses.enter(given.user, address)
    if (waitMs > 0) {
      counters.slowed.add(1)
      return { kind: 'wait', waitMs }
    }
    const own = users.get(given.user)
    const hash = own ?? standIn(given.user)
    const running = gate.run(() => {
      counters.hashes.add(1)
      return hash.verify(given.password)
    })
    if (running === null) {
      guesses.undo(given.user, address)
      counters.shed.add(1)
      return busy
    }
    memory.busy.set(address, (memory.busy.get(address) ?? 0) + 1)
    // Only now, after the hash, does it matter whether there is such a user.
    return settle(
      running.then(same => same && own !== undefined),
      { user: given.user, address, id, hash: hash.text },
    )
  }

  async function settle(
    running: Promise<boolean>,
    about: { user: string; address: string; id: string; hash: string },
  ): Promise<Login> {
    const { user, address, id, hash } = about
    try {
      const right = await running
      const login: Login = right ? { kind: 'right', user } : wrong
      if (right) guesses.right(user, address)
      else counters.wrong.add(1)
      const memoryOf = right ? memory.right : memory.wrong
      const forMs = right ? cacheMs : WRONG_MS
      if (forMs > 0) memoryOf.set(id, { login, user, hash, untilMs: clock.monotonic() + forMs })
      return login
    } catch (error) {
      guesses.undo(user, address)
      throw error
    } finally {
      pending.delete(id)
      const left = (memory.busy.get(address) ?? 1) - 1
      if (left === 0) memory.busy.delete(address)
      else memory.busy.set(address, left)
    }
  }

  return {
    check(token, address) {
      // The token is the canonical spelling of the credential, so its hash stands for both; what it spells is read only when new.
      const id = keyed(token)
      const right = memory.right.get(id)
      if (stands(right)) return right.login
      const judged = memory.wrong.get(id)
      if (stands(judged)) return judged.login
      // A browser opens six connections at once with one password: one hash is enough for them.
      const underWay = pending.get(id)
      if (underWay !== undefined) return underWay
      const given = readCredentials(token)
      if (typeof given === 'string') return { kind: 'wrong', reason: `not a Basic credential: ${given}` }
      const login = judge(given, address, id)
      if (login instanceof Promise) pending.set(id, login)
      return login
    },
  }
}

/** What unknown users are judged against where there are no users at all: about as slow as any. */
const nobody = parsePasswordHash(
  '$scrypt$ln=14,r=8,p=1$bm9ib2R5IGlzIGhlcmU$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
) as PasswordHash
