// Hot path: while nobody is judged, one atomic load; else two look-ups in a table.
import type { Exchange } from '../../core/exchange.ts'
import type { Host } from '../../core/host.ts'
import type { Policy } from '../../core/policy.ts'
import { problemsOf, refuse } from '../../core/problem.ts'
import { PASS, type Verdict } from '../../core/verdict.ts'
import { addressBlock } from '../../lib/address.ts'
import { callerNameMax, principalName } from '../../lib/caller-name.ts'
import { createGcra } from '../../lib/gcra.ts'
import { joinKeyParts } from '../../lib/limiter-key.ts'
import { createBucketLimiter } from '../../state/bucket-limiter.ts'
import { createKeyMaker } from '../../state/counter-key.ts'
import { openCounterMemory } from '../../state/counter-memory.ts'
import { type Judged, openJudgedReader } from '../../state/judged-callers.ts'

export interface BehaviourConfig {
  readonly action: 'record' | 'throttle' | 'block'
  /** 1 info … 5 critical: what lies below is let through. */
  readonly severity: number
  /** What a throttled caller may still do. */
  readonly limit: { readonly amount: number; readonly windowMs: number }
}

const problems = { 'behaviour-abnormal': [403, 'This caller is blocked for now'] } as const
const problem = problemsOf(problems)
const WOULD_REFUSE = 'behaviour_would_refuse'
const severities = ['', 'info', 'low', 'medium', 'high', 'critical']

/** Acts on what insight found of a caller: writes it down, slows it, or turns it away, as long as the finding holds. */
export const behaviour: Policy<BehaviourConfig> = {
  name: 'behaviour',
  // Whoever was proven is judged by name; only who is nobody is judged by address.
  phase: 'authorize',
  schema: async () => (await import('./schema.ts')).schema,
  problems,
  counters: [WOULD_REFUSE],
  compile(config, host) {
    const { judged, hashKey } = host.counters
    const { clock } = host
    if (judged === undefined) return { request: () => PASS }
    const reader = host.keep('judged', () => openJudgedReader(judged, hashKey))
    const act = actionOf(config, host)
    return {
      request(x) {
        if (reader.empty) return PASS
        const name = nameOf(x)
        const found = reader.find(name, clock.now())
        return found === null || found.severity < config.severity ? PASS : act(x, found, name)
      },
    }
  },
}

function nameOf({ principal, client }: Exchange): string {
  return principal === null || principal.method === 'anonymous'
    ? `address ${addressBlock(client.address)}`
    : principalName(principal.method, principal.issuer, principal.subject).slice(0, callerNameMax)
}

type Act = (x: Exchange, found: Judged, name: string) => Verdict

function actionOf({ action, limit }: BehaviourConfig, host: Host): Act {
  const reasonOf = ({ incident, severity }: Judged): string =>
    `incident ${incident} (${severities[severity] ?? severity}) is about this caller`
  switch (action) {
    case 'record': {
      const wouldRefuse = host.counter(WOULD_REFUSE)
      return (x, found) => {
        wouldRefuse.add(1)
        x.note('behaviour', 'behaviour-abnormal', reasonOf(found))
        return PASS
      }
    }
    case 'block':
      return (_, found) => problem('behaviour-abnormal', { reason: reasonOf(found) })
    case 'throttle': {
      const makeKey = host.keep('key-maker', () => createKeyMaker(host.counters.hashKey))
      const limiter = createBucketLimiter(
        host.keep('limiter-tables', () => openCounterMemory(host.counters.memory)),
        createGcra({ ...limit, burst: limit.amount }),
        false,
      )
      return (x, found, name) => {
        const decision = limiter.take(
          makeKey(joinKeyParts(['behaviour', host.entry.key, name])),
          host.clock.monotonic(),
        )
        if (decision.outcome === 'pass') {
          x.note('behaviour', 'behaviour-abnormal', reasonOf(found))
          return PASS
        }
        const headers = [['Retry-After', String(Math.max(1, Math.ceil(decision.resetMs / 1000)))]] as const
        return refuse('rate-limited', { reason: `${reasonOf(found)}, so it is slowed`, headers })
      }
    }
  }
}
