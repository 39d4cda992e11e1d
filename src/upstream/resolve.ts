import { Resolver } from 'node:dns'
import { readFileSync } from 'node:fs'
import { isIP, type LookupFunction } from 'node:net'

interface Known {
  readonly addresses: ReadonlyArray<{ readonly address: string; readonly family: 4 | 6 }>
  /** Monotonic, ms. */
  readonly until: number
}

const TTL_MIN_MS = 1_000
const TTL_MAX_MS = 60_000
/** A name server that is away does not take known services down with it at once. */
const STALE_MS = 300_000
const HOSTS_FILE = '/etc/hosts'

/**
 * Resolves upstream names without `dns.lookup`: that one runs on the thread pool which slow password hashes fill (DESIGN §3).
 * `/etc/hosts` first, then the system's name servers, A before AAAA, remembered for the records' time to live (1 s to 1 min).
 */
export function createLookup(
  monotonic: () => number,
  resolver = new Resolver({ timeout: 2000, tries: 2 }),
): LookupFunction {
  const known = new Map<string, Known>()
  const hosts = readHosts()
  return (name, options, answered) => {
    const give = (found: Known): void => {
      const family =
        options.family === 4 || options.family === 'IPv4'
          ? 4
          : options.family === 6 || options.family === 'IPv6'
            ? 6
            : 0
      const fitting = found.addresses.filter(one => family === 0 || one.family === family)
      const first = fitting[0]
      if (first === undefined)
        answered(Object.assign(new Error(`${name} has no address of that family`), { code: 'ENOTFOUND' }), '')
      else if (options.all === true) answered(null, [...fitting])
      else answered(null, first.address, first.family)
    }
    const literal = isIP(name)
    if (literal !== 0) return give({ addresses: [{ address: name, family: literal as 4 | 6 }], until: 0 })
    const lowered = name.toLowerCase()
    const fixed = hosts.get(lowered)
    if (fixed !== undefined) return give({ addresses: fixed, until: 0 })
    const now = monotonic()
    const remembered = known.get(lowered)
    if (remembered !== undefined && remembered.until > now) return give(remembered)
    void ask(resolver, lowered).then(({ addresses, ttlMs, error }) => {
      if (addresses.length > 0) {
        const found = { addresses, until: monotonic() + ttlMs }
        known.set(lowered, found)
        return give(found)
      }
      if (remembered !== undefined && remembered.until + STALE_MS > now) return give(remembered)
      answered(error ?? Object.assign(new Error(`${name} has no address`), { code: 'ENOTFOUND' }), '')
    })
  }
}

interface Answer {
  readonly addresses: Known['addresses']
  readonly ttlMs: number
  readonly error: NodeJS.ErrnoException | null
}

async function ask(resolver: Resolver, name: string): Promise<Answer> {
  const [v4, v6] = await Promise.all([one(resolver, name, 4), one(resolver, name, 6)])
  const ttls = [v4, v6].filter(({ addresses }) => addresses.length > 0).map(({ ttlMs }) => ttlMs)
  return {
    addresses: [...v4.addresses, ...v6.addresses],
    ttlMs: Math.min(TTL_MAX_MS, Math.max(TTL_MIN_MS, ...ttls)),
    error: v4.error,
  }
}

function one(resolver: Resolver, name: string, family: 4 | 6): Promise<Answer> {
  return new Promise(resolve => {
    const done = (
      error: NodeJS.ErrnoException | null,
      records: ReadonlyArray<{ address: string; ttl: number }> = [],
    ): void =>
      resolve({
        addresses: records.map(({ address }) => ({ address, family })),
        ttlMs: Math.min(...records.map(({ ttl }) => ttl * 1000), TTL_MAX_MS),
        error,
      })
    if (family === 4) resolver.resolve4(name, { ttl: true }, done)
    else resolver.resolve6(name, { ttl: true }, done)
  })
}

/** The hosts file as the process found it; `localhost` is always there (RFC 6761 §6.3). */
function readHosts(): Map<string, Known['addresses']> {
  const hosts = new Map<string, Array<{ address: string; family: 4 | 6 }>>([
    [
      'localhost',
      [
        { address: '127.0.0.1', family: 4 },
        { address: '::1', family: 6 },
      ],
    ],
  ])
  let text = ''
  try {
    text = readFileSync(HOSTS_FILE, 'utf8')
  } catch {
    // A machine without the file has no fixed names.
  }
  for (const line of text.split('\n')) {
    const [address, ...names] = (line.split('#')[0] as string).trim().split(/\s+/)
    const family = isIP(address ?? '')
    if (family === 0) continue
    for (const name of names.map(one => one.toLowerCase())) {
      if (name === 'localhost') continue
      hosts.set(name, [...(hosts.get(name) ?? []), { address: address as string, family: family as 4 | 6 }])
    }
  }
  return hosts
}
