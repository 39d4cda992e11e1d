import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parse, stringify } from 'yaml'
import { loadConfiguration } from '../../src/cli/load-configuration.ts'
import { applyPatch, type ConfigPatch } from '../../src/insight/posture/patch.ts'
import { surfacePatch } from '../../src/insight/surface/surface-patch.ts'
import { surfaceOf } from '../../src/insight/surface/surface.ts'
import { partnerKey } from '../../testbed/bed/configuration.ts'
import { partners, serviceNamed, services, spiffeOf } from '../../testbed/bed/estate.ts'
import { grantOf } from '../../testbed/bed/grants.ts'
import type { Operation } from '../../testbed/bed/operation.ts'
import { createWorld } from '../../testbed/bed/world.ts'
import { sentCalls, type SentCall } from './calls.ts'
import { gateOf } from './gate.ts'
import { bedFiles, type LearntBed } from './learnt-bed.ts'

/** A permission that nobody used, as a call that only it lets through. */
interface Spare {
  readonly what: string
  readonly call: SentCall
}

/** The patch that leaves only what was used, in the bed's own configuration, judged by the gateway's router and policies. */
export async function leastPrivilege({ files, truth, parts, loaded }: LearntBed) {
  const { inventory } = parts
  const surface = surfaceOf({
    config: loaded.config,
    operations: inventory.operations(),
    toNothing: 0,
    overflowed: new Set(),
    nowMs: inventory.nowMs,
  })
  const { patch, notes } = surfacePatch(surface.plan, loaded.authored)
  const written = parse(readFileSync(files.configuration, 'utf8')) as Record<string, unknown>
  const patchedFile = path.join(path.dirname(files.configuration), 'patched.yaml')
  writeFileSync(patchedFile, stringify(applyPatch(written, patch as ConfigPatch), { aliasDuplicateObjects: false }))
  const before = gateOf(loaded)
  const after = gateOf(await loadConfiguration(patchedFile))

  const { exchanges } = await bedFiles(truth.seed, true)
  const samples = new Map<string, SentCall>()
  const refused = new Map<string, number>()
  let benign = 0
  const byTemplate = templates()
  for await (const call of sentCalls(exchanges)) {
    benign++
    const operation = byTemplate(call)
    if (!samples.has(operation)) samples.set(operation, call)
    if ((await before.judge(call)) !== null) throw new Error(`the bed's own configuration refuses ${operation}`)
    const code = await after.judge(call)
    if (code !== null) refused.set(`${operation}: ${code}`, (refused.get(`${operation}: ${code}`) ?? 0) + 1)
  }

  const open: string[] = []
  let spare = 0
  for (const { what, call } of spares(truth.seed, samples)) {
    if ((await before.judge(call)) !== null) throw new Error(`${what} is no permission`)
    spare++
    if ((await after.judge(call)) === null) open.push(what)
  }
  before.close()
  after.close()
  return {
    benign,
    refused: [...refused].map(([words, times]) => `${times} × ${words}`),
    spare,
    open,
    notes: [...surface.notes, ...notes],
    surface,
  }
}

/** Granted calls of services and partners that they never make, operations that nobody calls, and methods and paths that routes take besides. */
function spares(seed: number, samples: ReadonlyMap<string, SentCall>): Spare[] {
  const { random } = createWorld(seed)
  const token = [...samples.values()].find(({ principal }) => principal.method === 'jwt')
  if (token === undefined) throw new Error('nobody shows a token')
  const out: Spare[] = []
  for (const operation of services.flatMap(service => service.operations)) {
    const sample = samples.get(operation.id)
    const grant = grantOf(operation)
    for (const name of grant?.granted ?? []) {
      if (grant?.used.includes(name) === true || sample === undefined) continue
      out.push({ what: `${operation.id} by ${name}`, call: as(sample, name, random) })
    }
    if (operation.documented === 'unused')
      out.push({ what: `${operation.id} by users`, call: unusedCall(operation, token) })
    const { methods = [] } = operation.route ?? {}
    for (const method of methods)
      if (method !== operation.method && sample !== undefined)
        out.push({ what: `${operation.id} with ${method}`, call: { ...sample, method, body: undefined } })
  }
  const gift = samples.get('carts GET /gifts')
  if (gift !== undefined) out.push({ what: 'carts GET /gifts/{other}', call: { ...gift, path: '/gifts/4711/owner' } })
  return out
}

/** The same call by another service or partner, with a proof of its own. */
function as(call: SentCall, name: string, random: ReturnType<typeof createWorld>['random']): SentCall {
  if ((partners as readonly string[]).includes(name))
    return {
      ...call,
      headers: [...call.headers.filter(([field]) => field !== 'x-api-key'), ['x-api-key', partnerKey(random, name)]],
      principal: { method: 'api-key', issuer: null, subject: name },
    }
  return { ...call, principal: { method: 'mtls', issuer: 'CN=Bed CA', subject: spiffeOf(serviceNamed(name)) } }
}

function unusedCall(operation: Operation, token: SentCall): SentCall {
  const { host } = serviceNamed(operation.service)
  const authorization = token.headers.filter(([name]) => name === 'authorization')
  const body = operation.method === 'POST' ? { parts: 3 } : undefined
  return {
    ...token,
    service: operation.service,
    method: operation.method,
    host,
    path: operation.template.replace(/\{\w+\}/g, '4711'),
    query: [],
    headers: body === undefined ? authorization : [...authorization, ['content-type', 'application/json']],
    contentType: body === undefined ? null : 'application/json',
    body,
  }
}

/** The bed's operation that a call is one of. */
function templates(): (call: SentCall) => string {
  const all = services
    .flatMap(service => service.operations)
    .map(({ id, service, method, template }) => ({
      id,
      service,
      method,
      segments: template.split('/'),
    }))
  const known = Map.groupBy(all, ({ service, method, segments }) => `${service} ${method} ${segments.length}`)
  const words = (segments: readonly string[]): number => segments.filter(one => !one.startsWith('{')).length
  for (const list of known.values()) list.sort((a, b) => words(b.segments) - words(a.segments))
  return ({ service, method, path: text }) => {
    const segments = text.split('/')
    const found = known
      .get(`${service} ${method} ${segments.length}`)
      ?.find(one => one.segments.every((segment, i) => segment.startsWith('{') || segment === segments[i]))
    if (found === undefined) throw new Error(`${service} ${method} ${text} is no operation of the bed`)
    return found.id
  }
}
