import type { Caller } from '../caller.ts'
import { makePerson, type Person } from '../person.ts'
import type { Random } from '../random.ts'
import type { World } from '../world.ts'

/** Who visits and from where: regulars, people who came with the last days, on a phone, a laptop or both, at home, at work, on the way. */
export interface Population {
  /** Somebody of the bed, more often the busy ones, now and then somebody who registered on one of the days so far. */
  visitor(random: Random, day: number): Person
  /** Somebody who registers on that day. */
  newcomer(day: number, number: number): Person
  /** On which device and from where a visit is made. */
  on(person: Person, random: Random): Visit
}

export interface Visit {
  readonly device: 'phone' | 'laptop'
  readonly agent: string
  readonly address: string
  /** Where the same visit goes on, when the phone changes its network; null: it does not. */
  readonly nextAddress: string | null
  /** What a proxy of the office adds. */
  readonly headers: Readonly<Record<string, string>>
}

/** Registrations a day of which each may come back. */
const returning = 30

const laptops = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:149.0) Gecko/20100101 Firefox/149.0',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:149.0) Gecko/20100101 Firefox/149.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.2 Safari/605.1.15',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36',
  // Some script their own orders.
  'python-requests/2.33.1',
]
const phones = ['ShopApp/5.2 (Android 16)', 'ShopApp/5.2 (iOS 26.3)', 'ShopApp/5.1 (Android 15)']

export function createPopulation(world: World): Population {
  const newcomers = new Map<string, Person>()
  const habits = new Map<Person, { readonly laptop: string; readonly phone: string; readonly office: string | null }>()

  function newcomer(day: number, number: number): Person {
    const name = `newcomer/${day}/${number}`
    let person = newcomers.get(name)
    if (person === undefined) newcomers.set(name, (person = makePerson(world.random.fork(name))))
    return person
  }

  function habitsOf(person: Person) {
    let own = habits.get(person)
    if (own === undefined) {
      const random = world.random.fork(`habits/${person.id}`)
      own = {
        laptop: laptops[random.early(laptops.length)] as string,
        phone: random.pick(phones),
        office: random.chance(0.3) ? `198.51.100.${random.between(1, 30)}` : null,
      }
      habits.set(person, own)
    }
    return own
  }

  return {
    newcomer,
    visitor(random, day) {
      if (day > 0 && random.chance(0.06)) return newcomer(random.below(day), 1 + random.below(returning))
      return random.chance(0.15)
        ? (world.people[random.early(world.people.length)] as Person)
        : random.pick(world.people)
    },
    on(person, random) {
      const { laptop, phone, office } = habitsOf(person)
      const home = world.addressOf(person)
      const none = {}
      if (random.chance(0.5)) {
        const away = random.chance(0.6)
        const carrier = `198.18.${random.below(4)}.${random.between(1, 254)}`
        const moves = random.chance(0.25)
        return {
          device: 'phone',
          agent: phone,
          address: away ? carrier : home,
          nextAddress: moves
            ? away
              ? random.chance(0.5)
                ? home
                : `198.18.${random.below(4)}.${random.between(1, 254)}`
              : carrier
            : null,
          headers: none,
        }
      }
      if (office !== null && random.chance(0.5))
        return {
          device: 'laptop',
          agent: laptop,
          address: office,
          nextAddress: null,
          headers: { 'x-forwarded-for': `192.168.${random.between(1, 4)}.${random.between(2, 250)}`, via: '1.1 proxy' },
        }
      return { device: 'laptop', agent: laptop, address: home, nextAddress: null, headers: none }
    },
  }
}

/** As a caller of the wallet. */
export function callerOn(kind: 'person' | 'operator', person: Person, visit: Visit, traces: boolean): Caller {
  return { kind, person, address: visit.address, agent: visit.agent, traces, device: visit.device }
}
