import type { Seeded } from './seeded.ts'

export const mutationKinds = [
  'wrong-type',
  'missing',
  'unknown-field',
  'out-of-range',
  'over-long',
  'wrong-format',
] as const
export type MutationKind = (typeof mutationKinds)[number]

/** A member of an object or an item of an array, by its path without indexes. */
interface Place {
  readonly parent: Record<string, unknown> | unknown[]
  readonly key: string | number
  readonly path: string
  readonly value: unknown
}

/** Texts with a form of their own; what people write has none. */
const formed = [
  /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  /^[^@\s]+@[^@\s]+\.[a-z]+$/,
  /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+Z)?$/,
  /^[0-9a-f]{24,}$/,
  /^https?:\/\//,
  /^\+\d{9,}$/,
]

/** Paths of members that were there whenever their object was. */
export function constantMembers(bodies: readonly unknown[]): ReadonlySet<string> {
  const parents = new Map<string, number>()
  const members = new Map<string, number>()
  for (const body of bodies)
    eachObject(body, '', (object, path) => {
      parents.set(path, (parents.get(path) ?? 0) + 1)
      for (const name of Object.keys(object)) members.set(`${path}/${name}`, (members.get(`${path}/${name}`) ?? 0) + 1)
    })
  return new Set(
    [...members]
      .filter(([path, count]) => count === parents.get(path.slice(0, path.lastIndexOf('/'))))
      .map(([path]) => path),
  )
}

/** A copy of the body with one thing wrong in one place; null where the body has no place for that. `constant`: see constantMembers. */
export function mutated(body: unknown, kind: MutationKind, random: Seeded, constant: ReadonlySet<string>): unknown {
  const copy: unknown = structuredClone(body)
  const places = placesOf(copy)
  const at = (fits: (place: Place) => boolean, change: (place: Place) => unknown): unknown => {
    const fitting = places.filter(fits)
    if (fitting.length === 0) return null
    const place = random.pick(fitting)
    ;(place.parent as Record<string | number, unknown>)[place.key] = change(place)
    return copy
  }
  switch (kind) {
    case 'wrong-type':
      return at(
        ({ value }) => value !== null,
        ({ value }) => otherType(value, random),
      )
    case 'missing': {
      const fitting = places.filter(({ path }) => constant.has(path))
      if (fitting.length === 0) return null
      const { parent, key } = random.pick(fitting)
      delete (parent as Record<string, unknown>)[key as string]
      return copy
    }
    case 'unknown-field': {
      const objects: Array<Record<string, unknown>> = []
      eachObject(copy, '', object => objects.push(object))
      random.pick(objects)[random.pick(['isAdmin', 'role_override', 'debug', '$where', 'price_override'])] =
        random.pick([true, 'x', 1, {}])
      return copy
    }
    case 'out-of-range':
      return at(
        ({ value }) => typeof value === 'number',
        ({ value }) => {
          const number = value as number
          return random.pick([-Math.abs(number) * 1000 - 1_000_000, Math.abs(number) * 1_000_000 + 1e12])
        },
      )
    case 'over-long':
      return at(
        ({ value }) => typeof value === 'string',
        () => 'A'.repeat(20_000),
      )
    case 'wrong-format':
      return at(
        ({ value }) => typeof value === 'string' && formed.some(form => form.test(value)),
        () => random.pick(["' or 1=1 --", 'not what it was', '../../etc/passwd', '<script>']),
      )
    default: {
      const never: never = kind
      return never
    }
  }
}

function otherType(value: unknown, random: Seeded): unknown {
  if (typeof value === 'string') return random.pick([17, { $ne: '' }, true, [value]])
  if (typeof value === 'number') return random.pick([String(value), { $gt: 0 }, true])
  if (typeof value === 'boolean') return random.pick(['true', 2, {}])
  return Array.isArray(value) ? random.pick([{}, 'x']) : random.pick([[], 'x'])
}

function placesOf(body: unknown): Place[] {
  const places: Place[] = []
  const walk = (value: unknown, path: string): void => {
    if (Array.isArray(value))
      for (const [key, item] of value.entries()) {
        places.push({ parent: value, key, path: `${path}/[]`, value: item })
        walk(item, `${path}/[]`)
      }
    else if (value !== null && typeof value === 'object')
      for (const [key, member] of Object.entries(value)) {
        places.push({ parent: value as Record<string, unknown>, key, path: `${path}/${key}`, value: member })
        walk(member, `${path}/${key}`)
      }
  }
  walk(body, '')
  return places
}

function eachObject(
  value: unknown,
  path: string,
  found: (object: Record<string, unknown>, path: string) => void,
): void {
  if (Array.isArray(value)) for (const item of value) eachObject(item, `${path}/[]`, found)
  else if (value !== null && typeof value === 'object') {
    found(value as Record<string, unknown>, path)
    for (const [name, member] of Object.entries(value)) eachObject(member, `${path}/${name}`, found)
  }
}
