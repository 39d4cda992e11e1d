import type { Actor } from '../actor.ts'
import { operationNamed } from '../calls.ts'
import { services } from '../estate.ts'
import type { Mark } from '../labels.ts'
import type { DayParts } from '../offline.ts'
import { makePerson, type Person } from '../person.ts'
import type { Random } from '../random.ts'
import type { MadeUp, Sender, Sending } from '../sender.ts'
import type { Step } from '../steps.ts'

const DAY = 86_400_000

/** From the internet, from a pod of the cluster, or from the internet with a header that says otherwise. */
export type Origin = 'outside' | 'pod' | 'forged'

/** Lowest and highest, both included: while detectors are made, and when they are judged. */
export interface Ranges {
  readonly dev: readonly [low: number, high: number]
  readonly acceptance: readonly [low: number, high: number]
}

/** One class of attacks, by the name that its detector has. */
export interface AttackClass {
  readonly name: string
  readonly variants: Readonly<Record<string, (stage: Stage) => void>>
  /** Only services can make it: it always comes from a pod. */
  readonly inside?: true
  /** It shows in the chain: all exchanges of its traces belong to it, and its traces are labelled. */
  readonly chain?: true
}

/** What one call of an attack is about. */
export interface Played extends Omit<Sending, 'timeMs' | 'random' | 'mark'> {
  /** It belongs to no attack: an honest call beside one. */
  readonly honest?: true
}

/** Where an attack is played: everything it draws comes from `random`, everything it does happens at a time that it says. */
export interface Stage {
  readonly random: Random
  readonly parts: DayParts
  readonly origin: Origin
  readonly startMs: number
  readonly acceptance: boolean
  between(ranges: Ranges): number
  /** One of the person's own ids, or one that there is. */
  idOf(variable: string, person: Person): string | number
  /** A moment from which there is time enough. */
  begin(durationMs: number): number
  /** An address after the origin. */
  address(timeMs: number): string
  /** Somebody of the bed, or a stranger who has registered. */
  somebody(): Person
  stranger(): Person
  actor(timeMs: number, words?: Partial<Actor>): Actor
  send(timeMs: number, actor: Actor, operation: string, played?: Played): void
  raw(timeMs: number, actor: Actor, what: MadeUp): void
}

export interface StageWords {
  readonly parts: DayParts
  readonly random: Random
  readonly origin: Origin
  readonly acceptance: boolean
  readonly mark: Mark
  /** No more calls than these. */
  readonly most: number
  readonly sender: Sender
  /** It begins so soon after midnight; absent: at any time of the day. */
  readonly withinMs?: number
}

/** Collects the steps of one attack. */
export function createStage(words: StageWords): { readonly stage: Stage; readonly steps: Step[] } {
  const { parts, random, origin, mark, sender } = words
  const { day } = parts
  const steps: Step[] = []
  let sent = 0

  const push = (timeMs: number, run: (own: Random) => Promise<void>): void => {
    if (sent++ >= words.most) return
    const own = random.fork(`step/${sent}`)
    steps.push({ timeMs, run: () => run(own) })
  }

  const stage: Stage = {
    random,
    parts,
    origin,
    startMs: day.startMs,
    acceptance: words.acceptance,
    idOf: (variable, person) => day.world.id(variable, { person, random, day: day.day }),
    between: ({ dev, acceptance }) => random.between(...(words.acceptance ? acceptance : dev)),
    begin: durationMs =>
      day.startMs + 1_200_000 + random.below(Math.max(1, (words.withinMs ?? DAY - 3_600_000) - durationMs)),
    address: timeMs => (origin === 'pod' ? podAddress(timeMs, random) : strangeAddress(random)),
    somebody: () => random.pick(day.world.people),
    stranger: () => makePerson(random.fork(`stranger/${random.hex(8)}`)),
    actor: (timeMs, more = {}) => ({
      kind: 'person',
      name: '',
      person: random.chance(0.5) ? stage.somebody() : stage.stranger(),
      address: stage.address(timeMs),
      agent: random.pick(agents),
      forged: origin === 'forged' ? forgedAddress(timeMs) : null,
      proof: 'good',
      ...more,
    }),
    send(timeMs, actor, id, { honest, ...played } = {}) {
      push(timeMs, own =>
        sender.send(actor, operationNamed(id), {
          ...played,
          timeMs,
          random: own,
          mark: honest === true ? undefined : mark,
        }),
      )
    },
    raw(timeMs, actor, what) {
      push(timeMs, own => sender.sendMadeUp(actor, what, { timeMs, random: own, mark }))
    },
  }
  return { stage, steps }

  function podAddress(timeMs: number, own: Random): string {
    const service = own.pick(services)
    return own.pick(day.cluster.at(service.name, timeMs)).address
  }

  function forgedAddress(timeMs: number): string {
    return random.pick(['127.0.0.1', '10.0.0.7', `${podAddress(timeMs, random)}`, '192.168.1.20, 10.20.1.14'])
  }
}

/** Of the benchmarking networks (RFC 2544), which stand here for all of the internet; some of version 6 (RFC 3849). */
export function strangeAddress(random: Random): string {
  return random.chance(0.15)
    ? `2001:db8:${random.hex(4)}:${random.hex(4)}::${random.between(1, 99)}`.replace(/:0+(?=[0-9a-f])/g, ':')
    : `198.${random.between(18, 19)}.${random.below(256)}.${random.between(1, 254)}`
}

const agents = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:149.0) Gecko/20100101 Firefox/149.0',
  'ShopApp/5.2 (Android 16)',
  'python-requests/2.33.1',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:149.0) Gecko/20100101 Firefox/149.0',
]
