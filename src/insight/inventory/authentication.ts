import { wilsonLower } from '../../lib/wilson.ts'
import type { ExchangeRecord } from '../model/exchange.ts'
import type { CredentialSeen } from '../model/observation.ts'
import type { Authentication } from '../model/operation.ts'
import { provenBy } from './caller-name.ts'
import { Tally, type TallyDump } from './tally.ts'

/** Distinct credentials-as-sent kept per leaf. */
const credentialsMax = 24

/** When a call shows several credentials, the earlier one is what it most likely stands on. */
const schemes = ['mtls', 'jwt', 'bearer', 'basic', 'digest', 'api-key', 'session', 'other'] as const

/** A browser adds these to every call, asked for or not. */
const ambient: ReadonlySet<string> = new Set(['session', 'other'])

/** How the answered calls of one leaf proved who they are. Refused calls say what was tried, not what is asked for. */
export class AuthenticationUse {
  readonly #methods = new Tally(32)
  /** By what they hold, without counts. */
  readonly #credentials = new Map<string, { seen: number; readonly credential: CredentialSeen }>()
  #anonymous = 0
  /** Calls of which it is not known what they sent. */
  #unknown = 0

  /** `answered`: with 2xx or 3xx. */
  add({ event, observation }: ExchangeRecord, answered: boolean): void {
    for (const credential of observation?.credentials ?? []) this.#credential(credential, 1)
    if (!answered) return
    const proven = provenBy(event)
    if (proven !== null) this.#methods.add(proven.method)
    else if (observation === null) this.#unknown++
    else {
      const sent = schemes.find(scheme => observation.credentials.some(credential => credential.scheme === scheme))
      if (sent !== undefined) this.#methods.add(sent)
      else this.#anonymous++
    }
  }

  merge(other: AuthenticationUse): void {
    this.#methods.merge(other.#methods)
    for (const { seen, credential } of other.#credentials.values()) this.#credential(credential, seen)
    this.#anonymous += other.#anonymous
    this.#unknown += other.#unknown
  }

  read(): Authentication {
    const methods = this.#methods.entries()
    return {
      methods: Object.fromEntries(methods),
      anonymousAnswered: this.#anonymous,
      ...verdictOf(methods, this.#anonymous),
      credentials: [...this.#credentials.values()]
        .map(({ seen, credential }) => ({ seen, credential }))
        .sort((a, b) => b.seen - a.seen || (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    }
  }

  dump(): AuthenticationDump {
    return {
      methods: this.#methods.dump(),
      credentials: [...this.#credentials.values()].map(({ seen, credential }) => [credential, seen] as const),
      anonymous: this.#anonymous,
      unknown: this.#unknown,
    }
  }

  restore(dump: AuthenticationDump): void {
    this.#methods.restore(dump.methods)
    for (const [credential, seen] of dump.credentials) this.#credential(credential, seen)
    this.#anonymous += dump.anonymous
    this.#unknown += dump.unknown
  }

  #credential(credential: CredentialSeen, times: number): void {
    // Lifetimes differ from token to token by seconds; they are told to the hour, else each would be a kind of its own.
    const told =
      credential.jwt === undefined || credential.jwt.lifetimeS === null
        ? credential
        : { ...credential, jwt: { ...credential.jwt, lifetimeS: roundedLifetime(credential.jwt.lifetimeS) } }
    const key = JSON.stringify(told)
    const known = this.#credentials.get(key)
    if (known !== undefined) known.seen += times
    else if (this.#credentials.size < credentialsMax) this.#credentials.set(key, { seen: times, credential: told })
  }
}

export interface AuthenticationDump {
  readonly methods: TallyDump
  readonly credentials: ReadonlyArray<readonly [credential: CredentialSeen, seen: number]>
  readonly anonymous: number
  readonly unknown: number
}

/**
 * One word for how an operation is called: `none` when calls without a credential are answered (and those with one only sent what a browser
 * adds anyway), `mixed` when proofs differ, else the one method. The confidence is the lower bound of the share that agrees (Wilson).
 */
function verdictOf(
  methods: ReadonlyArray<readonly [name: string, times: number]>,
  anonymous: number,
): { readonly verdict: string; readonly confidence: number } {
  const proofs = anonymous === 0 ? methods : methods.filter(([name]) => !ambient.has(name))
  const calls = methods.reduce((sum, [, times]) => sum + times, anonymous)
  if (calls === 0) return { verdict: 'none', confidence: 0 }
  const [first] = proofs
  if (first === undefined) return { verdict: 'none', confidence: wilsonLower(calls, calls) }
  if (proofs.length === 1 && anonymous === 0) return { verdict: first[0], confidence: wilsonLower(first[1], calls) }
  // Every second kind of proof is a fact; one call of it may be a mistake, ten are not.
  const second = anonymous > 0 ? Math.min(anonymous, first[1]) : (proofs[1]?.[1] ?? 0)
  return { verdict: 'mixed', confidence: wilsonLower(second, second) }
}

/** Minutes up to an hour, hours up to a day, then days. */
function roundedLifetime(seconds: number): number {
  const step = seconds <= 3600 ? 60 : seconds <= 86_400 ? 3600 : 86_400
  return Math.max(step, Math.round(seconds / step) * step)
}
