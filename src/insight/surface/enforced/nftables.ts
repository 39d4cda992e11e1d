import type { Target } from '../../../config/types.ts'
import { isMap } from './cluster.ts'
import type { Opinion } from './reachability.ts'

/** A ruleset of nftables as `nft -j list ruleset` prints it (libnftables-json(5)), as far as it is looked at. */
export interface Ruleset {
  readonly chains: ReadonlyMap<string, Chain>
  readonly sets: ReadonlyMap<string, readonly unknown[]>
}

interface Chain {
  readonly key: string
  readonly family: string
  readonly table: string
  /** Of a base chain. */
  readonly hook: string | null
  readonly drops: boolean
  readonly rules: Array<readonly unknown[]>
}

const itemsMax = 200_000
const depthMax = 16
const stepsMax = 200_000

/** null: it is no such ruleset. */
export function readRuleset(value: unknown): Ruleset | null {
  if (!isMap(value) || !Array.isArray(value['nftables'])) return null
  const chains = new Map<string, Chain>()
  const sets = new Map<string, readonly unknown[]>()
  for (const item of value['nftables'].slice(0, itemsMax)) {
    if (!isMap(item)) continue
    const { chain, rule, set } = item
    if (isMap(chain)) {
      const [family, table] = [String(chain['family']), String(chain['table'])]
      const key = keyOf(family, table, chain['name'])
      const hook = typeof chain['hook'] === 'string' ? chain['hook'] : null
      chains.set(key, { key, family, table, hook, drops: chain['policy'] === 'drop', rules: [] })
    } else if (isMap(rule) && Array.isArray(rule['expr']))
      chains.get(keyOf(rule['family'], rule['table'], rule['chain']))?.rules.push(rule['expr'])
    else if (isMap(set))
      sets.set(keyOf(set['family'], set['table'], set['name']), Array.isArray(set['elem']) ? set['elem'] : [])
  }
  return { chains, sets }
}

/**
 * Who may open a TCP connection to a port of the machine that has this ruleset. Every base chain of the input hook must let him through; what a
 * rule asks beyond port, source, interface, protocol and state is not known here: then an accept is believed and a drop is not.
 */
export function byNftables(ruleset: Ruleset, name: string): (target: Target) => Opinion | null {
  return ({ address, url }) => {
    if (address.kind !== 'tcp') return null
    const own = address.host.includes(':') ? 'ip6' : 'ip'
    const bases = [...ruleset.chains.values()].filter(
      ({ hook, family }) => hook === 'input' && (family === 'inet' || family === own),
    )
    const found = bases.map(chain => new Walk(ruleset, address.port).base(chain))
    const limits = found.filter(one => one !== null)
    if (limits.length === 0)
      return {
        reach: 'open',
        by: null,
        sources: ['everybody'],
        evidence: [`${name} lets everybody connect to port ${address.port} of ${url}`],
      }
    const [least] = limits.toSorted((a, b) => a.length - b.length)
    const sources = [...new Set(least)].sort()
    return {
      reach: sources.length === 0 ? 'closed' : 'limited',
      by: 'network',
      sources,
      evidence: [
        `${name} drops connections to port ${address.port} from ${sources.length === 0 ? 'everybody' : 'others'}`,
      ],
    }
  }
}

type Verdict = 'accept' | 'drop' | 'return'

/** One connection through the chains, of which everything but its source is known. */
class Walk {
  readonly #ruleset: Ruleset
  readonly #port: number
  readonly #accepted: string[] = []
  #steps = 0

  constructor(ruleset: Ruleset, port: number) {
    this.#ruleset = ruleset
    this.#port = port
  }

  /** Those who are let in when the others are not; null: everybody is. */
  base(chain: Chain): readonly string[] | null {
    const verdict = this.#chain(chain, 0)
    return verdict === 'accept' || (verdict !== 'drop' && !chain.drops) ? null : this.#accepted
  }

  /** What becomes of sources that no rule before named. */
  #chain(chain: Chain, depth: number): Verdict {
    for (const expressions of chain.rules) {
      // A ruleset that jumps in circles is refused by the kernel; a file may say anything.
      if (++this.#steps > stepsMax || depth > depthMax) return 'return'
      const met = this.#conditions(expressions, chain)
      if (met === null) continue
      const verdict = this.#verdict(expressions, chain, depth)
      if (verdict === null) continue
      if (met.sources.length === 0 && met.sure) return verdict
      if (verdict === 'accept')
        this.#accepted.push(...(met.sources.length > 0 ? met.sources : ['whoever meets a further condition']))
    }
    return 'return'
  }

  #verdict(expressions: readonly unknown[], chain: Chain, depth: number): Verdict | null {
    for (const expression of expressions) {
      if (!isMap(expression)) continue
      if ('accept' in expression) return 'accept'
      if ('drop' in expression || 'reject' in expression) return 'drop'
      if ('return' in expression) return 'return'
      const jump = expression['jump'] ?? expression['goto']
      if (!isMap(jump)) continue
      const target = this.#ruleset.chains.get(keyOf(chain.family, chain.table, jump['target']))
      const inner = target === undefined ? 'return' : this.#chain(target, depth + 1)
      if (inner !== 'return') return inner
      return 'goto' in expression ? 'return' : null
    }
    return null
  }

  /** null: the rule is not for such a connection. `sources`: it is for these alone. */
  #conditions(
    expressions: readonly unknown[],
    chain: Chain,
  ): { readonly sources: readonly string[]; readonly sure: boolean } | null {
    let sources: readonly string[] = []
    let sure = true
    for (const expression of expressions) {
      if (!isMap(expression)) continue
      if ('limit' in expression || 'quota' in expression || 'ct count' in expression) sure = false
      const match = expression['match']
      if (!isMap(match) || !isMap(match['left'])) continue
      const { op, left, right } = match as { op: unknown; left: Readonly<Record<string, unknown>>; right: unknown }
      const negated = op === '!='
      const values = this.#valuesOf(right, chain)
      const payload = isMap(left['payload'])
        ? `${String(left['payload']['protocol'])} ${String(left['payload']['field'])}`
        : ''
      const key = isMap(left['meta'])
        ? String(left['meta']['key'])
        : isMap(left['ct'])
          ? `ct ${String(left['ct']['key'])}`
          : payload
      switch (key) {
        case 'tcp dport':
        case 'th dport':
          if (values.some(value => portIs(value, this.#port)) === negated) return null
          break
        case 'l4proto':
        case 'ip protocol':
        case 'ip6 nexthdr':
          if (values.some(value => value === 'tcp' || value === 6) === negated) return null
          break
        case 'ct state':
          if (values.includes('new') === negated) return null
          break
        case 'nfproto':
        case 'protocol':
          break
        case 'iif':
        case 'iifname':
          // From the machine itself nobody comes who was not there.
          if (values.length === 1 && values[0] === 'lo') {
            if (!negated) return null
            break
          }
          sources = negated ? sources : [...sources, ...values.map(value => `whoever comes by ${String(value)}`)]
          if (negated) sure = false
          break
        case 'ip saddr':
        case 'ip6 saddr':
          if (negated) sure = false
          else sources = [...sources, ...values.map(networkWords)]
          break
        default:
          if (/^(?:udp|icmp|icmpv6|sctp|dccp) /.test(key)) return null
          sure = false
      }
    }
    // An accept of every address is one of everybody.
    return sources.some(source => source.endsWith('/0')) ? { sources: [], sure } : { sources, sure }
  }

  #valuesOf(right: unknown, chain: Chain): readonly unknown[] {
    if (typeof right === 'string' && right.startsWith('@'))
      return this.#ruleset.sets.get(keyOf(chain.family, chain.table, right.slice(1))) ?? []
    if (isMap(right) && Array.isArray(right['set'])) return right['set']
    return Array.isArray(right) ? right : [right]
  }
}

function portIs(value: unknown, port: number): boolean {
  const range = isMap(value) ? value['range'] : undefined
  if (Array.isArray(range)) return port >= Number(range[0]) && port <= Number(range[1])
  return value === port
}

function networkWords(value: unknown): string {
  if (isMap(value) && isMap(value['prefix']))
    return `${String(value['prefix']['addr'])}/${String(value['prefix']['len'])}`
  if (isMap(value) && Array.isArray(value['range'])) return value['range'].map(String).join('–')
  if (isMap(value) && isMap(value['elem'])) return networkWords(value['elem']['val'])
  return String(value)
}

function keyOf(family: unknown, table: unknown, name: unknown): string {
  return JSON.stringify([family, table, name])
}
