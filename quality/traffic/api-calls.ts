import type { RawExchange } from '../../src/insight/model/exchange.ts'
import type { ApiDocument, ApiOperation } from './openapi-documents.ts'
import { shape } from './openapi-traffic.ts'
import { valueMaker } from './path-values.ts'
import { type Seeded, seeded } from './seeded.ts'
import { words } from './words.ts'

/** How an operation truly stands against its document. */
export type TrueStanding = 'in order' | 'shadow' | 'zombie' | 'orphan'

/** How an operation truly asks who calls. */
export const proofs = ['none', 'jwt', 'bearer', 'basic', 'api-key', 'session', 'mixed'] as const

export interface TrueOperation {
  readonly method: string
  /** `/users/{}`. */
  readonly shape: string
  readonly standing: TrueStanding
  readonly proof: (typeof proofs)[number]
}

export interface ApiWorld {
  readonly operations: readonly TrueOperation[]
  /** OpenAPI text: what is declared. */
  readonly document: string
  readonly calls: readonly RawExchange[]
}

/**
 * A service as it might be found: some of its operations are in no document, some are declared and never called, some deprecated and called
 * all the same; each asks for proof in its own way. Callers err (401, 404, 500), and a scanner passes by. Deterministic by document and seed.
 */
export function apiWorld(
  document: ApiDocument,
  half: 'tuning' | 'held-out',
  seed: string,
  operationsMax: number,
): ApiWorld {
  const random = seeded(`${seed} ${document.name}`)
  const chosen = distinct(document.operations).slice(0, operationsMax)
  const planned = chosen.map(operation => ({
    operation,
    truth: {
      method: operation.method.toUpperCase(),
      shape: shape(operation.template),
      standing: standingFor(random.next()),
      proof: random.pick(proofs),
    } satisfies TrueOperation,
  }))
  const calls: RawExchange[] = []
  const lists = words(half)
  let at = Date.UTC(2026, 0, 5)
  const call = (
    method: string,
    path: string,
    status: number,
    fields: Array<[string, string]>,
    principal: string | null,
  ): void => {
    at += 1000
    calls.push(
      exchangeOf({ method, path, status, fields, principal, time: new Date(at).toISOString(), id: `c${calls.length}` }),
    )
  }
  for (const { operation, truth } of planned) {
    if (truth.standing === 'orphan') continue
    const makers = new Map<string, () => string>()
    for (let n = 0; n < 30; n++) {
      const path = operation.template.replaceAll(/\{([^{}]*)\}/g, (_, name: string) => {
        let make = makers.get(name)
        if (make === undefined) {
          const maker = valueMaker(name, operation.parameters[name] ?? {}, lists, random)
          makers.set(name, (make = () => maker(random)))
        }
        return make()
      })
      const where = path.startsWith('/') ? path : `/${path}`
      const { fields, principal } = proofOf(truth.proof, n, random)
      // The first two are good, so that every operation that is called is also answered.
      const lot = n < 2 ? 1 : random.next()
      if (lot < 0.05 && truth.proof !== 'none' && truth.proof !== 'mixed') call(truth.method, where, 401, [], null)
      else if (lot < 0.1) call(truth.method, where, random.pick([404, 409, 422, 500]), fields, principal)
      else call(truth.method, where, truth.method === 'POST' ? 201 : 200, fields, principal)
    }
  }
  for (let n = 0; n < 50; n++)
    call(
      random.pick(['GET', 'POST']),
      `/${random.pick(['wp-admin', '.git', 'cgi-bin', 'admin'])}/${random.below(1e6)}`,
      404,
      [],
      null,
    )
  return { operations: planned.map(({ truth }) => truth), document: declared(planned, document.name), calls }
}

/** One method and shape once; and where two templates fit the same paths only the first: nobody could tell whose a call is. */
function distinct(operations: readonly ApiOperation[]): ApiOperation[] {
  const kept: ApiOperation[] = []
  for (const operation of operations) {
    const own = shape(operation.template).split('/')
    const clashes = kept.some(other => {
      const theirs = shape(other.template).split('/')
      return (
        own.length === theirs.length &&
        own.every(
          (segment, i) => segment === theirs[i] || segment.includes('{}') || (theirs[i] as string).includes('{}'),
        )
      )
    })
    if (!clashes) kept.push(operation)
  }
  return kept
}

function standingFor(lot: number): TrueStanding {
  return lot < 0.55 ? 'in order' : lot < 0.7 ? 'shadow' : lot < 0.85 ? 'orphan' : 'zombie'
}

function proofOf(
  proof: (typeof proofs)[number],
  n: number,
  random: Seeded,
): { fields: Array<[string, string]>; principal: string | null } {
  const token = Array.from({ length: 32 }, () => 'abcdefghijklmnopqrstuvwxyz0123456789'[random.below(36)]).join('')
  switch (proof) {
    case 'none':
      return { fields: [], principal: null }
    case 'jwt':
      return { fields: [], principal: `user-${random.below(20)}` }
    case 'bearer':
      return { fields: [['Authorization', `Bearer ${token}`]], principal: null }
    case 'basic':
      return { fields: [['Authorization', `Basic ${Buffer.from(`ada:${token}`).toString('base64')}`]], principal: null }
    case 'api-key':
      return { fields: [['X-API-Key', token]], principal: null }
    case 'session':
      return { fields: [['Cookie', `sessionid=${token}`]], principal: null }
    case 'mixed':
      return n % 3 === 0
        ? { fields: [], principal: null }
        : { fields: [['Authorization', `Bearer ${token}`]], principal: null }
  }
}

function declared(planned: ReadonlyArray<{ operation: ApiOperation; truth: TrueOperation }>, name: string): string {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const { operation, truth } of planned) {
    if (truth.standing === 'shadow') continue
    const template = operation.template.startsWith('/') ? operation.template : `/${operation.template}`
    const item = (paths[template] ??= {})
    item[operation.method.toLowerCase()] = {
      responses: {},
      ...(truth.standing === 'zombie' ? { deprecated: true } : {}),
    }
  }
  return JSON.stringify({ openapi: '3.1.0', info: { title: name, version: '1' }, paths })
}

function exchangeOf(made: {
  readonly method: string
  readonly path: string
  readonly status: number
  readonly fields: ReadonlyArray<readonly [string, string]>
  readonly principal: string | null
  readonly time: string
  readonly id: string
}): RawExchange {
  return {
    event: {
      time: made.time,
      id: made.id,
      traceId: null,
      spanId: null,
      parentId: null,
      listener: 'public',
      protocol: 'http/1.1',
      client: '192.0.2.1',
      method: made.method,
      host: 'api.example.com',
      path: made.path,
      query: [],
      route: 'all',
      service: 'api',
      target: 'http://10.0.0.5',
      status: made.status,
      upstreamStatus: made.status,
      requestBytes: 0,
      responseBytes: 0,
      durationMs: 1,
      upstreamMs: 1,
      principal: made.principal === null ? null : { subject: made.principal, method: 'jwt', issuer: 'https://idp' },
      verdict: 'pass',
      policy: null,
      code: null,
      reason: null,
    },
    query: '',
    requestFields: made.fields,
    responseFields: [],
    requestBody: null,
    responseBody: null,
    encrypted: true,
  }
}
