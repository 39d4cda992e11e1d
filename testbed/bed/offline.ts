import { createWallet, type Wallet } from './caller.ts'
import { type Call, type Called, createCalls, type CallWorld, type Ledger } from './calls.ts'
import { createGate } from './gate.ts'
import type { Random } from './random.ts'
import { createSender, type Sender } from './sender.ts'
import { runSteps, type Step } from './steps.ts'
import type { TokenIssuer } from './tokens.ts'

export interface Day extends CallWorld {
  readonly tokens: TokenIssuer
  /** Names the stream of chance: another name gives another day of the same world. */
  readonly random: Random
  /** Midnight, Unix ms. */
  readonly startMs: number
  /** All that happens, in any order; each may count what those before it made. */
  readonly makers: ReadonlyArray<(parts: DayParts, made: readonly Step[]) => Step[]>
}

/** What happens on a day is made of these. */
export interface DayParts {
  readonly day: Day
  readonly wallet: Wallet
  readonly ledger: Ledger
  /** For calls that pass. */
  readonly call: (call: Call) => Promise<Called>
  /** For calls of which the gateway may refuse some. */
  readonly sender: Sender
}

/** One day of calls under a virtual clock: the same arguments write the same lines. */
export async function runDay(day: Day, ledger: Ledger): Promise<void> {
  const wallet = createWallet(day.world.random, day.tokens)
  const call = createCalls(day, ledger)
  const sender = createSender({ day, wallet, ledger, gate: createGate(), call })
  const parts: DayParts = { day, wallet, ledger, call, sender }
  const steps: Step[] = []
  for (const make of day.makers) steps.push(...make(parts, steps))
  await runSteps(steps)
}
