import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { createAuthority, type TestAuthority } from '../../../../test/support/certificates.ts'
import { loadWritten } from '../../../../test/support/configuration.ts'
import type { Config } from '../../../config/types.ts'
import { policies } from '../../../policies/index.ts'
import { readOpenApi } from '../../inventory/openapi/read-openapi.ts'
import { assess } from '../assess.ts'
import { reportOf } from '../import/read.ts'
import type { DocumentOf } from '../input.ts'
import { createPace } from './pace.ts'
import { probePoints } from './probe-point.ts'
import { probe, type ProbeOptions, type ProbeReport } from './probe.ts'

const tokens = { ada: 'canary-token-of-ada', ben: 'canary-token-of-ben' } as const
const identities = Object.entries(tokens).map(([name, token]) => ({
  name,
  headers: { authorization: `Bearer ${token}` },
}))
const orders = [
  { id: 'canary-object-1', owner: 'ada' },
  { id: 'canary-object-2', owner: 'ben' },
  { id: 'canary-object-3', owner: 'ada' },
]

/** Which test caller asks; null: nobody. */
function callerOf({ headers }: IncomingMessage): string | null {
  return Object.entries(tokens).find(([, token]) => headers.authorization === `Bearer ${token}`)?.[0] ?? null
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** Asks who calls for orders, but not whose they are; users are for everybody; TRACE and any method work. */
const vulnerable =
  (elsewhere: () => string): RequestListener =>
  (request, response) => {
    const path = request.url ?? ''
    if (request.method === 'OPTIONS') return void response.writeHead(204, { allow: 'GET, HEAD, DELETE, TRACE' }).end()
    if (request.method === 'TRACE') return void response.end(`TRACE ${path} HTTP/1.1\r\n`)
    if (path === '/users') return json(response, 200, [{ id: 7, email: 'canary-person@example.org' }])
    if (path === '/moved') return void response.writeHead(302, { location: elsewhere() }).end()
    const caller = callerOf(request)
    if (caller === null) return json(response, 401, {})
    if (path === '/orders') return json(response, 200, { items: orders.filter(({ owner }) => owner === caller) })
    const order = orders.find(({ id }) => path === `/orders/${id}`)
    json(response, order === undefined ? 404 : 200, order ?? {})
  }

const sound: RequestListener = (request, response) => {
  const path = request.url ?? ''
  if (request.method === 'OPTIONS') return void response.writeHead(204, { allow: 'GET, HEAD, OPTIONS' }).end()
  if (request.method !== 'GET') return json(response, 405, {})
  const caller = callerOf(request)
  if (caller === null) return json(response, 401, {})
  if (path === '/orders') return json(response, 200, { items: orders.filter(({ owner }) => owner === caller) })
  // The catalogue is the same for all: no object of one caller.
  if (path === '/users') return json(response, 200, [{ id: 7 }])
  const order = orders.find(({ id, owner }) => path === `/orders/${id}` && owner === caller)
  json(response, order === undefined ? 404 : 200, order ?? {})
}

const get = { responses: { 200: { description: '' } } }
const read = readOpenApi(
  JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'Shop' },
    security: [{ token: [] }],
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    paths: {
      '/orders': { get, post: get },
      '/orders/{orderId}': { get },
      '/users': { get },
      '/users/{userId}': { get },
      '/moved': { get },
      '/plans/{planId}': { get },
    },
  }),
  'shop.yaml',
)
assert.ok('document' in read)
const documents: DocumentOf[] = [{ service: 'shop', document: read.document }]

async function configOf(target: string, files: Record<string, string> = {}): Promise<Config> {
  const { loaded, issues } = await loadWritten({
    policies,
    files: {
      ...files,
      'portcullis.yaml': JSON.stringify({
        version: 1,
        listeners: [{ name: 'local', address: '127.0.0.1:1' }],
        services: {
          shop: { targets: [target], ...(files['ca.pem'] === undefined ? {} : { tls: { ca: 'file:ca.pem' } }) },
          unnamed: { targets: ['http://127.0.0.1:2'] },
        },
        routes: [
          {
            name: 'all',
            match: { path: '/**' },
            service: 'shop',
            policies: [
              {
                use: 'jwt',
                with: { issuer: 'https://idp.example.com/', audience: 'shop', jwks: 'https://idp.example.com/jwks' },
              },
            ],
          },
        ],
      }),
    },
  })
  assert.ok(loaded !== null, JSON.stringify(issues))
  return loaded.config
}

interface World extends AsyncDisposable {
  readonly url: string
  readonly asked: string[]
}

async function serve(listener: RequestListener, server: Server = createServer()): Promise<World> {
  const asked: string[] = []
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    asked.push(`${request.method} ${request.url}`)
    listener(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `${'addContext' in server ? 'https' : 'http'}://127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const pace = { perSecond: 50, countMax: 200, now: () => 0, sleep: async () => {} }

async function probed(config: Config, more: Partial<ProbeOptions> = {}): Promise<ProbeReport> {
  const points = probePoints(config, ['shop'])
  assert.ok(typeof points !== 'string')
  const input = { config, operations: [], documents, now: Date.now() }
  return probe({
    input,
    points,
    identities: [],
    values: [],
    write: false,
    bypass: false,
    pace,
    userAgent: 'probe/0',
    ...more,
  })
}

const found = ({ findings }: ProbeReport): string[] => findings.map(({ rule, subject }) => `${rule} ${subject}`).sort()

describe('posture probe', () => {
  it('asks nothing but what the configuration has', async () => {
    const config = await configOf('http://127.0.0.1:3')
    assert.match(
      probePoints(config, ['http://127.0.0.1:4']) as string,
      /has no service, target or listener http:\/\/127\.0\.0\.1:4; it has shop, unnamed, listener:local/,
    )
    assert.match(probePoints(config, ['shop', 'listener:other']) as string, /listener:other/)
    assert.deepEqual(
      (probePoints(config, ['shop', 'http://127.0.0.1:3/', 'listener:local']) as readonly { where: string }[]).map(
        ({ where }) => where,
      ),
      ['http://127.0.0.1:3', 'listener local at 127.0.0.1:1'],
    )
    assert.equal(probePoints(config, []).length, 2)
  })

  it('goes evenly, and stops at the largest number', async () => {
    let now = 1000
    const slept: number[] = []
    const slow = createPace({
      perSecond: 5,
      countMax: 3,
      now: () => now,
      sleep: async ms => void slept.push((now += ms) && ms),
    })
    assert.deepEqual(
      [await slow.turn(), await slow.turn(), await slow.turn(), await slow.turn()],
      [true, true, true, false],
    )
    assert.deepEqual([slept, slow.used, slow.refused], [[200, 200], 3, 1])
    await using server = await serve(sound)
    const report = await probed(await configOf(server.url), { identities, pace: { ...pace, countMax: 4 } })
    assert.equal(server.asked.length, 4)
    assert.equal(report.asked, 4)
    assert.ok(report.unasked > 0)
  })

  it('finds what a vulnerable server does, reading only, and follows no redirect', async () => {
    await using bystander = await serve((_, response) => void response.end('{}'))
    await using server = await serve(vulnerable(() => bystander.url))
    const report = await probed(await configOf(server.url), { identities })
    assert.deepEqual(found(report), [
      'dangerous-method shop GET /moved',
      'dangerous-method shop GET /orders',
      'dangerous-method shop GET /orders/{orderId}',
      'dangerous-method shop GET /users',
      'dangerous-method shop GET /users/{userId}',
      'missing-authentication shop GET /users',
      'object-access shop GET /orders/{orderId}',
    ])
    const leak = report.findings.find(({ rule }) => rule === 'object-access')
    assert.match(
      leak?.evidence?.join() ?? '',
      /2 of 2 objects that are ada's were given to ben.*no list of ben shows them/,
    )
    assert.deepEqual(new Set(server.asked.map(line => line.split(' ')[0])), new Set(['GET', 'OPTIONS']))
    assert.deepEqual(bystander.asked, [])
    assert.ok(!/canary/.test(JSON.stringify(report)), 'no token, id or value of an answer is in a report')
  })

  it('finds nothing on a sound server', async () => {
    await using server = await serve(sound)
    const report = await probed(await configOf(server.url), { identities })
    assert.deepEqual(found(report), [])
    assert.match(report.notes.join('\n'), /2 objects of ada asked for as ben/)
    assert.match(report.notes.join('\n'), /1 operations were not asked: no value/)
    assert.ok(server.asked.length >= 10, server.asked.join())
  })

  it('an answer to anything at all is no answer to an operation', async () => {
    await using server = await serve(
      (_, response) => void response.setHeader('content-type', 'text/html').end('<p>app</p>'),
    )
    assert.deepEqual(found(await probed(await configOf(server.url), { identities })), [])
  })

  it('tries other methods only when told, without a credential', async () => {
    await using server = await serve(vulnerable(() => '/'))
    const report = await probed(await configOf(server.url), { identities, write: true })
    const methods = new Set(server.asked.map(line => line.split(' ')[0]))
    assert.ok(methods.has('POST') && methods.has('TRACE'), [...methods].join())
    const echo = report.findings.find(
      ({ rule, subject }) => rule === 'dangerous-method' && subject === 'shop GET /users',
    )
    assert.ok(echo?.severity === 'medium' && echo.evidence?.some(line => line.includes('TRACE was answered')))
    await using good = await serve(sound)
    assert.deepEqual(found(await probed(await configOf(good.url), { identities, write: true })), [])
  })

  it('an object that both callers list is nobody’s, and a value that the operator names is the first caller’s', async () => {
    await using server = await serve(vulnerable(() => '/'))
    const config = await configOf(server.url)
    const named = await probed(config, { identities, values: [['planId', 'canary-object-1']] })
    // There is no such plan: 404 for both.
    assert.ok(!found(named).includes('object-access shop GET /plans/{planId}'))
    const shared = await probed(config, { identities: [identities[0], identities[0]] as ProbeOptions['identities'] })
    assert.ok(!found(shared).some(line => line.startsWith('object-access')))
  })

  it('a service that answers here is reachable around the gateway; one that does not is not', async () => {
    await using server = await serve(vulnerable(() => '/'))
    const open = await probed(await configOf(server.url), { bypass: true })
    const bypass = open.findings.find(({ rule }) => rule === 'bypass')
    assert.deepEqual([bypass?.severity, bypass?.subject], ['critical', 'service shop'])
    assert.match(
      bypass?.evidence?.join() ?? '',
      /GET \/users was answered 200 without a credential; route all asks for jwt/,
    )
    await using guarded = await serve(sound)
    const refusing = await probed(await configOf(guarded.url), { bypass: true })
    assert.deepEqual(
      refusing.findings.map(({ rule, severity }) => `${rule} ${severity}`),
      ['bypass medium'],
    )
    const closed = await probed(await configOf('http://127.0.0.1:9'), { bypass: true })
    assert.deepEqual(found(closed), [])
    assert.match(closed.notes.join(), /nothing answers \(ECONNREFUSED\)/)
  })

  it('its findings join those of the rules, also by way of a file', async () => {
    await using server = await serve(vulnerable(() => '/'))
    const config = await configOf(server.url)
    const report = await probed(config, { identities })
    const reread = reportOf(JSON.parse(JSON.stringify({ portcullisProbe: 1, ...report })))
    assert.deepEqual(reread?.findings, report.findings)
    const input = { config, operations: [], documents, suppressions: [], now: Date.now() }
    const { findings } = assess({ ...input, imported: report.findings })
    const leak = findings.find(({ evidence }) => evidence.some(line => line.startsWith('probe object-access: ')))
    assert.equal(leak?.subject, 'shop GET /orders/{orderId}')
    const hostile = reportOf({
      portcullisProbe: 1,
      findings: [null, 1, { rule: 'x' }, { rule: 'x', severity: 'fatal', message: 'm' }],
    })
    assert.deepEqual(hostile?.findings, [])
  })

  describe('TLS', () => {
    let authority: TestAuthority
    before(() => {
      authority = createAuthority()
    })
    after(() => authority.close())

    it('old versions, ciphers without forward secrecy and bad certificates are shown by handshakes', async () => {
      const { certificate, key } = authority.issue({ san: 'DNS:other.example', key: 'rsa:2048' })
      await using server = await serve(
        vulnerable(() => '/'),
        createTlsServer({
          cert: certificate,
          key,
          minVersion: 'TLSv1',
          maxVersion: 'TLSv1.2',
          ciphers: 'ALL:@SECLEVEL=0',
        }),
      )
      const report = await probed(await configOf(server.url, { 'ca.pem': authority.certificate }), { identities })
      assert.deepEqual(
        found(report).filter(line => line.endsWith('service shop')),
        ['certificate service shop', 'old-tls service shop', 'weak-cipher service shop'],
      )
      const of = (rule: string) => report.findings.find(one => one.rule === rule)
      assert.match(of('old-tls')?.message ?? '', /accepts TLS 1\.1 and TLS 1\.0/)
      assert.match(of('certificate')?.evidence?.join() ?? '', /ERR_TLS_CERT_ALTNAME_INVALID/)
      // A credential goes to no server that is not the one meant.
      assert.ok(found(report).includes('missing-authentication shop GET /users'))
      assert.ok(!found(report).some(line => line.startsWith('object-access')))
    })

    it('a sound server shows nothing, and gets credentials', async () => {
      const { certificate, key } = authority.issue({ san: 'IP:127.0.0.1', eku: 'serverAuth' })
      await using server = await serve(sound, createTlsServer({ cert: certificate, key, minVersion: 'TLSv1.2' }))
      const report = await probed(await configOf(server.url, { 'ca.pem': authority.certificate }), { identities })
      assert.deepEqual(found(report), [])
      assert.match(report.notes.join(), /speaks TLS 1\.3, TLS 1\.2/)
      assert.match(report.notes.join(), /2 objects of ada asked for as ben/)
    })
  })
})
