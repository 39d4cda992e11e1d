import { BlockList } from 'node:net'
import { exchange } from '../../test/support/exchange.ts'
import { testHost } from '../../test/support/host.ts'
import { createCidrSet } from '../../src/lib/cidr-set.ts'
import { apiKey } from '../../src/policies/api-key/policy.ts'
import { schema as apiKeySchema } from '../../src/policies/api-key/schema.ts'
import { basic } from '../../src/policies/basic/policy.ts'
import { schema as basicSchema } from '../../src/policies/basic/schema.ts'
import { createJudgedMemory, createJudgedWriter } from '../../src/state/judged-callers.ts'
import { behaviour } from '../../src/policies/behaviour/policy.ts'
import { schema as behaviourSchema } from '../../src/policies/behaviour/schema.ts'
import { headers } from '../../src/policies/headers/policy.ts'
import { schema as headersSchema } from '../../src/policies/headers/schema.ts'
import { require } from '../../src/policies/require/policy.ts'
import { schema as requireSchema } from '../../src/policies/require/schema.ts'
import type { MicroCase } from './micro-case.ts'

/** What the policies cost each request: address lists of 50,000 networks beside net.BlockList, a known key, a required scope. */
export const cases: readonly MicroCase[] = [
  ...addressCases(),
  apiKeyCase(),
  await basicCase(),
  requireCase(),
  headersCase(),
  ...behaviourCases(),
]

function addressCases(): MicroCase[] {
  // A fixed sequence (xorshift32), so that two runs ask the same questions.
  let state = 2_463_534_242
  const next = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
  const octet = (): number => next() & 255
  const group = (): string => (next() & 0xffff).toString(16)
  const networks = Array.from({ length: 50_000 }, () => `${octet()}.${octet()}.${octet()}.0/24`)
  const networks6 = Array.from({ length: 50_000 }, () => `2001:${group()}:${group()}::/48`)
  const addresses = Array.from({ length: 4_096 }, () => `${octet()}.${octet()}.${octet()}.${octet()}`)
  const addresses6 = Array.from({ length: 4_096 }, () => `2001:${group()}:${group()}::${group()}`)
  const set = createCidrSet([...networks, ...networks6])
  if (!('has' in set)) throw new Error('the networks of the benchmark are wrong')
  const platform = new BlockList()
  for (const network of networks) platform.addSubnet(network.slice(0, -3), 24)
  let at = 0
  return [
    { name: 'ip: IPv4 in 50,000 + 50,000 networks', run: () => set.has(addresses[at++ & 4_095] as string) },
    { name: 'ip: IPv6 in 50,000 + 50,000 networks', run: () => set.has(addresses6[at++ & 4_095] as string) },
    { name: 'ip: net.BlockList, IPv4 in 50,000', run: () => platform.check(addresses[at++ & 4_095] as string) },
  ]
}

function apiKeyCase(): MicroCase {
  const settings = {
    keys: Array.from({ length: 1_000 }, (_, i) => ({ id: `k${i}`, sha256: i.toString(16).padStart(64, '0') })),
  }
  // SHA-256 of "pck_fixture_0123456789abcdef".
  settings.keys.push({ id: 'known', sha256: 'f82c538d6152703506a2050e3d295199012ceb945e238852c1809172ad57b8b3' })
  const compiled = apiKey.compile(apiKeySchema.parse(settings), testHost())
  const x = exchange({ headers: { Host: 'a', Accept: '*/*', 'X-API-Key': 'pck_fixture_0123456789abcdef' } })
  return { name: 'api-key: known key of 1,001', run: () => compiled.request?.(x) }
}

async function basicCase(): Promise<MicroCase> {
  const users = 'bob:$2y$04$mdnlebCo6beGT3xqh9AHHOfh30XpYZGk/ga/hjLfd0zEO3cDXAw0q'
  const compiled = basic.compile(basicSchema.parse({ users }), testHost())
  const x = exchange({ headers: { Host: 'a', Accept: '*/*', Authorization: `Basic ${btoa('bob:correct horse')}` } })
  await compiled.request?.(x)
  return { name: 'basic: remembered password', run: () => compiled.request?.(x) }
}

function requireCase(): MicroCase {
  const settings = { scopes: ['orders:read'], roles: { any: ['admin', 'clerk'] }, claims: { tier: ['gold', 'silver'] } }
  const compiled = require.compile(requireSchema.parse(settings), testHost())
  const principal = { scopes: ['openid', 'orders:read'], roles: ['clerk'], claims: { tier: 'silver' } }
  const x = exchange({ principal })
  return { name: 'require: scope, role and claim', run: () => compiled.request?.(x) }
}

/** With nobody judged, and with 2,000 callers judged of which the one who calls is none, and is one. */
function behaviourCases(): MicroCase[] {
  const principals = Array.from({ length: 200 }, (_, i) => ({
    method: 'jwt',
    issuer: 'https://idp/',
    subject: `u${i}`,
  }))
  const exchanges = principals.map(principal => exchange({ principal }))
  const checkOf = (names: readonly string[]) => {
    const counters = {
      memory: new SharedArrayBuffer(1 << 20),
      hashKey: new Uint8Array(32),
      judged: createJudgedMemory(),
    }
    createJudgedWriter(
      counters.judged,
      counters.hashKey,
    )(names.map(name => ({ name, untilMs: Date.UTC(2100, 0), severity: 4, incident: 1 })))
    return behaviour.compile(behaviourSchema.parse({ action: 'block' }), testHost({ counters })).request
  }
  const others = Array.from({ length: 2_000 }, (_, i) => `jwt https://idp/ other${i}`)
  const [nobody, strangers, known] = [
    checkOf([]),
    checkOf(others),
    checkOf([...others, ...principals.map(({ method, issuer, subject }) => `${method} ${issuer} ${subject}`)]),
  ]
  let at = 0
  const next = () => exchanges[at++ % exchanges.length] as (typeof exchanges)[number]
  return [
    { name: 'behaviour: nobody is judged', run: () => nobody?.(next()) },
    { name: 'behaviour: 2,000 are judged, others call', run: () => strangers?.(next()) },
    { name: 'behaviour: a judged caller is blocked', run: () => known?.(next()) },
  ]
}

function headersCase(): MicroCase {
  const settings = { request: { set: { 'X-User': '${principal.subject}' } } }
  const compiled = headers.compile(headersSchema.parse(settings), testHost())
  return {
    name: 'headers: one variable in, five security headers out',
    run() {
      const x = exchange({ principal: { subject: 'somebody' } })
      compiled.request?.(x)
      return compiled.response?.(x)
    },
  }
}
