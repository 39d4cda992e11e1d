import { type Actor, credentialsOf } from './actor.ts'
import type { Call, Called, Bending, Trail } from './calls.ts'
import type { Wallet } from './caller.ts'
import { routeName } from './configuration.ts'
import { serviceNamed } from './estate.ts'
import { bodyText, pathOf, queryText, refusedLine } from './exchange.ts'
import { findRoute, type Gate, type Refusal } from './gate.ts'
import type { Ledger } from './calls.ts'
import type { Mark } from './labels.ts'
import type { Operation } from './operation.ts'
import { makeUuid } from './person.ts'
import type { Random } from './random.ts'
import { requestFor } from './request.ts'
import type { World } from './world.ts'

/** What one call is about, as far as it is not left to chance. */
export interface Sending {
  readonly timeMs: number
  readonly random: Random
  readonly ids?: Readonly<Record<string, string | number>>
  readonly bend?: Bending
  /** For calls of services below it, by operation id. */
  readonly below?: Readonly<Record<string, Bending>>
  readonly trail?: Trail
  /** Absent: it belongs to no attack. */
  readonly mark?: Mark | undefined
}

/** A call that no word of the bed describes. */
export interface MadeUp {
  /** Name of a service: its host. */
  readonly service: string
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** Sends calls of which the gateway may refuse some. */
export interface Sender {
  send(actor: Actor, operation: Operation, sending: Sending): Promise<void>
  sendMadeUp(actor: Actor, what: MadeUp, sending: Sending): Promise<void>
}

export interface SenderParts {
  readonly day: { readonly world: World; readonly day: number }
  readonly wallet: Wallet
  readonly ledger: Ledger
  readonly gate: Gate
  readonly call: (call: Call) => Promise<Called>
}

export function createSender({ day, wallet, ledger, gate, call }: SenderParts): Sender {
  return {
    send,
    async sendMadeUp(actor, what, sending) {
      const { host } = serviceNamed(what.service)
      const found = findRoute(host, what.method, what.path)
      if ('refusal' in found) {
        writeRefused(actor, sending, {
          refusal: found.refusal,
          operation: null,
          method: what.method,
          url: `https://${host}${what.path}${queryText(what.query ?? {})}`,
          listener: 'public',
          headers: forgedOf(actor),
          body: what.body,
          principal: undefined,
        })
        return
      }
      const { operation, exact } = found
      const segments = what.path.split('/')
      const ids = Object.fromEntries(
        operation.template
          .split('/')
          .flatMap((part, i) => (part.startsWith('{') ? [[part.slice(1, -1), segments[i] ?? ''] as const] : [])),
      )
      const { body } = what
      await send(actor, exact ? operation : unknownThere(operation, what.method), {
        ...sending,
        ids,
        bend: {
          ...(what.query === undefined ? {} : { query: what.query }),
          ...(body === undefined ? {} : { body: () => body }),
          ...(exact ? {} : { status: 405 }),
        },
      })
    },
  }

  async function send(actor: Actor, operation: Operation, sending: Sending): Promise<void> {
    const { timeMs, random, bend = {} } = sending
    const chosen = new Map<string, string | number>(Object.entries(sending.ids ?? {}))
    const own = (variable: string): string | number =>
      day.world.id(variable, { person: actor.person, random, day: day.day })
    for (const variable of operation.variables) if (!chosen.has(variable)) chosen.set(variable, own(variable))
    const params = Object.fromEntries(operation.variables.map(name => [name, String(chosen.get(name))]))
    const usual = requestFor(operation, params, {
      random: random.fork('request'),
      release: 99,
      now: timeMs,
      person: actor.person,
      another: () => random.pick(day.world.people),
      id: name => chosen.get(name) ?? own(name),
      params: {},
    })
    const body = bend.body === undefined ? usual.body : bend.body(usual.body)
    const headers = { ...bend.headers, ...Object.fromEntries(forgedOf(actor)) }
    const credentials = credentialsOf(actor, operation, wallet, { timeMs, random })
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
      writeRefused(actor, sending, {
        refusal,
        operation,
        method: operation.method,
        url: `https://${host}${pathOf(usual)}${queryText({ ...usual.query, ...bend.query, ...credentials.query })}`,
        listener: actor.kind === 'service' ? 'mesh' : operation.proof === 'key' ? 'partners' : 'public',
        headers: [...credentials.headers, ...Object.entries(headers)],
        body,
        // Who is forbidden something, or sends what does not fit, was proven before.
        principal: refusal.code === 'forbidden' || refusal.policy === 'json-schema' ? credentials.principal : undefined,
      })
      return
    }
    await call({
      operation,
      person: actor.person,
      credentials,
      callerName: actor.kind === 'partner' || actor.kind === 'service' ? actor.name : actor.kind,
      client: actor.address,
      agent: actor.agent,
      listener: actor.kind === 'service' ? 'mesh' : listenerOf(operation, random),
      trail: sending.trail ?? { traceId: random.hex(32), parentId: null },
      timeMs,
      random,
      chosen,
      bent: {
        ...sending.below,
        [operation.id]: { ...bend, headers, ...(body === undefined ? {} : { body: () => body }) },
      },
      ...(sending.mark === undefined ? {} : { mark: sending.mark }),
    })
  }

  function writeRefused(
    actor: Actor,
    { timeMs, random, mark, bend }: Sending,
    words: {
      readonly refusal: Refusal
      readonly operation: Operation | null
      readonly method: string
      readonly url: string
      readonly listener: 'public' | 'mesh' | 'partners'
      readonly headers: ReadonlyArray<readonly [string, string]>
      readonly body: unknown
      readonly principal: Parameters<typeof refusedLine>[0]['principal'] | undefined
    },
  ): void {
    const id = makeUuid(random)
    const body = bodyText(words.body)
    ledger.exchange(
      refusedLine({
        timeMs: Math.floor(timeMs) + (bend?.skewMs ?? 0),
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
      timeMs,
    )
    if (mark === undefined) return
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
}

/** Where a call from outside comes in. */
export function listenerOf(operation: Operation, random: Random): 'partners' | 'legacy' | 'public' {
  return operation.proof === 'key'
    ? 'partners'
    : operation.plaintext === true && random.chance(0.3)
      ? 'legacy'
      : 'public'
}

function forgedOf({ forged }: Actor): ReadonlyArray<readonly [string, string]> {
  return forged === null ? [] : [['x-forwarded-for', forged]]
}

/** A route takes the method, the service has no operation there. */
function unknownThere(operation: Operation, method: string): Operation {
  const { body: _body, ...rest } = operation
  return {
    ...rest,
    method: method as Operation['method'],
    route: { ...operation.route, through: routeName(operation) },
  }
}
