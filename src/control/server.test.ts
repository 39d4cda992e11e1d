import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createAuthority, type TestAuthority } from '../../test/support/certificates.ts'
import type { ControlConfig, TlsConfig } from '../config/types.ts'
import { Secret } from '../core/secret.ts'
import { type ControlLive, endpoints, type InsightAnswer } from './endpoints.ts'
import { type ControlServer, createControlServer } from './server.ts'

const quiet = { info() {}, warn() {}, error() {} }
const clock = { now: () => 0, monotonic: () => 0 }
const loopback = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const
const plain: ControlConfig = { address: loopback, hosts: ['console.example'], health: null, tls: null, allow: [] }

function live(overrides: Partial<ControlLive> = {}): ControlLive {
  return {
    ready: () => ({ ready: true, why: [] }),
    status: () => ({ version: '0' }),
    metrics: () => '# HELP a b\n',
    config: () => ({ password: new Secret('hunter2-in-clear') }),
    reload: async () => ({ ok: true, version: 2 }),
    ask: async (question, parameters) => ({ kind: 'answer', body: JSON.stringify({ question, parameters }) }),
    ...overrides,
  }
}

interface OperationShape {
  readonly operationId: string
  readonly security?: unknown
  readonly responses: Record<
    string,
    { readonly content: Record<string, { readonly schema: { readonly type?: string; readonly required?: string[] } }> }
  >
}

interface Got {
  readonly status: number
  readonly type: string
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: string
}

async function call(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string | string[]> = {},
  body = '',
): Promise<Got> {
  const req = httpRequest({ port, host: '127.0.0.1', method, path, headers, agent: false })
  req.end(body)
  const [res] = await once(req, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of res) chunks.push(chunk)
  return {
    status: res.statusCode,
    type: res.headers['content-type'],
    headers: res.headers,
    body: Buffer.concat(chunks).toString(),
  }
}

async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.end(text)
  let got = ''
  for await (const chunk of socket) got += chunk
  return got
}

function problemCode(got: Got): string {
  assert.match(got.type, /^application\/problem\+json/)
  assert.equal(got.headers['cache-control'], 'no-store')
  const problem = JSON.parse(got.body)
  assert.equal(problem.status, got.status)
  assert.equal(problem.type, `urn:portcullis:problem:${problem.code}`)
  assert.ok(problem.title && problem.requestId)
  return problem.code
}

describe('control API', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'portcullis-control-'))
  let server: ControlServer
  let port: number
  let authorization: string
  let current = live()
  const through = new Proxy({} as ControlLive, { get: (_, key) => current[key as keyof ControlLive] })
  before(async () => {
    server = createControlServer({ config: plain, stateDir, log: quiet, clock, live: through })
    port = (await server.start()).port
    authorization = `Bearer ${readFileSync(join(stateDir, 'control-token'), 'utf8').trim()}`
  })
  after(async () => {
    await server.close()
    rmSync(stateDir, { recursive: true })
  })

  it('asks for the token everywhere but at health, whatever the path', async () => {
    for (const path of [
      '/metrics',
      '/status',
      '/config',
      '/openapi.json',
      '/',
      '/nothing',
      '/health',
      '/health/live/',
      '//health/live',
    ]) {
      const got = await call(port, 'GET', path)
      assert.equal(got.status, 401, path)
      assert.equal(problemCode(got), 'credential-missing')
      assert.equal(got.headers['www-authenticate'], 'Bearer')
    }
    assert.equal((await call(port, 'POST', '/reload')).status, 401)
  })

  it('refuses wrong tokens, in every form', async () => {
    const token = authorization.slice(7)
    const wrong = [
      `Bearer ${token}x`,
      `Bearer ${token.slice(1)}`,
      `Basic ${token}`,
      token,
      'Bearer',
      'Bearer ',
      `Bearer ${token}, Bearer ${token}`,
      `Bearer ${token.toLowerCase()}`,
    ]
    for (const value of wrong) {
      const got = await call(port, 'GET', '/status', { authorization: value })
      assert.equal(got.status, 401, value)
      assert.equal(problemCode(got), 'credential-invalid')
    }
    assert.equal(
      (await call(port, 'GET', '/status', { authorization: [authorization, authorization] })).status,
      401,
      'two lines are two opinions',
    )
    assert.equal((await call(port, 'GET', '/status', { authorization })).status, 200)
  })

  it('never takes the token from the query or a cookie', async () => {
    const token = authorization.slice(7)
    for (const query of [
      `token=${token}`,
      `access_token=${token}`,
      `authorization=${authorization}`.replace(' ', '%20'),
    ]) {
      assert.equal((await call(port, 'GET', `/status?${query}`)).status, 401)
    }
    assert.equal((await call(port, 'GET', '/status', { cookie: `token=${token}` })).status, 401)
    assert.equal((await call(port, 'GET', `/status?token=${token}`, { authorization })).status, 400)
  })

  it('answers 421 to a Host that is not its own, before anything else', async () => {
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      '127.0.0.1',
      `127.0.0.1:${port + 1}`,
      `localhost.evil.example:${port}`,
    ]) {
      const got = await call(port, 'GET', '/status', { host, authorization })
      assert.equal(got.status, 421, host)
      assert.equal(problemCode(got), 'misdirected-request')
      assert.equal((await call(port, 'GET', '/health/live', { host })).status, 421)
    }
    for (const host of [
      `127.0.0.1:${port}`,
      `localhost:${port}`,
      `LOCALHOST:${port}`,
      'console.example',
      'console.example:8443',
    ]) {
      assert.equal((await call(port, 'GET', '/status', { host, authorization })).status, 200, host)
    }
  })

  it('refuses two Hosts, none, and absolute targets', async () => {
    const line = `Authorization: ${authorization}\r\nConnection: close\r\n\r\n`
    assert.match(
      await raw(port, `GET /status HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nHost: evil\r\n${line}`),
      /^HTTP\/1\.1 400 /,
    )
    assert.match(await raw(port, `GET /status HTTP/1.1\r\n${line}`), /^HTTP\/1\.1 400 /)
    assert.match(
      await raw(port, `GET http://127.0.0.1:${port}/status HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${line}`),
      /^HTTP\/1\.1 400 /,
    )
  })

  it('answers malformed and oversized heads with a problem and ends the connection', async () => {
    const malformed = await raw(port, 'GARBAGE\r\n\r\n')
    assert.match(malformed, /^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*"code": "malformed-request"/)
    const large = await raw(port, `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`)
    assert.match(large, /^HTTP\/1\.1 431 [^]*"code": "head-too-large"/)
  })

  it('names the methods of a path in Allow', async () => {
    const post = await call(port, 'POST', '/status', { authorization })
    assert.equal(post.status, 405)
    assert.equal(problemCode(post), 'method-not-allowed')
    assert.equal(post.headers['allow'], 'GET, HEAD')
    const get = await call(port, 'GET', '/reload', { authorization })
    assert.equal(get.status, 405)
    assert.equal(get.headers['allow'], 'POST')
    assert.equal((await call(port, 'DELETE', '/health/live')).status, 405)
  })

  it('refuses a large body, declared or chunked', async () => {
    const body = 'x'.repeat(100_000)
    const declared = await call(port, 'POST', '/reload', { authorization, 'content-length': String(body.length) }, body)
    assert.equal(declared.status, 413)
    const chunked = await call(port, 'POST', '/reload', { authorization, 'transfer-encoding': 'chunked' }, body)
    assert.equal(problemCode(chunked), 'body-too-large')
    assert.equal((await call(port, 'POST', '/reload', { authorization }, '{}')).status, 200)
  })

  it('gives the reasons of a failed readiness to holders of the token alone', async () => {
    current = live({ ready: () => ({ ready: false, why: ['listener tls is not bound'] }) })
    const stranger = await call(port, 'GET', '/health/ready')
    assert.equal(stranger.status, 503)
    assert.equal(problemCode(stranger), 'not-ready')
    assert.doesNotMatch(stranger.body, /listener/)
    assert.match((await call(port, 'GET', '/health/ready', { authorization })).body, /listener tls/)
    current = live()
    assert.equal((await call(port, 'GET', '/health/ready')).status, 200)
  })

  it('tells where a refused configuration is wrong, and hides what went wrong inside', async () => {
    const issues = [
      { pointer: '/routes/0', reason: 'has no identify policy', place: { file: 'a.yaml', line: 3, column: 5 } },
    ]
    current = live({ reload: async () => ({ ok: false, version: 7, issues }) })
    const refused = await call(port, 'POST', '/reload', { authorization })
    assert.equal(refused.status, 422)
    assert.equal(problemCode(refused), 'config-rejected')
    assert.deepEqual(JSON.parse(refused.body).issues, issues)
    assert.equal(JSON.parse(refused.body).version, 7)
    current = live({
      reload: async () => {
        throw new Error('secret detail')
      },
    })
    const failed = await call(port, 'POST', '/reload', { authorization })
    assert.equal(failed.status, 500)
    assert.equal(problemCode(failed), 'internal')
    assert.doesNotMatch(failed.body, /secret detail/)
    current = live()
  })

  it('never shows a secret of the configuration', async () => {
    const got = await call(port, 'GET', '/config', { authorization })
    assert.deepEqual(JSON.parse(got.body), { password: '[redacted]' })
  })

  it('gives a head without a body to HEAD', async () => {
    const got = await call(port, 'HEAD', '/metrics', { authorization })
    assert.equal(got.status, 200)
    assert.equal(got.body, '')
  })

  it('describes exactly what it does in its OpenAPI document', async () => {
    const document = JSON.parse((await call(port, 'GET', '/openapi.json', { authorization })).body)
    assert.equal(document.openapi, '3.1.0')
    const ids = new Set<string>()
    let checked = 0
    for (const [template, operations] of Object.entries<Record<string, OperationShape>>(document.paths)) {
      const path = template.replaceAll(/\{\w+\}/g, 'x-1')
      for (const [method, operation] of Object.entries(operations)) {
        ids.add(operation.operationId)
        const good = await call(port, method.toUpperCase(), path, { authorization })
        const described = operation.responses[good.status]
        assert.ok(described, `${method} ${path} gives ${good.status}`)
        assert.ok(Object.keys(described.content).includes(good.type), `${path}: ${good.type}`)
        const schema = described.content[good.type]?.schema
        if (schema?.type === 'object')
          for (const name of schema.required ?? []) assert.ok(name in JSON.parse(good.body), name)
        const stranger = await call(port, method.toUpperCase(), path)
        assert.equal(stranger.status === 401, operation.security === undefined, `${path} and its security`)
        if (stranger.status === 401) assert.ok(operation.responses['401'])
        checked++
      }
      const wrong = await call(port, 'PATCH', path, { authorization })
      assert.equal(wrong.status, 405)
    }
    assert.equal(checked, endpoints.length)
    assert.equal(ids.size, endpoints.length)
    assert.ok(endpoints.length >= 11)
    for (const [, ref] of JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+\/\w+)"/g)) {
      const [group, name] = (ref as string).split('/') as [string, string]
      assert.ok(document.components[group][name], name)
    }
  })

  it('hands questions to insight, and says whether it is away, has no such thing or failed', async () => {
    const asked = await call(port, 'GET', '/traces/0af7651916cd43dd8448eb211c80319c', { authorization })
    assert.deepEqual(JSON.parse(asked.body), {
      question: 'trace',
      parameters: { id: '0af7651916cd43dd8448eb211c80319c' },
    })
    for (const path of ['/traces/', '/traces/a/b', '/traces/..%2fconfig', `/traces/${'a'.repeat(201)}`])
      assert.equal((await call(port, 'GET', path, { authorization })).status, 404, path)
    assert.equal((await call(port, 'GET', '/traces/abc')).status, 401)
    const cases: ReadonlyArray<readonly [answer: InsightAnswer, status: number, code: string]> = [
      [{ kind: 'away', why: 'it is starting' }, 503, 'insight-away'],
      [{ kind: 'unknown' }, 404, 'not-known'],
      [{ kind: 'failed' }, 500, 'internal'],
    ]
    for (const [answer, status, code] of cases) {
      current = live({ ask: async () => answer })
      const got = await call(port, 'GET', '/service-map', { authorization })
      assert.equal(got.status, status)
      assert.equal(problemCode(got), code)
      assert.equal(got.body.includes('it is starting'), answer.kind === 'away')
    }
    current = live()
  })

  it('takes an edit as JSON alone, and says what insight has against it', async () => {
    const path = '/inventory/edits'
    const edit = JSON.stringify({ kind: 'pin', words: ['shop', '/a'], author: 'ada', reason: 'known' })
    const type = { 'content-type': 'application/json' }
    let told: unknown = null
    const cases: ReadonlyArray<readonly [headers: Record<string, string>, body: string, status: number, code: string]> =
      [
        [type, edit, 401, 'credential-missing'],
        [{ authorization }, edit, 415, 'not-json'],
        [{ authorization, 'content-type': 'text/plain' }, edit, 415, 'not-json'],
        [{ authorization, ...type }, '{"kind":', 400, 'malformed-request'],
        [{ authorization, ...type }, '', 400, 'malformed-request'],
        [{ authorization, ...type }, JSON.stringify('x'.repeat(70_000)), 413, 'body-too-large'],
      ]
    current = live({
      ask: async (question, parameters) => {
        told = { question, parameters }
        return { kind: 'answer', body: JSON.stringify({ edit: { number: 3 } }) }
      },
    })
    for (const [headers, body, status, code] of cases) {
      const got = await call(port, 'POST', path, headers, body)
      assert.deepEqual([got.status, problemCode(got)], [status, code])
    }
    assert.equal(told, null, 'nothing of these reached insight')
    const good = await call(
      port,
      'POST',
      path,
      { authorization, 'content-type': 'Application/JSON; charset=utf-8' },
      edit,
    )
    assert.deepEqual([good.status, JSON.parse(good.body)], [200, { number: 3 }])
    assert.deepEqual(told, { question: 'edit', parameters: { wanted: edit } })
    current = live({
      ask: async () => ({ kind: 'answer', body: JSON.stringify({ refused: 'there is no template /a' }) }),
    })
    const refused = await call(port, 'POST', path, { authorization, ...type }, edit)
    assert.deepEqual([refused.status, problemCode(refused)], [422, 'edit-refused'])
    assert.match(refused.body, /there is no template \/a/)
    current = live({ ask: async () => ({ kind: 'away', why: 'it is starting' }) })
    assert.equal((await call(port, 'POST', path, { authorization, ...type }, edit)).status, 503)
    current = live()
  })

  it('takes a change of a baseline as JSON with a token alone, and says what insight has against it', async () => {
    const path = '/baselines'
    const change = JSON.stringify({ kind: 'accept', key: 'volume/calls/', author: 'ada', reason: 'a new partner' })
    const type = { 'content-type': 'application/json' }
    let told: unknown = null
    current = live({
      ask: async (question, parameters) => {
        told = { question, parameters }
        return { kind: 'answer', body: JSON.stringify({ version: { number: 3 } }) }
      },
    })
    const cases: ReadonlyArray<readonly [headers: Record<string, string>, body: string, status: number, code: string]> =
      [
        [type, change, 401, 'credential-missing'],
        [{ authorization }, change, 415, 'not-json'],
        [{ authorization, ...type }, '{"kind":', 400, 'malformed-request'],
      ]
    for (const [headers, body, status, code] of cases) {
      const got = await call(port, 'POST', path, headers, body)
      assert.deepEqual([got.status, problemCode(got)], [status, code])
    }
    assert.equal(told, null, 'nothing of these reached insight')
    const good = await call(port, 'POST', path, { authorization, ...type }, change)
    assert.deepEqual([good.status, JSON.parse(good.body)], [200, { version: { number: 3 } }])
    assert.deepEqual(told, { question: 'baseline-change', parameters: { wanted: change } })
    current = live({ ask: async () => ({ kind: 'answer', body: JSON.stringify({ refused: 'no such baseline' }) }) })
    const refused = await call(port, 'POST', path, { authorization, ...type }, change)
    assert.deepEqual([refused.status, problemCode(refused)], [422, 'baseline-refused'])
    assert.match(refused.body, /no such baseline/)
    current = live({ ask: async () => ({ kind: 'away', why: 'it is starting' }) })
    assert.equal((await call(port, 'POST', path, { authorization, ...type }, change)).status, 503)
    current = live()
  })

  it('shows findings and baselines to whoever has the token', async () => {
    for (const question of ['findings', 'baselines']) {
      assert.equal((await call(port, 'GET', `/${question}`)).status, 401)
      const got = await call(port, 'GET', `/${question}`, { authorization })
      assert.deepEqual([got.status, JSON.parse(got.body)], [200, { question, parameters: {} }])
    }
  })

  it('names a port that is taken and leaves nothing listening', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const config = { ...plain, health: { ...loopback, port: (taken.address() as AddressInfo).port } }
    const second = createControlServer({ config, stateDir, log: quiet, clock, live: live() })
    await assert.rejects(second.start(), new RegExp(`control\\.health: 127\\.0\\.0\\.1:${config.health.port} is taken`))
    taken.close()
  })

  it('serves health alone on the health listener, by any name and without a token', async () => {
    const config = { ...plain, health: loopback }
    const second = createControlServer({ config, stateDir, log: quiet, clock, live: live() })
    const { healthPort } = await second.start()
    assert.ok(healthPort)
    assert.equal((await call(healthPort, 'GET', '/health/live', { host: 'pod.example' })).status, 200)
    for (const path of ['/metrics', '/status', '/config', '/openapi.json'])
      assert.equal((await call(healthPort, 'GET', path, { authorization })).status, 404, path)
    assert.equal((await call(healthPort, 'POST', '/reload', { authorization })).status, 404)
    await second.close()
  })

  it('serves a Unix socket that only its owner may open, over the remains of a dead one', async () => {
    const path = join(stateDir, 'control.sock')
    const dead = createServer().listen(path)
    await once(dead, 'listening')
    const config: ControlConfig = { ...plain, address: { kind: 'unix', path } }
    const second = createControlServer({ config, stateDir, log: quiet, clock, live: live() })
    await assert.rejects(second.start(), /is taken by another process/)
    await second.close()
    dead.close()
    const third = createControlServer({ config, stateDir, log: quiet, clock, live: live() })
    await third.start()
    assert.equal(statSync(path).mode & 0o777, 0o600)
    const req = httpRequest({ socketPath: path, path: '/status', headers: { authorization, host: 'localhost' } }).end()
    const [res] = await once(req, 'response')
    assert.equal(res.statusCode, 200)
    res.resume()
    await third.close()
  })
})

describe('control token', () => {
  it('is made with mode 0600, kept over starts, and refused when it is open to others or broken', () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'portcullis-token-'))
    const make = (): ControlServer =>
      createControlServer({ config: plain, stateDir: join(stateDir, 'deep', 'er'), log: quiet, clock, live: live() })
    const file = join(stateDir, 'deep', 'er', 'control-token')
    make()
    assert.equal(statSync(file).mode & 0o777, 0o600)
    const first = readFileSync(file, 'utf8')
    assert.match(first, /^[\w-]{43}\n$/)
    make()
    assert.equal(readFileSync(file, 'utf8'), first)
    chmodSync(file, 0o640)
    assert.throws(make, /open to others \(mode 640\)/)
    chmodSync(file, 0o600)
    writeFileSync(file, 'short\n')
    assert.throws(make, /remove it/)
    rmSync(stateDir, { recursive: true })
  })
})

describe('control API beyond loopback', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'portcullis-control-'))
  let authority: TestAuthority
  let stranger: TestAuthority
  let tls: TlsConfig
  const everywhere = { kind: 'tcp', host: '0.0.0.0', port: 0 } as const
  before(() => {
    authority = createAuthority('Control CA')
    stranger = createAuthority('Strange CA')
    const own = authority.issue({ subject: '/CN=control', san: 'DNS:localhost,IP:127.0.0.1', eku: 'serverAuth' })
    tls = {
      certificates: [{ certificate: own.certificate, key: new Secret(own.key), passphrase: null }],
      minVersion: 'TLSv1.3',
      clientAuth: 'required',
      clientCa: authority.certificate,
      crls: [],
      requireEku: false,
    }
  })
  after(() => {
    authority.close()
    stranger.close()
    rmSync(stateDir, { recursive: true })
  })

  it('is refused without required client certificates or without a list of networks', () => {
    const make = (config: Partial<ControlConfig>) => () =>
      createControlServer({
        config: { ...plain, address: everywhere, ...config },
        stateDir,
        log: quiet,
        clock,
        live: live(),
      })
    assert.throws(make({}), /needs tls/)
    assert.throws(make({ tls: { ...tls, clientAuth: 'optional' }, allow: ['127.0.0.0/8'] }), /needs tls/)
    assert.throws(make({ tls: { ...tls, clientCa: null }, allow: ['127.0.0.0/8'] }), /needs tls/)
    assert.throws(make({ tls }), /needs the networks/)
    assert.throws(make({ tls, allow: ['nonsense'] }), /\/control\/allow\/0/)
  })

  async function status(
    port: number,
    identity: { certificate: string; key: string } | null,
    agent: Agent | false = false,
  ): Promise<number> {
    const token = readFileSync(join(stateDir, 'control-token'), 'utf8').trim()
    const req = httpsRequest({
      host: '127.0.0.1',
      servername: 'localhost',
      port,
      path: '/status',
      ca: authority.certificate,
      headers: { authorization: `Bearer ${token}`, host: 'console.example' },
      agent,
      ...(identity === null ? {} : { cert: identity.certificate, key: identity.key }),
    })
    req.end()
    const [res] = await once(req, 'response')
    res.resume()
    await once(res, 'end')
    return res.statusCode
  }

  it('lets in a client certificate of its CA from a listed network, and nobody else', async () => {
    const client = authority.issue({ subject: '/CN=operator', eku: 'clientAuth' })
    const open = createControlServer({
      config: { ...plain, address: everywhere, tls, allow: ['127.0.0.0/8'] },
      stateDir,
      log: quiet,
      clock,
      live: live(),
    })
    const { port } = await open.start()
    await assert.rejects(status(port, null))
    await assert.rejects(status(port, stranger.issue({ subject: '/CN=operator', eku: 'clientAuth' })))
    assert.equal(await status(port, client), 200)
    await open.close()
    const closed = createControlServer({
      config: { ...plain, address: everywhere, tls, allow: ['192.0.2.0/24'] },
      stateDir,
      log: quiet,
      clock,
      live: live(),
    })
    const other = await closed.start()
    await assert.rejects(status(other.port, client))
    await closed.close()
  })

  it('refuses at once after a reload what the new terms refuse, on open connections too', async () => {
    const client = authority.issue({ subject: '/CN=operator', eku: 'clientAuth' })
    const first: ControlConfig = { ...plain, address: everywhere, tls, allow: ['127.0.0.0/8'] }
    const lines: string[] = []
    const log = { ...quiet, warn: (line: string) => lines.push(line), error: (line: string) => lines.push(line) }
    const server = createControlServer({ config: first, stateDir, log, clock, live: live() })
    const { port } = await server.start()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    assert.equal(await status(port, client, agent), 200)
    server.renew(first)
    assert.equal(await status(port, client, agent), 200, 'nothing changed')
    server.renew({ ...first, tls: { ...tls, clientAuth: 'none' } })
    assert.match(lines.join(), /keeps its old terms: .*needs tls/)
    assert.equal(await status(port, client, agent), 200)
    server.renew({ ...first, tls: { ...tls, clientCa: stranger.certificate } })
    await assert.rejects(status(port, client, agent))
    await assert.rejects(status(port, client))
    assert.equal(await status(port, stranger.issue({ subject: '/CN=new', eku: 'clientAuth' })), 200)
    server.renew({ ...first, tls: { ...tls, clientCa: stranger.certificate }, hosts: ['other.example'] })
    assert.equal(await status(port, stranger.issue({ subject: '/CN=new', eku: 'clientAuth' })), 421)
    agent.destroy()
    await server.close()
  })
})
