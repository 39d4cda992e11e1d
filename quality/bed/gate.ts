import { createCheckHost } from '../../src/config/check-host.ts'
import type { LoadedConfig } from '../../src/config/load.ts'
import type { PolicyEntry, RouteConfig } from '../../src/config/types.ts'
import { Exchange, type PeerIdentity, type TlsInfo } from '../../src/core/exchange.ts'
import { Fields } from '../../src/core/fields.ts'
import type { Compiled } from '../../src/core/policy.ts'
import { PASS } from '../../src/core/verdict.ts'
import { linkFacts, routeChain } from '../../src/gateway/chain-plan.ts'
import { type Chain, NEED_BODY, Passage } from '../../src/gateway/pipeline.ts'
import { Router } from '../../src/gateway/router.ts'
import { offlineKeys } from '../../src/identity/static-keys.ts'
import { policies } from '../../src/policies/index.ts'
import type { SentCall } from './calls.ts'

/** What the gateway does with calls: null: it forwards them; else the code of its refusal. */
export interface Gate {
  judge(call: SentCall): Promise<string | null>
  close(): void
}

/**
 * Router and policies of a configuration, really compiled and really asked, with the calls' own credentials and at the calls' own time. A
 * store that is elsewhere is not asked.
 */
export function gateOf({ config }: LoadedConfig): Gate {
  let nowMs = 0
  const host = createCheckHost(config.stores, {
    clock: { now: () => nowMs, monotonic: () => nowMs },
    keys: offlineKeys,
  })
  const router = new Router<RouteConfig>()
  for (const route of config.routes) router.add({ ...route.match, value: route })
  const matching = router.seal()
  const chains = new Map<RouteConfig, Chain>()
  const peers = new Map<string, PeerIdentity>()

  function chainOf(route: RouteConfig): Chain {
    let chain = chains.get(route)
    if (chain === undefined) {
      chain = routeChain(config, route, entry => linkOf(entry))
      chains.set(route, chain)
    }
    return chain
  }

  function linkOf(entry: PolicyEntry) {
    const policy = policies.find(candidate => candidate.name === entry.use)
    if (policy === undefined) throw new Error(`there is no policy ${entry.use}`)
    const stored = typeof (entry.with as { readonly store?: unknown } | null)?.store === 'string'
    const compiled: Compiled = stored
      ? { request: () => PASS }
      : policy.compile(entry.with, host.hostFor({ key: `${entry.level}//${entry.id}`, id: entry.id }))
    return { ...linkFacts(entry, policy), compiled }
  }

  return {
    async judge(call) {
      nowMs = Date.parse(call.time)
      const query = new URLSearchParams(call.query.map(([name, value]) => [name, value])).toString()
      const body = Buffer.from(
        call.body === undefined ? '' : typeof call.body === 'string' ? call.body : JSON.stringify(call.body),
      )
      const x = new Exchange({
        id: '00000000-0000-0000-0000-000000000000',
        listener: call.listener,
        protocol: 'http/1.1',
        client: { address: call.client, port: 0 },
        tls: tlsOf(call, peers),
        method: call.method,
        host: call.host,
        path: call.path,
        query,
        headers: Fields.from(call.headers),
        contentLength: body.length,
        time: nowMs,
        startedMs: nowMs,
        abort: () => {},
      })
      const found = matching.match(x.host, x.method, x.path, name => x.headers.get(name))
      if ('allow' in found) return found.allow.length === 0 ? 'no-route' : 'method-not-allowed'
      x.route = { name: found.value.name, service: found.value.service }
      x.params = found.params
      const passage = new Passage(chainOf(found.value), x, { info() {}, warn() {}, error: fail })
      let decision = await passage.advance()
      if (decision === NEED_BODY) {
        x.body = body
        decision = await passage.advance()
      }
      if (decision === NEED_BODY || !('stop' in decision)) return null
      return 'code' in decision.stop ? String(decision.stop.code) : 'answered'
    },
    close: () => host.close(),
  }
}

/** A policy that breaks refuses, and would look like one that judged. */
function fail(message: string): never {
  throw new Error(message)
}

function tlsOf({ listener, principal }: SentCall, peers: Map<string, PeerIdentity>): TlsInfo | null {
  if (listener === 'legacy') return null
  let peer: PeerIdentity | null = null
  if (principal.method === 'mtls') {
    const { subject } = principal
    peer = peers.get(subject) ?? {
      subject: `CN=${subject.slice(subject.lastIndexOf('/') + 1)}`,
      issuer: principal.issuer ?? '',
      dns: [],
      uris: [subject],
      ips: [],
      emails: [],
      spiffeId: subject,
      fingerprint: '',
      serial: '1',
      notAfter: Number.POSITIVE_INFINITY,
      der: new Uint8Array(),
    }
    peers.set(subject, peer)
  }
  return {
    version: 'TLSv1.3',
    cipher: 'TLS_AES_128_GCM_SHA256',
    serverName: null,
    resumed: false,
    peer,
    peerError: null,
  }
}
