import type { Actor } from '../actor.ts'
import type { Caller } from '../caller.ts'
import { partners } from '../estate.ts'
import type { DayParts } from '../offline.ts'
import type { Operation } from '../operation.ts'
import { makePerson, type Person } from '../person.ts'
import { visitStep } from '../plain-visits.ts'
import type { Random } from '../random.ts'
import type { Step } from '../steps.ts'
import { operationsOf, type Persona, personas, startOf } from '../visits.ts'
import { lapsesOf, strayPaths } from './lapses.ts'
import { callerOn, type Device, type Population } from './population.ts'
import type { Season } from './season.ts'

/** Visits as people make them: with mistakes, second thoughts, two devices and networks that change under way. */
export function livelyVisits(season: Season, population: Population, parts: DayParts): Step[] {
  const { random, startMs } = parts.day
  const steps: Step[] = []
  for (const persona of personas) {
    const stream = random.fork(`persona/${persona.name}`)
    const hours = season.hoursOf(persona)
    for (let n = season.visitsOf(persona); n > 0; n--) {
      const visit = stream.fork(String(n))
      const fromMs = startOf({ ...persona, hours }, startMs, visit)
      if (persona.kind === 'partner') partnerVisit(persona, fromMs, visit)
      else {
        const person = personOf(persona, n, visit)
        const device = persona.kind === 'person' && visit.chance(0.5) ? 'phone' : 'laptop'
        personVisit({ persona, person, fromMs, random: visit, device, topics: topicsOf(persona, visit) })
        // The other device lies beside the first one.
        if (persona.kind === 'person' && visit.chance(0.05))
          personVisit({
            persona,
            person,
            fromMs: fromMs + visit.below(120_000),
            random: visit.fork('second'),
            device: device === 'phone' ? 'laptop' : 'phone',
            topics: topicsOf(persona, visit).slice(0, 2),
          })
      }
    }
  }
  return steps

  function personOf(persona: Persona, n: number, visit: Random): Person {
    if (persona.kind === 'operator') return visit.pick(parts.day.world.operators)
    return persona.name === 'newcomer'
      ? population.newcomer(parts.day.day, n)
      : population.visitor(visit, parts.day.day)
  }

  function topicsOf(persona: Persona, visit: Random): string[] {
    const topics = persona.topics
      .filter(([topic, share]) => visit.chance(season.shareOf(topic, share)))
      .map(([topic]) => topic)
    // Once more to what was seen already.
    if (topics.length > 0 && persona.kind === 'person' && visit.chance(0.12)) topics.push(visit.pick(topics))
    return topics
  }

  function partnerVisit(persona: Persona, fromMs: number, visit: Random): void {
    const name = visit.pick(partners)
    const caller: Caller = {
      kind: 'partner',
      name,
      person: makePerson(parts.day.world.random.fork('partner')),
      address: `192.0.2.${240 + partners.indexOf(name) * 2 + visit.below(2)}`,
      agent: 'partner-sync/2.3',
      traces: false,
    }
    walk({
      random: visit,
      fromMs,
      operations: persona.topics
        .flatMap(([topic]) => operationsOf(topic))
        .filter(({ needlessly = [] }) => !needlessly.includes(name)),
      callerAt: () => ({ caller, headers: {} }),
      actorAt: () => null,
    })
  }

  function personVisit(words: {
    readonly persona: Persona
    readonly person: Person
    readonly fromMs: number
    readonly random: Random
    readonly device: Device['name']
    readonly topics: readonly string[]
  }): void {
    const { persona, person, fromMs, random: visit } = words
    const kind = persona.kind === 'operator' ? 'operator' : 'person'
    const device = population.on(person, words.device, startMs)
    const traces = visit.chance(0.4)
    const actorAt = (timeMs: number): Actor => ({
      kind,
      name: '',
      person,
      address: device.at(timeMs).address,
      agent: device.agent,
      forged: null,
      proof: 'good',
      device: device.name,
    })
    if (device.name === 'laptop' && visit.chance(0.06))
      steps.push(...strayPaths(parts.sender, actorAt(fromMs), { timeMs: fromMs, random: visit.fork('stray') }))
    walk({
      random: visit,
      fromMs,
      operations: words.topics.flatMap(topic => operationsOf(topic)),
      callerAt: timeMs => ({
        caller: callerOn(kind, person, { device, timeMs, traces }),
        headers: device.at(timeMs).headers,
      }),
      actorAt,
    })
  }

  function walk(words: {
    readonly random: Random
    readonly fromMs: number
    readonly operations: readonly Operation[]
    readonly callerAt: (timeMs: number) => {
      readonly caller: Caller
      readonly headers: Readonly<Record<string, string>>
    }
    /** null: a program, which makes no mistakes. */
    readonly actorAt: (timeMs: number) => Actor | null
  }): void {
    const { random: visit } = words
    const chosen = new Map<string, string | number>()
    let timeMs = words.fromMs
    for (const operation of words.operations) {
      if (!visit.chance(operation.often ?? 0.5)) continue
      timeMs += Math.floor(visit.around(7_000, 0.8)) + 300
      if (visit.chance(0.15)) chosen.clear()
      const own = visit.fork(`${operation.id}/${timeMs}`)
      const { caller, headers } = words.callerAt(timeMs)
      const ids = new Map(chosen)
      for (const variable of operation.variables)
        if (!ids.has(variable)) {
          const id = parts.day.world.id(variable, { person: caller.person, random: own, day: parts.day.day })
          ids.set(variable, id)
          chosen.set(variable, id)
        }
      const actor = words.actorAt(timeMs)
      if (actor !== null) {
        const { made, takesMs, givesUp } = lapsesOf(parts.sender, actor, { operation, timeMs, random: own, ids })
        steps.push(...made)
        timeMs += takesMs
        if (givesUp) return
      }
      const at = timeMs
      const bend = Object.keys(headers).length === 0 ? {} : { bend: { headers } }
      steps.push({
        timeMs: at,
        run: () => visitStep(parts, caller, operation, { timeMs: at, random: own, chosen: ids, ...bend }),
      })
      // A button that did not seem to work.
      if (operation.method === 'GET' && visit.chance(0.012)) {
        const again = at + visit.between(250, 1_800)
        const other = visit.fork(`again/${again}`)
        steps.push({
          timeMs: again,
          run: () =>
            visitStep(parts, caller, operation, { timeMs: again, random: other, chosen: new Map(ids), ...bend }),
        })
      }
    }
  }
}
