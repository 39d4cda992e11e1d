import { Agent, request } from 'undici'
import { type Caller, createWallet } from '../caller.ts'
import { serviceNamed } from '../estate.ts'
import { bodyText, pathOf, queryText } from '../exchange.ts'
import type { Operation } from '../operation.ts'
import { makePerson, type Person } from '../person.ts'
import { createRandom, type Random } from '../random.ts'
import { requestFor } from '../request.ts'
import type { TokenIssuer } from '../tokens.ts'
import { operationsOf, partnerOf, type Persona, personas } from '../visits.ts'
import type { World } from '../world.ts'

export interface LiveVisits {
  readonly world: World
  readonly tokens: TokenIssuer
  /** `https://localhost:8443`. */
  readonly base: string
  readonly ca: string
}

/** At once. */
const visitorCount = 4

/** The bed's people and partners, visit after visit, until `signal` aborts. */
export async function visitBed(visits: LiveVisits, signal: AbortSignal): Promise<void> {
  const { world, tokens, base, ca } = visits
  const dispatcher = new Agent({ allowH2: false, connect: { ca, servername: 'localhost' } })
  const wallet = createWallet(world.random, tokens)
  const random = createRandom(`visitors ${Date.now()}`)
  const total = personas.reduce((sum, { visits: share }) => sum + share, 0)

  async function visitor(own: Random): Promise<void> {
    while (!signal.aborted) {
      const persona = personaOf(own, total)
      const caller = callerFor(persona, own)
      const chosen = new Map<string, string | number>()
      for (const [topic, share] of persona.topics)
        for (const operation of own.chance(share) ? operationsOf(topic) : []) {
          // One address stands for many people here, and guessing of passwords is slowed down by address.
          const often = operation.route?.limit === undefined ? (operation.often ?? 0.5) : 0.04
          if (!own.chance(often)) continue
          if (signal.aborted) return
          await call(caller, operation, own, chosen)
          await pause(own.around(50, 0.6), signal)
        }
    }
  }

  async function call(
    who: Caller,
    operation: Operation,
    own: Random,
    chosen: Map<string, string | number>,
  ): Promise<void> {
    const caller = who.kind === 'partner' ? { ...who, name: partnerOf(operation, own) } : who
    const { person } = caller
    const id = (variable: string): string | number => {
      let value = chosen.get(variable)
      if (value === undefined) chosen.set(variable, (value = world.id(variable, { person, random: own, day: 0 })))
      return value
    }
    const params = Object.fromEntries(operation.variables.map(variable => [variable, String(id(variable))]))
    const sent = requestFor(operation, params, {
      random: own,
      release: 3,
      now: Date.now(),
      person,
      another: () => own.pick(world.people),
      id,
      params: {},
    })
    const shown = wallet.show(caller, operation, Date.now(), own)
    const body = bodyText(sent.body)
    try {
      const response = await request(`${base}${pathOf(sent)}${queryText({ ...sent.query, ...shown.query })}`, {
        dispatcher,
        method: sent.method,
        headers: {
          ...Object.fromEntries(shown.headers),
          ...sent.headers,
          host: operation.route?.host ?? serviceNamed(operation.service).host,
          'user-agent': caller.agent,
          ...(body === null ? {} : { 'content-type': operation.bodyType ?? 'application/json' }),
        },
        ...(body === null ? {} : { body }),
        signal,
      })
      await response.body.dump()
    } catch {
      // The gateway is ending, or is being started again by hand: the next call will tell.
    }
  }

  function callerFor({ kind }: Persona, own: Random): Caller {
    const person: Person =
      kind === 'partner'
        ? makePerson(world.random.fork('partner'))
        : own.pick(kind === 'operator' ? world.operators : world.people)
    const common = {
      person,
      address: '',
      agent: kind === 'partner' ? 'partner-sync/2.3' : 'ShopApp/5.2 (Android 16)',
      traces: false,
    }
    return kind === 'partner' ? { kind, name: '', ...common } : { kind, ...common }
  }

  await Promise.all(Array.from({ length: visitorCount }, (_, i) => visitor(random.fork(String(i)))))
  await dispatcher.destroy()
}

function personaOf(random: Random, total: number): Persona {
  let left = random.next() * total
  return personas.find(({ visits }) => (left -= visits) < 0) ?? (personas[0] as Persona)
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve()
    const timer = setTimeout(done, ms)
    function done(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
  })
}
