import type { Credentials } from './caller.ts'
import type { Cluster, Pod } from './cluster.ts'
import { serviceNamed, services, spiffeOf } from './estate.ts'
import { exchangeLine } from './exchange.ts'
import type { Mark, Marked } from './labels.ts'
import { type BedAnswer, type BedContext, failure, type Operation, operationOf } from './operation.ts'
import { makeUuid, type Person } from './person.ts'
import type { Random } from './random.ts'
import { requestFor } from './request.ts'
import type { Making } from './shape.ts'
import type { World } from './world.ts'

/** Takes what a day of calls leaves behind, in the order in which the calls end. */
export interface Ledger {
  /** `endMs`: the true time of its end, whatever the line says. */
  exchange(line: string, endMs: number): void
  span(line: string): void
  /** The true parent of a span, whether or not anybody recorded it; null: there is none. */
  parent(spanId: string, parentId: string | null): void
  call(operation: Operation, caller: string): void
  /** An exchange of an attack. */
  mark(mark: Mark, marked: Marked): void
}

/** W3C trace context of a call. */
export interface Trail {
  readonly traceId: string
  /** Span of the caller; null: it sends none. */
  readonly parentId: string | null
}

/** How an operation is called, or answers, otherwise than usual. */
export interface Bending {
  /** Beside, or in place of, the usual parameters. */
  readonly query?: Readonly<Record<string, string>>
  /** Parameters that are not sent. */
  readonly without?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  /** Of the usual one makes another. */
  readonly body?: (usual: unknown) => unknown
  /** Whose data the answer holds, if not the caller's. */
  readonly owner?: Person
  /** The handler is not asked: an error of this status. */
  readonly status?: number
  readonly answer?: (usual: BedAnswer) => BedAnswer
  /** In place of the calls to others. */
  readonly calls?: readonly string[]
  /** Further work of the service itself, ms. */
  readonly workMs?: number
  /** Further time that the client takes, ms. */
  readonly clientMs?: number
  /** How far the clock of who wrote the exchange down is off, ms. */
  readonly skewMs?: number
}

export interface Call {
  readonly operation: Operation
  readonly person: Person
  readonly credentials: Credentials
  readonly callerName: string
  readonly client: string
  readonly agent: string
  readonly listener: 'public' | 'mesh' | 'partners' | 'legacy'
  readonly trail: Trail
  readonly timeMs: number
  readonly random: Random
  /** Ids that this request is about. */
  readonly chosen: Map<string, string | number>
  /** By operation id, for this call and those below it. */
  readonly bent?: Readonly<Record<string, Bending>>
  readonly mark?: Mark
}

export interface Called {
  readonly answer: BedAnswer
  readonly endMs: number
}

export interface CallWorld {
  readonly world: World
  readonly cluster: Cluster
  /** Number of the day, from the first of the bed. */
  readonly day: number
  /** The operation as it is at that time: releases change some. */
  readonly released: (operation: Operation, timeMs: number) => Operation
  /** How much longer work takes than on a quiet day, a factor. */
  readonly load: (timeMs: number) => number
}

/** The operation as an instance of the bed knows it. */
export function operationNamed(id: string): Operation {
  const found = operations.get(id)
  if (found === undefined) throw new Error(`there is no operation ${id}`)
  return found
}

const operations = new Map(services.flatMap(service => service.operations.map(one => [one.id, one] as const)))

/** Makes calls through the gateway under a virtual clock; each tells the ledger of its exchange, its spans and those of the calls below it. */
export function createCalls(
  { world, cluster, day, released, load }: CallWorld,
  ledger: Ledger,
): (call: Call) => Promise<Called> {
  return callOperation

  async function callOperation(call: Call): Promise<Called> {
    const { person, random: chance, chosen, trail, mark } = call
    const bend = call.bent?.[call.operation.id]
    const operation = withCalls(released(call.operation, call.timeMs), bend?.calls)
    const service = serviceNamed(operation.service)
    const pods = cluster.at(service.name, call.timeMs)
    const pod = chance.pick(pods)
    const gatewaySpan = chance.hex(16)
    const serverSpan = chance.hex(16)
    const slower = load(call.timeMs)
    // Times are whole µs, as clocks of programs tell them.
    const overheadMs = chance.between(200, 900) / 1000
    const startedMs = call.timeMs + overheadMs
    let cursorMs = startedMs + (chance.between(900, 9_000) / 1000) * slower

    const id = (variable: string): string | number => {
      let value = chosen.get(variable)
      if (value === undefined) chosen.set(variable, (value = world.id(variable, { person, random: chance, day })))
      return value
    }
    const params = Object.fromEntries(operation.variables.map(variable => [variable, String(id(variable))]))
    const making = (whose: Person, given: Readonly<Record<string, string>>): Making => ({
      random: chance,
      release: pod.release,
      now: Math.floor(call.timeMs),
      person: whose,
      another: () => chance.pick(world.people),
      id: variable => world.id(variable, { person: whose, random: chance, day }),
      params: given,
    })
    const usual = requestFor(
      operation,
      params,
      { ...making(person, {}), id },
      trail.parentId === null ? {} : { traceparent: `00-${trail.traceId}-${trail.parentId}-01` },
    )
    const request = bend === undefined ? usual : bentRequest(usual, bend)

    let below = 0
    const context: BedContext = {
      random: chance,
      release: pod.release,
      now: () => Math.floor(cursorMs),
      person,
      makingFor: given => making(bend?.owner ?? person, given),
      async call(wanted) {
        below++
        const target = operationNamed(wanted)
        const clientSpan = chance.hex(16)
        const beganMs = cursorMs
        const { answer, endMs } = await callOperation({
          operation: target,
          person,
          credentials: workloadCredentials(service),
          callerName: service.name,
          client: pod.address,
          agent: `${service.name}/1.${pod.release}`,
          listener: 'mesh',
          trail: { traceId: trail.traceId, parentId: clientSpan },
          timeMs: cursorMs,
          random: chance.fork(`${wanted}/${clientSpan}`),
          chosen,
          ...(call.bent === undefined ? {} : { bent: call.bent }),
          ...(mark === undefined || !mark.whole ? {} : { mark }),
        })
        cursorMs = endMs + chance.between(50, 400) / 1000
        if (service.traced)
          writeSpan(
            pod,
            { spanId: clientSpan, parentId: serverSpan, name: `${target.method} ${target.template}`, kind: 'client' },
            beganMs,
            cursorMs,
            {
              'http.request.method': target.method,
              'server.address': serviceNamed(target.service).meshHost,
              'http.response.status_code': answer.status,
            },
          )
        ledger.parent(clientSpan, serverSpan)
        return answer
      },
    }
    const handled = bend?.status === undefined ? await operation.handle(request, context) : failure(bend.status)
    const answer = bend?.answer === undefined ? handled : bend.answer(handled)
    cursorMs += (chance.between(300, 4_000) / 1000) * slower + (bend?.workMs ?? 0)
    if (service.traced)
      writeSpan(
        pod,
        {
          spanId: serverSpan,
          parentId: gatewaySpan,
          name: `${operation.method} ${operation.template}`,
          kind: 'server',
        },
        startedMs,
        cursorMs,
        {
          'http.request.method': operation.method,
          'http.route': operation.template,
          'http.response.status_code': answer.status,
        },
      )
    const endMs = cursorMs + chance.between(100, 500) / 1000 + (bend?.clientMs ?? 0)
    ledger.parent(serverSpan, gatewaySpan)
    ledger.parent(gatewaySpan, trail.parentId)
    const exchangeId = makeUuid(chance)
    ledger.exchange(
      exchangeLine({
        operation,
        request,
        credentials: call.credentials,
        answer,
        timeMs: Math.floor(call.timeMs) + (bend?.skewMs ?? 0),
        durationMs: rounded(endMs - call.timeMs),
        upstreamMs: rounded(cursorMs - startedMs),
        id: exchangeId,
        traceId: trail.traceId,
        spanId: gatewaySpan,
        parentId: trail.parentId,
        listener: call.listener,
        host: operation.proof === 'service' ? service.meshHost : (operation.route?.host ?? service.host),
        client: call.client,
        target: `${service.plainTargets === true ? 'http' : 'https'}://${pod.address}:8443`,
        agent: call.agent,
      }),
      endMs,
    )
    if (mark === undefined) ledger.call(operation, call.callerName)
    else if (shows(call, { below, failed: answer.status >= 400 }))
      ledger.mark(mark, {
        id: exchangeId,
        traceId: trail.traceId,
        timeMs: call.timeMs,
        address: call.client,
        principal: call.credentials.principal.method === 'anonymous' ? null : call.credentials.principal.subject,
        operation: call.operation.id,
      })
    return { answer, endMs }

    function writeSpan(
      by: Pod,
      span: {
        readonly spanId: string
        readonly parentId: string
        readonly name: string
        readonly kind: 'server' | 'client'
      },
      fromMs: number,
      toMs: number,
      attributes: Readonly<Record<string, string | number>>,
    ): void {
      ledger.span(
        JSON.stringify({
          traceId: trail.traceId,
          spanId: span.spanId,
          parentId: span.parentId,
          service: by.service,
          name: span.name,
          kind: span.kind,
          startUs: Math.round(fromMs * 1000),
          durationUs: Math.round((toMs - fromMs) * 1000),
          error: Number(attributes['http.response.status_code']) >= 500,
          resource: {
            'service.namespace': by.namespace,
            'service.version': `1.${by.release}`,
            'k8s.pod.name': by.name,
            'k8s.pod.ip': by.address,
            'k8s.deployment.name': by.service,
          },
          attributes,
        }),
      )
    }
  }
}

/** Whether what is bent came to pass: a chain that ended before its first call is like any other that did. */
function shows({ bent = {}, operation }: Call, made: { readonly below: number; readonly failed: boolean }): boolean {
  const own = bent[operation.id]
  const ofChain = own?.calls !== undefined || Object.keys(bent).length > 1
  return !ofChain || own?.workMs !== undefined || made.below > 0 || !made.failed
}

/** What a service shows to the others: its workload's certificate. */
export function workloadCredentials(service: Parameters<typeof spiffeOf>[0]): Credentials {
  return {
    headers: [],
    query: {},
    principal: { subject: spiffeOf(service), method: 'mtls', issuer: 'CN=Bed CA' },
  }
}

function withCalls(operation: Operation, calls: readonly string[] | undefined): Operation {
  if (calls === undefined) return operation
  return operationOf(operation.service, operation.method, operation.template, { ...operation, calls })
}

function bentRequest(usual: ReturnType<typeof requestFor>, bend: Bending): ReturnType<typeof requestFor> {
  const query = Object.fromEntries(Object.entries(usual.query).filter(([name]) => !bend.without?.includes(name)))
  return {
    ...usual,
    query: { ...query, ...bend.query },
    headers: { ...usual.headers, ...bend.headers },
    body: bend.body === undefined ? usual.body : bend.body(usual.body),
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
