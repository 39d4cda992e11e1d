import type { ApiDocument, ApiParameter } from './openapi-documents.ts'
import { type Call, sampled, shape } from './openapi-traffic.ts'
import { date, dateTime, digits, enumMembers, lower, text, uuid } from './path-values.ts'
import { type Seeded, seeded } from './seeded.ts'
import { words } from './words.ts'

/**
 * Traffic as a plain generator makes it, that knows nothing of names, examples or populations: a value of its own for each call, from what the
 * parameter declares of type, format and enum alone; 20 to 100 calls for each operation, evenly. Deterministic by seed and document.
 */
export function plainTraffic(
  document: ApiDocument,
  half: 'tuning' | 'held-out',
  seed: string,
  operationsMax: number,
): Call[] {
  const random = seeded(`plain ${seed} ${document.name}`)
  const { nouns, adjectives } = words(half)
  const known = [...nouns, ...adjectives]
  const makers = new Map<string, () => string>()
  const calls: Call[] = []
  for (const { template, parameters } of sampled(document.operations, operationsMax, random))
    for (let n = 20 + random.below(81); n > 0; n--) {
      const path = template.replaceAll(/\{([^{}]*)\}/g, (_, name: string) => {
        let make = makers.get(name)
        if (make === undefined) {
          make = plainMaker(parameters[name] ?? {}, known, random)
          makers.set(name, make)
        }
        return make()
      })
      calls.push({ path: path.startsWith('/') ? path : `/${path}`, truth: shape(template) })
    }
  return calls
}

function plainMaker(parameter: ApiParameter, known: readonly string[], random: Seeded): () => string {
  const { type, format } = parameter
  const members = enumMembers(parameter)
  if (members.length > 0) return () => encodeURIComponent(random.pick(members))
  if (type === 'boolean') return () => random.pick(['true', 'false'])
  if (type === 'integer') return () => String(1 + random.below(100_000))
  if (type === 'number') return () => (random.next() * 1_000).toFixed(2)
  if (format === 'uuid') return () => uuid(random)
  if (format === 'date') return () => date(random)
  if (format === 'date-time') return () => dateTime(random)
  const manner = random.below(3)
  if (manner === 0) return () => random.pick(known)
  const alphabet = manner === 1 ? lower : lower + digits
  return () => text(random, alphabet, 4 + random.below(9))
}
