import type { LoadedConfig } from '../config/load.ts'
import { createCheckHost } from '../config/check-host.ts'
import { effectiveChain } from '../config/chain.ts'
import type { Config, PolicyEntry, RouteConfig } from '../config/types.ts'
import { Exchange } from '../core/exchange.ts'
import { Fields } from '../core/fields.ts'
import type { Host } from '../core/host.ts'
import type { Compiled } from '../core/policy.ts'
import type { Principal } from '../core/principal.ts'
import { Problem, refuse } from '../core/problem.ts'
import { PASS } from '../core/verdict.ts'
import { linkFacts, routeChain } from '../gateway/chain-plan.ts'
import { reservedNames } from '../gateway/compile.ts'
import { reply } from '../gateway/own-replies.ts'
import { NEED_BODY, Passage, type Link } from '../gateway/pipeline.ts'
import { withoutParameters } from '../gateway/path-readings.ts'
import { Router } from '../gateway/router.ts'
import { systemClock } from '../gateway/system-clock.ts'
import { offlineKeys } from '../identity/static-keys.ts'
import { canonicalTarget } from '../lib/canonical-path.ts'
import { policies } from '../policies/index.ts'

/** A request as somebody describes it. */
export interface DescribedRequest {
  readonly method: string
  /** Host with port, as in the Host field; lower case. */
  readonly authority: string
  /** Path and query exactly as written, so that what the gateway refuses is not repaired on the way. */
  readonly target: string
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: Uint8Array
  /** Address of the caller. */
  readonly from: string
  /** The caller, already proven; null lets the identify policies judge the headers. */
  readonly principal: Principal | null
}

/** What a request would meet and get. */
export interface Explanation {
  /** null when none matches. */
  readonly route: RouteConfig | null
  readonly chain: readonly PolicyEntry[]
  /** In one word what it would get, and all that is known of why. */
  readonly outcome: 'forwarded' | 'refused' | 'answered'
  readonly status: number | null
  readonly code: string | null
  /** The policy that decided; null for the gateway itself. */
  readonly policy: string | null
  readonly reason: string | null
  readonly principal: Pick<Principal, 'method' | 'issuer' | 'subject'> | null
  readonly observed: readonly { readonly policy: string; readonly code: string; readonly reason: string }[]
  /** What could not be asked offline. */
  readonly notes: readonly string[]
}

/** Runs a described request through the real router and pipeline, with no network: limiters start empty, remote keys and stores are not asked. */
export async function explainRequest({ config }: LoadedConfig, request: DescribedRequest): Promise<Explanation> {
  const target = canonicalTarget(request.target)
  if (typeof target === 'string') return refused(null, [], refuse('ambiguous-path', { reason: target }))
  const x = exchange(config, request, target)
  const own = reply(x)
  if (own !== null) return refused(null, [], own)

  const router = new Router<RouteConfig>()
  for (const route of config.routes) router.add({ ...route.match, value: route })
  const found = router.seal().match(x.host, x.method, x.path, name => x.headers.get(name))
  if ('allow' in found) {
    if (found.allow.length === 0) {
      return refused(
        null,
        [],
        refuse('no-route', { reason: `no route has this host, path and headers${nearby(config, router, x)}` }),
      )
    }
    return refused(null, [], refuse('method-not-allowed', { reason: `here only ${found.allow.join(', ')}` }))
  }
  const route = found.value
  const cut = withoutParameters(x.path)
  if (cut !== null && withoutParameters(route.match.path) === null) {
    const other = router.match(x.host, x.method, cut, name => x.headers.get(name))
    if (!('value' in other) || other.value !== route) {
      const reason = `without its path parameters it is not of route ${route.name}`
      return refused(null, [], refuse('ambiguous-path', { reason }))
    }
  }
  x.route = { name: route.name, service: route.service }
  x.params = found.params
  return judge(config, route, x, request)
}

/** The routes that the same request would take at another host. */
function nearby(config: Config, router: Router<RouteConfig>, x: Exchange): string {
  const hosts = new Set(config.routes.flatMap(route => route.match.hosts))
  const words = [...hosts].flatMap(host => {
    const found = router.match(host.replace('*', 'x'), x.method, x.path, name => x.headers.get(name))
    return 'value' in found ? [`${host} has route ${found.value.name}`] : []
  })
  return words.length === 0 ? '' : `; ${words.slice(0, 5).join(', ')}${words.length > 5 ? ', …' : ''}`
}

async function judge(config: Config, route: RouteConfig, x: Exchange, request: DescribedRequest): Promise<Explanation> {
  const chain = effectiveChain(config, route)
  const notes: string[] = []
  const host = createCheckHost(config.stores, {
    clock: systemClock(),
    keys: source => {
      if (source.keys === undefined)
        notes.push(`the keys of ${source.issuer} are not fetched here: give --as to go on as somebody`)
      return offlineKeys(source)
    },
  })
  try {
    const plan = routeChain(config, route, entry =>
      link(entry, host.hostFor({ key: `${entry.level}//${entry.id}`, id: entry.id }), request, notes),
    )
    const passage = new Passage(plan, x, { info: ignore, warn: ignore, error: message => void notes.push(message) })
    let decision = await passage.advance()
    if (decision === NEED_BODY) {
      if (request.body.length > route.bufferedBodyMax) decision = await passage.bodyTooLarge()
      else {
        x.body = request.body
        decision = await passage.advance()
      }
    }
    if (decision !== NEED_BODY && 'stop' in decision)
      return refused(route, chain, decision.stop, decision.policy, x, notes)
    return {
      route,
      chain,
      outcome: 'forwarded',
      status: null,
      code: null,
      policy: null,
      reason: null,
      ...seen(x),
      notes,
    }
  } finally {
    host.close()
  }
}

/** An entry as a link of the chain. With a given principal identify policies believe it; a store is not asked. */
function link(entry: PolicyEntry, host: Host, request: DescribedRequest, notes: string[]): Link {
  const policy = policies.find(candidate => candidate.name === entry.use)
  if (policy === undefined) throw new Error(`no policy ${entry.use}`)
  const { principal } = request
  const store = (entry.with as { store?: unknown } | null)?.store
  let compiled: Compiled
  if (entry.phase === 'identify' && principal !== null) {
    compiled = {
      request: x => {
        x.principal = principal
        return PASS
      },
    }
  } else if (typeof store === 'string') {
    notes.push(`${entry.id} counts in the store ${store}, which is not asked here`)
    compiled = { request: () => PASS }
  } else compiled = policy.compile(entry.with, host)
  return { ...linkFacts(entry, policy), compiled }
}

function exchange(config: Config, request: DescribedRequest, target: { path: string; query: string }): Exchange {
  const { authority, headers, body } = request
  const given = headers.some(([name]) => name.toLowerCase() === 'host')
  const reserved = reservedNames(config, new Map(policies.map(policy => [policy.name, policy])))
  const hidden = (name: string): boolean => {
    const folded = name.toLowerCase().replaceAll('_', '-')
    return reserved.some(one => (one.endsWith('*') ? folded.startsWith(one.slice(0, -1)) : folded === one))
  }
  const fields = Fields.from([
    ...(given ? [] : [['Host', authority] as const]),
    ...headers.filter(([name]) => !hidden(name)),
  ])
  const host = (fields.get('host') ?? authority).toLowerCase().replace(/:\d+$/, '')
  const clock = systemClock()
  return new Exchange({
    id: '00000000-0000-0000-0000-000000000000',
    listener: config.listeners[0]?.name ?? '',
    protocol: 'http/1.1',
    client: { address: request.from, port: 0 },
    tls: null,
    method: request.method,
    host,
    path: target.path,
    query: target.query,
    headers: fields,
    contentLength: body.length,
    time: clock.now(),
    startedMs: clock.monotonic(),
    abort: ignore,
  })
}

function refused(
  route: RouteConfig | null,
  chain: readonly PolicyEntry[],
  stop: Problem | { readonly status: number },
  policy = '',
  x: Exchange | null = null,
  notes: readonly string[] = [],
): Explanation {
  const problem = stop instanceof Problem ? stop : null
  return {
    route,
    chain,
    outcome: problem === null ? 'answered' : 'refused',
    status: stop.status,
    code: problem?.code ?? null,
    policy: policy === '' ? null : policy,
    reason: problem === null ? null : (problem.reason ?? problem.title),
    ...(x === null ? { principal: null, observed: [] } : seen(x)),
    notes,
  }
}

function seen(x: Exchange): Pick<Explanation, 'principal' | 'observed'> {
  const who = x.principal
  return {
    principal: who === null ? null : { method: who.method, issuer: who.issuer, subject: who.subject },
    observed: x.observed ?? [],
  }
}

function ignore(): void {}
