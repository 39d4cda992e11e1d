import { mutated, mutationKinds, type MutationKind } from '../traffic/mutations.ts'
import type { Seeded } from '../traffic/seeded.ts'
import type { SentCall } from './calls.ts'

/** One thing wrong with a call. */
export const changeKinds = [
  ...mutationKinds,
  'missing-parameter',
  'parameter-type',
  'parameter-range',
  'parameter-length',
  'path-format',
  'extra-query',
] as const
export type ChangeKind = (typeof changeKinds)[number]

/** A copy of the call with that wrong; null where it has no place for it. `constant`: members that every body of the operation has. */
export function changed(
  call: SentCall,
  kind: ChangeKind,
  random: Seeded,
  known: { readonly constant: ReadonlySet<string>; readonly constantQuery: ReadonlySet<string> },
): SentCall | null {
  const bodily = mutationKinds.find((one): one is MutationKind => one === kind)
  if (bodily !== undefined) {
    if (call.body === undefined || call.contentType !== 'application/json') return null
    const body = mutated(call.body, bodily, random, known.constant)
    return body === null ? null : { ...call, body }
  }
  const { query } = call
  const replace = (fits: (value: string) => boolean, value: string): SentCall | null => {
    const at = query.map((_, i) => i).filter(i => fits(query[i]?.[1] ?? ''))
    if (at.length === 0) return null
    const place = random.pick(at)
    return { ...call, query: query.map((pair, i) => (i === place ? [pair[0], value] : pair)) }
  }
  const number = (value: string): boolean => /^\d+$/.test(value)
  switch (kind) {
    case 'missing-parameter': {
      const names = query.map(([name]) => name).filter(name => known.constantQuery.has(name))
      if (names.length === 0) return null
      const gone = random.pick(names)
      return { ...call, query: query.filter(([name]) => name !== gone) }
    }
    case 'parameter-type':
      return replace(number, random.pick(['abc', '1;drop', 'NaN', '[]']))
    case 'parameter-range':
      return replace(number, random.pick(['-1000000', '1000000000000']))
    case 'parameter-length':
      return replace(() => true, 'A'.repeat(5_000))
    case 'path-format': {
      const segments = call.path.split('/')
      // What holds a digit is an id and no word of the API.
      const ids = segments
        .map((_, i) => i)
        .filter(i => /\d/.test(segments[i] ?? '') && !/^v\d$/.test(segments[i] ?? ''))
      if (ids.length === 0) return null
      const place = random.pick(ids)
      const wrong = random.pick(["1'%20or%20'1'='1", 'not%20an%20id', '%3Cscript%3E', '..%00'])
      return { ...call, path: segments.map((segment, i) => (i === place ? wrong : segment)).join('/') }
    }
    case 'extra-query':
      return { ...call, query: [...query, [random.pick(['debug', 'isAdmin', 'cmd', '__proto__', 'tenant']), '1']] }
    default:
      return null
  }
}
