import { type Bending, operationNamed, type Trail } from '../calls.ts'
import { routeName } from '../configuration.ts'
import { serviceNamed, services } from '../estate.ts'
import { bodyText, pathOf, queryText, refusedLine } from '../exchange.ts'
import { findRoute, type Gate, type Refusal } from '../gate.ts'
import type { Mark } from '../labels.ts'
import { type DayParts, listenerOf } from '../offline.ts'
import type { Operation } from '../operation.ts'
import { makePerson, makeUuid, type Person } from '../person.ts'
import type { Random } from '../random.ts'
import { requestFor } from '../request.ts'
import type { Step } from '../steps.ts'
import { type Actor, credentialsOf } from './actor.ts'

const DAY = 86_400_000

/** From the internet, from a pod of the cluster, or from the internet with a header that says otherwise. */
export type Origin = 'outside' | 'pod' | 'forged'

/** Lowest and highest, both included: while detectors are made, and when they are judged. */
export interface Ranges {
  readonly dev: readonly [low: number, high: number]
  readonly acceptance: readonly [low: number, high: number]
}

/** One class of attacks, by the name that its detector has. */
export interface AttackClass {
  readonly name: string
  readonly variants: Readonly<Record<string, (stage: Stage) => void>>
  /** Only services can make it: it always comes from a pod. */
  readonly inside?: true
  /** It shows in the chain: all exchanges of its traces belong to it, and its traces are labelled. */
  readonly chain?: true
}

/** What one call of an attack is about. */
export interface Sending {
  readonly ids?: Readonly<Record<string, string | number>>
  readonly bend?: Bending
  /** For calls of services below it, by operation id. */
  readonly below?: Readonly<Record<string, Bending>>
  readonly trail?: Trail
  /** It belongs to no attack: an honest call beside one. */
  readonly honest?: true
}

/** A call that no word of the bed describes. */
export interface RawSending {
  /** Name of a service: its host. */
  readonly service: string
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly honest?: true
}

/** Where an attack is played: everything it draws comes from `random`, everything it does happens at a time that it says. */
export interface Stage {
  readonly random: Random
  readonly parts: DayParts
  readonly origin: Origin
  readonly startMs: number
  readonly acceptance: boolean
  between(ranges: Ranges): number
  /** One of the person's own ids, or one that there is. */
  idOf(variable: string, person: Person): string | number
  /** A moment from which there is time enough. */
  begin(durationMs: number): number
  /** An address after the origin. */
  address(timeMs: number): string
  /** Somebody of the bed, or a stranger who has registered. */
  somebody(): Person
  stranger(): Person
  actor(timeMs: number, words?: Partial<Actor>): Actor
  send(timeMs: number, actor: Actor, operation: string, sending?: Sending): void
  raw(timeMs: number, actor: Actor, sending: RawSending): void
}

export interface StageWords {
  readonly parts: DayParts
  readonly random: Random
  readonly origin: Origin
  readonly acceptance: boolean
  readonly mark: Mark
  /** No more calls than these. */
  readonly most: number
  /** Shared by all attacks of a day: limits count all of them. */
  readonly gate: Gate
}

/** Collects the steps of one attack. */
export function createStage(words: StageWords): { readonly stage: Stage; readonly steps: Step[] } {
  const { parts, random, origin, mark, gate } = words
  const { day, wallet, ledger } = parts
  const steps: Step[] = []
  let sent = 0

  const push = (timeMs: number, run: (own: Random) => Promise<void>): void => {
    if (sent++ >= words.most) return
    const own = random.fork(`step/${sent}`)
    steps.push({ timeMs, run: () => run(own) })
  }

  const stage: Stage = {
    random,
    parts,
    origin,
    startMs: day.startMs,
    acceptance: words.acceptance,
    idOf: (variable, person) => day.world.id(variable, { person, random, day: day.day }),
    between: ({ dev, acceptance }) => random.between(...(words.acceptance ? acceptance : dev)),
    begin: durationMs => day.startMs + 1_200_000 + random.below(Math.max(1, DAY - 3_600_000 - durationMs)),
    address: timeMs => (origin === 'pod' ? podAddress(timeMs, random) : strangeAddress(random)),
    somebody: () => random.pick(day.world.people),
    stranger: () => makePerson(random.fork(`stranger/${random.hex(8)}`)),
    actor: (timeMs, more = {}) => ({
      kind: 'person',
      name: '',
      person: random.chance(0.5) ? stage.somebody() : stage.stranger(),
      address: stage.address(timeMs),
      agent: random.pick(agents),
      forged: origin === 'forged' ? forgedAddress(timeMs) : null,
      proof: 'good',
      ...more,
    }),
    send(timeMs, actor, id, sending = {}) {
      push(timeMs, own => sendOne(timeMs, actor, operationNamed(id), { sending, own }))
    },
    raw(timeMs, actor, sending) {
      push(timeMs, own => sendRaw(timeMs, actor, sending, own))
    },
  }
  return { stage, steps }

  async function sendOne(
    timeMs: number,
    actor: Actor,
    operation: Operation,
    { sending, own }: { readonly sending: Sending; readonly own: Random },
  ): Promise<void> {
    const chosen = new Map<string, string | number>(Object.entries(sending.ids ?? {}))
    for (const variable of operation.variables)
      if (!chosen.has(variable))
        chosen.set(variable, day.world.id(variable, { person: actor.person, random: own, day: day.day }))
    const params = Object.fromEntries(operation.variables.map(name => [name, String(chosen.get(name))]))
    const usual = requestFor(operation, params, {
      random: own.fork('request'),
      release: 99,
      now: timeMs,
      person: actor.person,
      another: () => own.pick(day.world.people),
      id: name => chosen.get(name) ?? day.world.id(name, { person: actor.person, random: own, day: day.day }),
      params: {},
    })
    const { bend = {} } = sending
    const body = bend.body === undefined ? usual.body : bend.body(usual.body)
    const headers = { ...bend.headers, ...(actor.forged === null ? {} : { 'x-forwarded-for': actor.forged }) }
    const credentials = credentialsOf(actor, operation, wallet, { timeMs, random: own })
    const refusal = gate.judge({
      operation,
      kind: actor.kind,
      name: actor.name,
      proof: actor.kind === 'nobody' ? 'none' : actor.proof,
      address: actor.address,
      timeMs,
      body,
    })
    if (refusal !== null) {
      const service = serviceNamed(operation.service)
      const host = operation.proof === 'service' ? service.meshHost : (operation.route?.host ?? service.host)
      const query = { ...usual.query, ...bend.query, ...credentials.query }
      writeRefused(timeMs + (bend.skewMs ?? 0), actor, {
        refusal,
        operation,
        method: operation.method,
        url: `https://${host}${pathOf(usual)}${queryText(query)}`,
        listener: actor.kind === 'service' ? 'mesh' : operation.proof === 'key' ? 'partners' : 'public',
        headers: [...credentials.headers, ...Object.entries(headers)],
        body,
        principal: refusal.policy === 'require' || refusal.policy === 'json-schema' ? credentials.principal : undefined,
        own,
        honest: sending.honest === true,
      })
      return
    }
    await parts.call({
      operation,
      person: actor.person,
      credentials,
      callerName: actor.kind === 'partner' || actor.kind === 'service' ? actor.name : actor.kind,
      client: actor.address,
      agent: actor.agent,
      listener: actor.kind === 'service' ? 'mesh' : listenerOf(operation, own),
      trail: sending.trail ?? { traceId: own.hex(32), parentId: null },
      timeMs,
      random: own,
      chosen,
      bent: {
        ...sending.below,
        [operation.id]: { ...bend, headers, ...(body === undefined ? {} : { body: () => body }) },
      },
      ...(sending.honest === true ? {} : { mark }),
    })
  }

  async function sendRaw(timeMs: number, actor: Actor, sending: RawSending, own: Random): Promise<void> {
    const { host } = serviceNamed(sending.service)
    const found = findRoute(host, sending.method, sending.path)
    if ('operation' in found) {
      const { operation, exact } = found
      const parts = sending.path.split('/')
      const ids = Object.fromEntries(
        operation.template
          .split('/')
          .flatMap((part, i) => (part.startsWith('{') ? [[part.slice(1, -1), parts[i] ?? ''] as const] : [])),
      )
      const { body } = sending
      const bend: Bending = {
        ...(sending.query === undefined ? {} : { query: sending.query }),
        ...(body === undefined ? {} : { body: () => body }),
      }
      const asked: Operation = exact ? operation : unknownThere(operation, sending.method)
      const words = { ids, bend: exact ? bend : { ...bend, status: 405 } }
      await sendOne(timeMs, actor, asked, {
        sending: sending.honest === true ? { ...words, honest: true } : words,
        own,
      })
      return
    }
    writeRefused(timeMs, actor, {
      refusal: found.refusal,
      operation: null,
      method: sending.method,
      url: `https://${host}${sending.path}${queryText(sending.query ?? {})}`,
      listener: 'public',
      headers: actor.forged === null ? [] : [['x-forwarded-for', actor.forged]],
      body: sending.body,
      principal: undefined,
      own,
      honest: sending.honest === true,
    })
  }

  function writeRefused(
    timeMs: number,
    actor: Actor,
    words: {
      readonly refusal: Refusal
      readonly operation: Operation | null
      readonly method: string
      readonly url: string
      readonly listener: 'public' | 'mesh' | 'partners'
      readonly headers: ReadonlyArray<readonly [string, string]>
      readonly body: unknown
      readonly principal: Parameters<typeof refusedLine>[0]['principal'] | undefined
      readonly own: Random
      readonly honest: boolean
    },
  ): void {
    const id = makeUuid(words.own)
    const body = bodyText(words.body)
    ledger.exchange(
      refusedLine({
        timeMs,
        id,
        client: actor.address,
        method: words.method,
        url: words.url,
        operation: words.operation,
        ...words.refusal,
        headers: [
          ['user-agent', actor.agent],
          ['accept', 'application/json'],
          ...(body === null ? [] : [['content-type', words.operation?.bodyType ?? 'application/json'] as const]),
          ...words.headers,
        ],
        listener: words.listener,
        ...(words.principal === undefined ? {} : { principal: words.principal }),
        ...(body === null ? {} : { body }),
      }),
    )
    if (words.honest) return
    ledger.mark(mark, {
      id,
      traceId: null,
      timeMs,
      address: actor.address,
      principal:
        words.principal === undefined || words.principal.method === 'anonymous' ? null : words.principal.subject,
      operation: words.operation?.id ?? null,
    })
  }

  function podAddress(timeMs: number, own: Random): string {
    const service = own.pick(services)
    return own.pick(day.cluster.at(service.name, timeMs)).address
  }

  function forgedAddress(timeMs: number): string {
    return random.pick(['127.0.0.1', '10.0.0.7', `${podAddress(timeMs, random)}`, '192.168.1.20, 10.20.1.14'])
  }
}

/** A route takes the method, the service has no operation there. */
function unknownThere(operation: Operation, method: string): Operation {
  const { body: _body, ...rest } = operation
  return {
    ...rest,
    method: method as Operation['method'],
    route: { ...operation.route, through: operation.route?.through ?? routeName(operation) },
  }
}

/** Of the benchmarking networks (RFC 2544), which stand here for all of the internet; some of version 6 (RFC 3849). */
export function strangeAddress(random: Random): string {
  return random.chance(0.15)
    ? `2001:db8:${random.hex(4)}:${random.hex(4)}::${random.between(1, 99)}`.replace(/:0+(?=[0-9a-f])/g, ':')
    : `198.${random.between(18, 19)}.${random.below(256)}.${random.between(1, 254)}`
}

const agents = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:149.0) Gecko/20100101 Firefox/149.0',
  'ShopApp/5.2 (Android 16)',
  'python-requests/2.33.1',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:149.0) Gecko/20100101 Firefox/149.0',
]
