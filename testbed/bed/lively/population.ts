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
  /** A device of the person on a day. */
  on(person: Person, device: Device['name'], startMs: number): Device
}

/** A device is in one network at a time, whoever uses it for what. */
export interface Device {
  readonly name: 'phone' | 'laptop'
  readonly agent: string
  at(timeMs: number): Place
}

export interface Place {
  readonly fromMs: number
  readonly address: string
  /** What a proxy of the office adds. */
  readonly headers: Readonly<Record<string, string>>
}

const HOUR = 3_600_000

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
  const devices = new Map<string, Device>()
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
    on(person, name, startMs) {
      const key = `${person.id}/${name}/${startMs}`
      let device = devices.get(key)
      if (device === undefined) devices.set(key, (device = deviceOf(key, person, { name, startMs })))
      return device
    },
  }

  function deviceOf(
    key: string,
    person: Person,
    { name, startMs }: { readonly name: Device['name']; readonly startMs: number },
  ): Device {
    const { laptop, phone, office } = habitsOf(person)
    const random = world.random.fork(`whereabouts/${key}`)
    const home: Place = { fromMs: startMs, address: world.addressOf(person), headers: {} }
    const places = [home]
    const weekday = new Date(startMs).getUTCDay() % 6 > 0
    if (name === 'laptop' && office !== null && weekday && random.chance(0.8)) {
      const fromMs = startMs + random.between(6 * HOUR, 9 * HOUR)
      const headers = {
        'x-forwarded-for': `192.168.${random.between(1, 4)}.${random.between(2, 250)}`,
        via: '1.1 proxy',
      }
      places.push(
        { fromMs, address: office, headers },
        { ...home, fromMs: fromMs + random.between(6 * HOUR, 9 * HOUR) },
      )
    }
    if (name === 'phone') {
      const carrier = world.random.fork(`carrier/${person.id}`).below(5)
      // Out of the house and back, from mast to mast.
      const moves = Array.from({ length: random.between(6, 36) }, () => startMs + random.between(5 * HOUR, 23 * HOUR))
      for (const fromMs of moves.sort((a, b) => a - b)) {
        const away = places.at(-1)?.address === home.address || random.chance(0.4)
        places.push({
          fromMs,
          address: away ? carrierAddress(random, carrier) : home.address,
          headers: {},
        })
      }
    }
    return {
      name,
      agent: name === 'phone' ? phone : laptop,
      at: timeMs => places.findLast(({ fromMs }) => fromMs <= timeMs) ?? home,
    }
  }
}

/** Carriers put many behind few addresses of version 4; one of the five has version 6. */
function carrierAddress(random: Random, carrier: number): string {
  return carrier < 4
    ? `198.18.${carrier}.${random.between(1, 254)}`
    : `2001:db8:c0:${random.between(1, 0xffff).toString(16)}::${random.between(1, 99)}`
}

/** As a caller of the wallet. */
export function callerOn(
  kind: 'person' | 'operator',
  person: Person,
  { device, timeMs, traces }: { readonly device: Device; readonly timeMs: number; readonly traces: boolean },
): Caller {
  return { kind, person, address: device.at(timeMs).address, agent: device.agent, traces, device: device.name }
}
