import { partners, services } from './estate.ts'
import type { Operation } from './operation.ts'
import type { Random } from './random.ts'

/** Whom a topic is for; each visit goes through a few of them. */
export interface Persona {
  readonly name: string
  readonly kind: 'person' | 'operator' | 'partner'
  /** Visits in a day. */
  readonly visits: number
  /** Topics in the order in which a visit comes by them, with the share of visits that do. */
  readonly topics: ReadonlyArray<readonly [topic: string, share: number]>
  /** Share of the visits by hour of the day, UTC. */
  readonly hours: readonly number[]
}

const evening = [1, 1, 1, 1, 1, 2, 4, 8, 10, 12, 14, 15, 16, 14, 12, 12, 14, 18, 22, 26, 26, 20, 12, 5]
const office = [0, 0, 0, 0, 0, 1, 4, 12, 20, 22, 22, 18, 12, 18, 20, 20, 16, 8, 3, 1, 0, 0, 0, 0]
const steady = Array.from({ length: 24 }, () => 1)

export const personas: readonly Persona[] = [
  {
    name: 'shopper',
    kind: 'person',
    visits: 620,
    topics: [
      ['browse', 0.9],
      ['search', 0.7],
      ['brands', 0.3],
      ['signin', 0.6],
      ['basket', 0.5],
      ['wishes', 0.25],
      ['account', 0.3],
      ['review', 0.2],
    ],
    hours: evening,
  },
  {
    name: 'regular',
    kind: 'person',
    visits: 520,
    topics: [
      ['signin', 1],
      ['profile', 0.5],
      ['account', 0.6],
      ['tracking', 0.5],
      ['wallet', 0.4],
      ['inbox', 0.5],
      ['returns', 0.4],
      ['notes', 0.4],
      ['loyalty', 0.4],
      ['devices', 0.35],
      ['summary', 0.4],
      ['saved', 0.35],
      ['topics', 0.4],
      ['subscriptions', 0.4],
    ],
    hours: evening,
  },
  {
    name: 'newcomer',
    kind: 'person',
    visits: 70,
    topics: [
      ['register', 1],
      ['browse', 0.8],
      ['profile', 0.5],
    ],
    hours: evening,
  },
  {
    name: 'clerk',
    kind: 'operator',
    visits: 190,
    topics: [
      ['care', 0.9],
      ['assortment', 0.8],
      ['purchasing', 0.8],
      ['back-office', 0.9],
      ['dispatch', 0.9],
      ['campaigns', 0.8],
    ],
    hours: office,
  },
  { name: 'partner', kind: 'partner', visits: 150, topics: [['partner', 1]], hours: steady },
]

/** The topic's operations in the order of the services. */
export function operationsOf(topic: string): readonly Operation[] {
  return byTopic.get(topic) ?? []
}

const byTopic = Map.groupBy(
  services
    .flatMap(({ operations }) => operations)
    .filter(({ documented, proof }) => documented !== 'unused' && proof !== 'service'),
  ({ topic }) => topic,
)

/** A start within the day, by the persona's hours; `startMs` is midnight. */
export function startOf({ hours }: Persona, startMs: number, random: Random): number {
  const sum = hours.reduce((total, share) => total + share, 0)
  let left = random.next() * sum
  let hour = 0
  while (hour < 23 && left >= (hours[hour] as number)) {
    left -= hours[hour] as number
    hour++
  }
  // The last visits end before midnight.
  return startMs + hour * 3_600_000 + Math.floor(random.next() * (hour === 23 ? 1_200_000 : 3_600_000))
}

/** Visits of a persona on that day: a little fewer at the weekend, for partners none fewer. */
export function visitsOn({ visits, kind }: Persona, dayMs: number): number {
  const weekday = new Date(dayMs).getUTCDay()
  return Math.round(visits * (kind !== 'partner' && (weekday === 0 || weekday === 6) ? 0.85 : 1))
}

export function partnerOf(operation: Operation, random: Random): string {
  const { needlessly = [] } = operation
  return random.pick(partners.filter(partner => !needlessly.includes(partner)))
}
