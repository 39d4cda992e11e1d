import type { Credentials, Wallet } from './caller.ts'
import { nobodyKnown } from './caller.ts'
import { workloadCredentials } from './calls.ts'
import { serviceNamed } from './estate.ts'
import type { Operation } from './operation.ts'
import type { Person } from './person.ts'
import type { Random } from './random.ts'

/** Who makes the calls of an attack, and from where. */
export interface Actor {
  readonly kind: 'person' | 'operator' | 'partner' | 'service' | 'nobody'
  /** Of a partner or service, else empty. */
  readonly name: string
  /** Whose account it is. */
  readonly person: Person
  readonly address: string
  readonly agent: string
  /** Sent as X-Forwarded-For; null: no such field. */
  readonly forged: string | null
  readonly proof: 'good' | 'none' | 'invalid' | 'expired'
  readonly device?: string
}

/** What the actor shows for an operation. */
export function credentialsOf(
  actor: Actor,
  operation: Operation,
  wallet: Wallet,
  { timeMs, random }: { readonly timeMs: number; readonly random: Random },
): Credentials {
  if (actor.kind === 'service') return workloadCredentials(serviceNamed(actor.name))
  if (actor.proof === 'none' || (actor.kind === 'nobody' && isProved(operation))) return nothing
  if (actor.proof === 'invalid') return invalid(operation, random)
  const caller =
    actor.kind === 'partner'
      ? { ...actor, kind: actor.kind, traces: false }
      : {
          ...actor,
          kind: actor.kind === 'operator' ? ('operator' as const) : ('person' as const),
          traces: false,
        }
  if (actor.kind === 'partner' && operation.proof !== 'key' && isProved(operation)) return nothing
  if (actor.proof === 'expired') return wallet.showExpired(caller, operation, timeMs)
  return wallet.show(caller, operation, timeMs, random)
}

const nothing: Credentials = { headers: [], query: {}, principal: nobodyKnown }

/** The gateway asks for a proof. */
export function isProved({ proof }: Operation): boolean {
  return proof === 'token' || proof === 'operator' || proof === 'key' || proof === 'password' || proof === 'service'
}

function invalid({ proof }: Operation, random: Random): Credentials {
  if (proof === 'key') return { ...nothing, headers: [['x-api-key', `bk_${random.hex(40)}`]] }
  if (proof === 'password') {
    const guess = `office:${random.pick(['Sommer', 'Winter', 'Hamburg', 'Admin'])}${random.between(1, 2026)}`
    return { ...nothing, headers: [['authorization', `Basic ${Buffer.from(guess).toString('base64')}`]] }
  }
  return { ...nothing, headers: [['authorization', `Bearer ${random.hex(40)}`]] }
}
