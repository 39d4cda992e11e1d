import type { Caller } from './caller.ts'
import type { Bending } from './calls.ts'
import type { DayParts } from './offline.ts'
import type { Operation } from './operation.ts'
import { makePerson } from './person.ts'
import type { Random } from './random.ts'
import { listenerOf } from './sender.ts'
import type { Step } from './steps.ts'
import { operationsOf, partnerOf, personas, startOf, visitsOn } from './visits.ts'

/** Visits without mistakes: what an inventory is measured on, where every call is one of an operation of the bed. */
export function plainVisits(parts: DayParts): Step[] {
  const { world, random, startMs, day } = parts.day
  const steps: Step[] = []
  for (const persona of personas) {
    const stream = random.fork(`persona/${persona.name}`)
    for (let n = visitsOn(persona, startMs); n > 0; n--) {
      const visit = stream.fork(String(n))
      const caller = callerFor(persona.kind, visit)
      let timeMs = startOf(persona, startMs, visit)
      // What a visit is about stays the same while it lasts: its basket, its order.
      const chosen = new Map<string, string | number>()
      for (const [topic, share] of persona.topics) {
        if (!visit.chance(share)) continue
        for (const operation of operationsOf(topic)) {
          if (!visit.chance(operation.often ?? 0.5)) continue
          timeMs += Math.floor(visit.around(7_000, 0.8)) + 300
          if (visit.chance(0.15)) chosen.clear()
          const stepRandom = visit.fork(`${operation.id}/${timeMs}`)
          const at = timeMs
          const stepChosen = new Map(chosen)
          for (const variable of operation.variables)
            if (!stepChosen.has(variable)) {
              const id = world.id(variable, { person: caller.person, random: stepRandom, day })
              stepChosen.set(variable, id)
              chosen.set(variable, id)
            }
          steps.push({
            timeMs: at,
            run: () => {
              const named = caller.kind === 'partner' ? { ...caller, name: partnerOf(operation, stepRandom) } : caller
              return visitStep(parts, named, operation, { timeMs: at, random: stepRandom, chosen: stepChosen })
            },
          })
        }
      }
    }
  }
  return steps

  function callerFor(kind: Caller['kind'], visit: Random): Caller {
    if (kind === 'partner') {
      const person = makePerson(world.random.fork('partner'))
      return {
        kind,
        name: '',
        person,
        address: `192.0.2.${visit.between(240, 246)}`,
        agent: 'partner-sync/2.3',
        traces: false,
      }
    }
    const person = visit.pick(kind === 'operator' ? world.operators : world.people)
    return {
      kind,
      person,
      address: world.addressOf(person),
      agent: visit.chance(0.5)
        ? 'Mozilla/5.0 (X11; Linux x86_64; rv:149.0) Gecko/20100101 Firefox/149.0'
        : 'ShopApp/5.2 (Android 16)',
      traces: visit.chance(0.4),
    }
  }
}

/** One call of a caller from outside; a lost one is tried once more. */
export async function visitStep(
  { wallet, call }: DayParts,
  caller: Caller,
  operation: Operation,
  step: {
    readonly timeMs: number
    readonly random: Random
    readonly chosen: Map<string, string | number>
    readonly bend?: Bending
  },
): Promise<void> {
  const traceId = step.random.hex(32)
  const attempt = async (atMs: number, tries: Random) => {
    const parentId = caller.traces ? tries.hex(16) : null
    return call({
      operation,
      person: caller.person,
      credentials: wallet.show(caller, operation, atMs, tries),
      callerName: caller.kind === 'partner' ? caller.name : caller.kind,
      client: caller.address,
      agent: caller.agent,
      listener: listenerOf(operation, tries),
      trail: { traceId, parentId },
      timeMs: atMs,
      random: tries,
      chosen: step.chosen,
      ...(step.bend === undefined ? {} : { bent: { [operation.id]: step.bend } }),
    })
  }
  const { answer, endMs } = await attempt(step.timeMs, step.random)
  if (answer.status === 503 && operation.method !== 'POST' && operation.method !== 'PATCH')
    await attempt(endMs + 200, step.random.fork('again'))
}
