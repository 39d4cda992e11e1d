import { type Caller, createWallet, type Wallet } from './caller.ts'
import { type Call, type Called, createCalls, type CallWorld, type Ledger } from './calls.ts'
import type { Operation } from './operation.ts'
import { makePerson } from './person.ts'
import type { Random } from './random.ts'
import { scannerSteps } from './scanners.ts'
import { runSteps, type Step } from './steps.ts'
import type { TokenIssuer } from './tokens.ts'
import { operationsOf, partnerOf, personas, startOf, visitsOn } from './visits.ts'

export interface Day extends CallWorld {
  readonly tokens: TokenIssuer
  /** Names the stream of chance: another name gives another day of the same world. */
  readonly random: Random
  readonly startMs: number
  /** Scanners and guessers among the callers, without labels. */
  readonly scanners: boolean
  /** What happens besides. */
  readonly further: (parts: DayParts) => Step[]
}

/** What happens on a day is made of these. */
export interface DayParts {
  readonly day: Day
  readonly wallet: Wallet
  readonly ledger: Ledger
  readonly call: (call: Call) => Promise<Called>
}

/** One day of calls under a virtual clock: the same arguments write the same lines. */
export async function runDay(day: Day, ledger: Ledger): Promise<void> {
  const { world, random, startMs } = day
  const wallet = createWallet(world.random, day.tokens)
  const call = createCalls(day, ledger)
  const steps: Step[] = []

  for (const persona of personas) {
    const stream = random.fork(`persona/${persona.name}`)
    for (let n = visitsOn(persona, startMs); n > 0; n--) {
      const visit = stream.fork(String(n))
      const caller = callerFor(persona.kind, visit)
      let timeMs = startOf(persona, startMs, visit)
      // What a visit is about stays the same while it lasts: its basket, its order.
      const chosen = new Map<string, string | number>()
      for (const [topic, share] of persona.topics) {
        if (!visit.chance(share)) continue
        for (const operation of operationsOf(topic)) {
          if (!visit.chance(operation.often ?? 0.5)) continue
          timeMs += Math.floor(visit.around(7_000, 0.8)) + 300
          if (visit.chance(0.15)) chosen.clear()
          const stepRandom = visit.fork(`${operation.id}/${timeMs}`)
          const at = timeMs
          const stepChosen = new Map(chosen)
          for (const variable of operation.variables)
            if (!stepChosen.has(variable)) {
              const id = world.id(variable, { person: caller.person, random: stepRandom, day: day.day })
              stepChosen.set(variable, id)
              chosen.set(variable, id)
            }
          steps.push({ timeMs: at, run: () => step(caller, operation, at, stepRandom, stepChosen) })
        }
      }
    }
  }
  if (day.scanners) steps.push(...scannerSteps(random.fork('attacks'), startMs, ledger))
  steps.push(...day.further({ day, wallet, ledger, call }))
  await runSteps(steps)

  function callerFor(kind: Caller['kind'], visit: Random): Caller {
    if (kind === 'partner') {
      const person = makePerson(world.random.fork('partner'))
      return {
        kind,
        name: '',
        person,
        address: `192.0.2.${visit.between(240, 246)}`,
        agent: 'partner-sync/2.3',
        traces: false,
      }
    }
    const person = visit.pick(kind === 'operator' ? world.operators : world.people)
    return {
      kind,
      person,
      address: world.addressOf(person),
      agent: visit.chance(0.5)
        ? 'Mozilla/5.0 (X11; Linux x86_64; rv:149.0) Gecko/20100101 Firefox/149.0'
        : 'ShopApp/5.2 (Android 16)',
      traces: visit.chance(0.4),
    }
  }

  /** One call of a caller from outside; a lost one is tried once more. */
  async function step(
    caller: Caller,
    operation: Operation,
    timeMs: number,
    stepRandom: Random,
    chosen: Map<string, string | number>,
  ): Promise<void> {
    const named = caller.kind === 'partner' ? { ...caller, name: partnerOf(operation, stepRandom) } : caller
    const traceId = stepRandom.hex(32)
    const attempt = async (atMs: number, tries: Random) => {
      const parentId = named.traces ? tries.hex(16) : null
      return call({
        operation,
        person: named.person,
        credentials: wallet.show(named, operation, atMs, tries),
        callerName: named.kind === 'partner' ? named.name : named.kind,
        client: named.address,
        agent: named.agent,
        listener: listenerOf(operation, tries),
        trail: { traceId, parentId },
        timeMs: atMs,
        random: tries,
        chosen,
      })
    }
    const { answer, endMs } = await attempt(timeMs, stepRandom)
    if (answer.status === 503 && operation.method !== 'POST' && operation.method !== 'PATCH')
      await attempt(endMs + 200, stepRandom.fork('again'))
  }
}

/** Where a call from outside comes in. */
export function listenerOf(operation: Operation, random: Random): 'partners' | 'legacy' | 'public' {
  return operation.proof === 'key'
    ? 'partners'
    : operation.plaintext === true && random.chance(0.3)
      ? 'legacy'
      : 'public'
}
