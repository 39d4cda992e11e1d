import { type Caller, createWallet, type Credentials } from './caller.ts'
import type { Cluster, Pod } from './cluster.ts'
import { serviceNamed, services, spiffeOf } from './estate.ts'
import { exchangeLine, pathOf, refusedLine } from './exchange.ts'
import type { BedAnswer, BedContext, BedRequest, Operation } from './operation.ts'
import { makePerson, makeUuid, type Person } from './person.ts'
import type { Random } from './random.ts'
import type { Making } from './shape.ts'
import type { TokenIssuer } from './tokens.ts'
import { operationsOf, partnerOf, personas, startOf, visitsOn } from './visits.ts'
import type { World } from './world.ts'

const DAY = 86_400_000

/** Takes what a day of calls leaves behind, in the order in which the calls end. */
export interface Ledger {
  exchange(line: string): void
  span(line: string): void
  /** The true parent of a span, whether or not anybody recorded it; null: there is none. */
  parent(spanId: string, parentId: string | null): void
  call(operation: Operation, caller: string): void
}

export interface Day {
  readonly world: World
  readonly cluster: Cluster
  readonly tokens: TokenIssuer
  /** Names the stream of chance: another name gives another day of the same world. */
  readonly random: Random
  /** Number of the day, from the first of the bed. */
  readonly day: number
  readonly startMs: number
  /** Scanners and guessers among the callers. */
  readonly attacks: boolean
}

/** W3C trace context of a call. */
interface Trail {
  readonly traceId: string
  /** Span of the caller; null: it sends none. */
  readonly parentId: string | null
}

const operations = new Map(services.flatMap(service => service.operations.map(one => [one.id, one] as const)))

/** One day of calls under a virtual clock: the same arguments write the same lines. */
export async function runDay(day: Day, ledger: Ledger): Promise<void> {
  const { world, random, startMs } = day
  const wallet = createWallet(world.random, day.tokens)
  const steps: Array<{ readonly timeMs: number; readonly run: () => Promise<void> }> = []

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
              const id = world.id(variable, { person: caller.person, random: stepRandom, day: day.day })
              stepChosen.set(variable, id)
              chosen.set(variable, id)
            }
          steps.push({ timeMs: at, run: () => step(caller, operation, at, stepRandom, stepChosen) })
        }
      }
    }
  }
  if (day.attacks) attackSteps(random.fork('attacks'), startMs, ledger, steps)
  // One after the other in the order of time; equal times keep the order in which they were made.
  for (const { run } of steps.sort((a, b) => a.timeMs - b.timeMs)) await run()

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

  /** One call of a caller from outside; a lost one is tried once more. */
  async function step(
    caller: Caller,
    operation: Operation,
    timeMs: number,
    stepRandom: Random,
    chosen: Map<string, string | number>,
  ): Promise<void> {
    const named = caller.kind === 'partner' ? { ...caller, name: partnerOf(operation, stepRandom) } : caller
    const traceId = stepRandom.hex(32)
    const attempt = async (atMs: number, tries: Random) => {
      const parentId = named.traces ? tries.hex(16) : null
      return callOperation({
        operation,
        person: named.person,
        credentials: wallet.show(named, operation, atMs, tries),
        callerName: named.kind === 'partner' ? named.name : named.kind,
        client: named.address,
        agent: named.agent,
        listener:
          operation.proof === 'key'
            ? 'partners'
            : operation.plaintext === true && tries.chance(0.3)
              ? 'legacy'
              : 'public',
        trail: { traceId, parentId },
        timeMs: atMs,
        random: tries,
        chosen,
      })
    }
    const { answer, endMs } = await attempt(timeMs, stepRandom)
    if (answer.status === 503 && operation.method !== 'POST' && operation.method !== 'PATCH')
      await attempt(endMs + 200, stepRandom.fork('again'))
  }

  interface Call {
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
  }

  async function callOperation(call: Call): Promise<{ answer: BedAnswer; endMs: number }> {
    const { operation, person, random: chance, chosen, trail } = call
    const service = serviceNamed(operation.service)
    const pods = day.cluster.at(service.name, call.timeMs)
    const pod = chance.pick(pods)
    const gatewaySpan = chance.hex(16)
    const serverSpan = chance.hex(16)
    // Times are whole µs, as clocks of programs tell them.
    const overheadMs = chance.between(200, 900) / 1000
    const startedMs = call.timeMs + overheadMs
    let cursorMs = startedMs + chance.between(900, 9_000) / 1000

    const id = (variable: string): string | number => {
      let value = chosen.get(variable)
      if (value === undefined)
        chosen.set(variable, (value = world.id(variable, { person, random: chance, day: day.day })))
      return value
    }
    const params = Object.fromEntries(operation.variables.map(variable => [variable, String(id(variable))]))
    const makingFor = (given: Readonly<Record<string, string>>): Making => ({
      random: chance,
      release: pod.release,
      now: Math.floor(call.timeMs),
      person,
      another: () => chance.pick(world.people),
      id: variable => world.id(variable, { person, random: chance, day: day.day }),
      params: given,
    })
    const sending: Making = { ...makingFor({}), id }
    const request: BedRequest = {
      method: operation.method,
      template: operation.template,
      params,
      query: { ...texts(operation.query, sending), ...texts(operation.hiddenQuery, sending) },
      headers: {
        ...texts(operation.headers, sending),
        ...texts(operation.hiddenHeaders, sending),
        ...(trail.parentId === null ? {} : { traceparent: `00-${trail.traceId}-${trail.parentId}-01` }),
      },
      body: operation.body?.make(sending),
    }

    const context: BedContext = {
      random: chance,
      release: pod.release,
      now: () => Math.floor(cursorMs),
      person,
      makingFor,
      async call(wanted) {
        const target = operations.get(wanted)
        if (target === undefined) throw new Error(`there is no operation ${wanted}`)
        const clientSpan = chance.hex(16)
        const beganMs = cursorMs
        const { answer, endMs } = await callOperation({
          operation: target,
          person,
          credentials: {
            headers: [],
            query: {},
            principal: { subject: spiffeOf(service), method: 'mtls', issuer: 'CN=Bed CA' },
          },
          callerName: service.name,
          client: pod.address,
          agent: `${service.name}/1.${pod.release}`,
          listener: 'mesh',
          trail: { traceId: trail.traceId, parentId: clientSpan },
          timeMs: cursorMs,
          random: chance.fork(`${wanted}/${clientSpan}`),
          chosen,
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
    const answer = await operation.handle(request, context)
    cursorMs += chance.between(300, 4_000) / 1000
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
    const endMs = cursorMs + chance.between(100, 500) / 1000
    ledger.parent(serverSpan, gatewaySpan)
    ledger.parent(gatewaySpan, trail.parentId)
    ledger.exchange(
      exchangeLine({
        operation,
        request,
        credentials: call.credentials,
        answer,
        timeMs: Math.floor(call.timeMs),
        durationMs: rounded(endMs - call.timeMs),
        upstreamMs: rounded(cursorMs - startedMs),
        id: makeUuid(chance),
        traceId: trail.traceId,
        spanId: gatewaySpan,
        parentId: trail.parentId,
        listener: call.listener,
        host: operation.proof === 'service' ? service.meshHost : (operation.route?.host ?? service.host),
        client: call.client,
        target: `${service.plainTargets === true ? 'http' : 'https'}://${pod.address}:8443`,
        agent: call.agent,
      }),
    )
    ledger.call(operation, call.callerName)
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

/** Parameters as text; optional ones in their share of the calls. */
function texts(shapes: Operation['query'], making: Making): Record<string, string> {
  const out: Record<string, string> = {}
  for (const [name, shape] of Object.entries(shapes ?? {})) {
    if ('share' in shape && !making.random.chance(shape.share as number)) continue
    out[name] = String(shape.make(making))
  }
  return out
}

/** Scanners that look for what is not there, and guessers that are turned away. */
function attackSteps(
  random: Random,
  startMs: number,
  ledger: Ledger,
  steps: Array<{ timeMs: number; run: () => Promise<void> }>,
): void {
  const guarded = services.flatMap(service => service.operations.filter(({ proof }) => proof === 'token'))
  const looked = [
    '/wp-login.php',
    '/.env',
    '/admin.php',
    '/api/v1/pods',
    '/cgi-bin/test',
    '/.git/config',
    '/actuator/heapdump',
    '/phpinfo.php',
  ]
  for (let n = 0; n < 400; n++) {
    const one = random.fork(String(n))
    const timeMs = startMs + one.below(DAY - 60_000)
    const client = `198.51.100.${one.between(200, 254)}`
    const id = makeUuid(one)
    const operation = one.pick(guarded)
    const service = serviceNamed(operation.service)
    const refused = one.chance(0.5)
    const params = Object.fromEntries(operation.variables.map(name => [name, one.hex(8)]))
    const url = refused
      ? `https://${service.host}${pathOf({ template: operation.template, params })}`
      : `https://${service.host}${one.pick(looked)}`
    const line = refusedLine({
      timeMs,
      id,
      client,
      method: refused ? operation.method : 'GET',
      url,
      operation: refused ? operation : null,
      status: refused ? 401 : 404,
      code: refused ? 'credential-invalid' : 'no-route',
      policy: refused ? 'jwt' : null,
      headers: refused ? [['authorization', `Bearer ${one.hex(40)}`]] : [],
    })
    steps.push({
      timeMs,
      run: async () => {
        ledger.exchange(line)
      },
    })
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
