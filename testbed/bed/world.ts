import { ids, makeId } from './ids.ts'
import { makePerson, type Person } from './person.ts'
import { createRandom, type Random } from './random.ts'

const peopleCount = 320
const ownIds = 3

/** Everybody and everything that there is, the same for the same seed on every day. */
export interface World {
  readonly random: Random
  readonly people: readonly Person[]
  readonly operators: readonly Person[]
  /** An id of that kind: one of the person's own (other ones every day), or one of those that there are. */
  id(
    variable: string,
    choice: { readonly person: Person; readonly random: Random; readonly day: number },
  ): string | number
  /** Where the person's calls come from. */
  addressOf(person: Person): string
}

export function createWorld(seed: number): World {
  const random = createRandom(`world/${seed}`)
  const people = Array.from({ length: peopleCount }, (_, i) => makePerson(random.fork(`person/${i}`)))
  const operators = Array.from({ length: 9 }, (_, i) => makePerson(random.fork(`operator/${i}`)))
  const known = new Map<string, string | number>()
  const addresses = new Map<Person, string>()
  return {
    random,
    people,
    operators,
    id(variable, { person, random: choices, day }) {
      const kind = ids[variable]
      if (kind === undefined) throw new Error(`there is no kind of id ${variable}`)
      const name =
        kind.many === 'own'
          ? `id/${variable}/${person.id}/${day}/${choices.below(ownIds)}`
          : `id/${variable}/${choices.early(kind.many)}`
      let id = known.get(name)
      if (id === undefined) known.set(name, (id = makeId(variable, random.fork(name), person)))
      return id
    },
    addressOf(person) {
      let address = addresses.get(person)
      if (address === undefined) {
        const own = random.fork(`address/${person.id}`)
        address = `${own.pick(['203.0.113', '198.51.100', '192.0.2'])}.${own.between(1, 254)}`
        addresses.set(person, address)
      }
      return address
    },
  }
}
