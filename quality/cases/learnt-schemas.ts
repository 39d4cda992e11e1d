import { jsonSchema } from '../../src/policies/json-schema/policy.ts'
import { schema as settings } from '../../src/policies/json-schema/schema.ts'
import { createReducer } from '../../src/insight/observe/reduce.ts'
import { SchemaModel } from '../../src/insight/observe/schema-model.ts'
import { PASS } from '../../src/core/verdict.ts'
import { exchange } from '../../test/support/exchange.ts'
import { testHost } from '../../test/support/host.ts'
import { dayOfBodies } from '../traffic/bodies.ts'
import { constantMembers, mutated, mutationKinds } from '../traffic/mutations.ts'
import { rawExchange } from '../traffic/raw-exchange.ts'
import { seeded } from '../traffic/seeded.ts'
import type { QualityCase } from '../quality-case.ts'

const callsADay = 20_000
const acceptedMust = 0.999
const refusedMust = 0.95

type Enforce = ReadonlyMap<string, (body: unknown) => boolean>

/** Schemas learnt from one day of bodies, enforced by the policy `json-schema` on the next. */
export const learntSchemas: readonly QualityCase[] = [
  {
    name: 'learnt-schemas-benign',
    what: 'learnt body schemas, enforced on an unseen day: accepted',
    must: '≥ 0.999',
    aim: '1.00',
    method: `Eight kinds of bodies (orders, log-ins, payments, telemetry, preferences with maps, reviews, searches, refunds) with optional members, long-tailed
amounts, growing numbers and texts of people, 20,000 calls a day; seeds of their own for the day that teaches and the day that is judged. Bodies are reduced to
observations, fused, and the strict schema is compiled by the policy \`json-schema\` with its defaults.`,
    run: async () => {
      const accept = learn('teach 1')
      let right = 0
      const wrong = new Map<string, number>()
      for (const { kind, body } of dayOfBodies('judge 1', callsADay, callsADay)) {
        if (accept.get(kind)?.(body) === true) right++
        else wrong.set(kind, (wrong.get(kind) ?? 0) + 1)
      }
      const value = right / callsADay
      return {
        value,
        of: callsADay,
        holds: value >= acceptedMust,
        note: [...wrong].map(([kind, n]) => `${kind} ${n}`).join(', ') || 'none refused',
      }
    },
  },
  {
    name: 'learnt-schemas-mutated',
    what: 'learnt body schemas: calls with one thing wrong, refused',
    must: '≥ 0.95',
    aim: '0.99',
    method: `The same schemas against bodies of the unseen day with one change each: another type, a member missing that was always there, an unknown member, a number
out of range, a text of 20,000 characters, a text that is not of its form; in a random place of the body. The note gives the shares by change.`,
    run: async () => {
      const accept = learn('teach 1')
      const day = [...dayOfBodies('judge 1', 4000, callsADay)]
      const constant = new Map(
        [...Map.groupBy(day, ({ kind }) => kind)].map(([kind, calls]) => [
          kind,
          constantMembers(calls.map(({ body }) => body)),
        ]),
      )
      const random = seeded('mutations')
      const counts = new Map(mutationKinds.map(kind => [kind, { refused: 0, of: 0 }]))
      for (const { kind, body } of day)
        for (const change of mutationKinds) {
          const changed = mutated(body, change, random, constant.get(kind) ?? new Set())
          if (changed === null) continue
          const count = counts.get(change) as { refused: number; of: number }
          count.of++
          if (accept.get(kind)?.(changed) !== true) count.refused++
        }
      const all = [...counts.values()]
      const of = all.reduce((sum, count) => sum + count.of, 0)
      const value = all.reduce((sum, count) => sum + count.refused, 0) / of
      const note = [...counts].map(([change, count]) => `${change} ${(count.refused / count.of).toFixed(3)}`).join(', ')
      return { value, of, holds: value >= refusedMust, note }
    },
  },
]

function learn(seed: string): Enforce {
  const reduce = createReducer({ hashKey: new Uint8Array(32).fill(3) })
  const models = new Map<string, SchemaModel>()
  for (const { kind, body } of dayOfBodies(seed, callsADay, 0)) {
    const shape = reduce(rawExchange(body)).request?.shape
    let model = models.get(kind)
    if (model === undefined) models.set(kind, (model = new SchemaModel()))
    if (shape !== null && shape !== undefined) model.add(shape)
  }
  return new Map([...models].map(([kind, model]) => [kind, enforced(model)]))
}

function enforced(model: SchemaModel): (body: unknown) => boolean {
  const compiled = jsonSchema.compile(settings.parse({ request: model.toJsonSchema({ strict: true }) }), testHost())
  const headers = { 'Content-Type': 'application/json' }
  return body => {
    const bytes = Buffer.from(JSON.stringify(body))
    return compiled.body?.(exchange({ method: 'POST', headers, body: bytes }), bytes) === PASS
  }
}
