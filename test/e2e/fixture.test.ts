import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { assertProblem, curl, curlStatuses } from '../support/curl.ts'
import { startGateway } from '../support/gateway.ts'
import { freePorts } from '../support/ports.ts'
import type { Running } from '../support/process.ts'
import { startRedis } from '../support/redis.ts'
import { needs } from '../support/service.ts'
import { encode, issuerKey, signedText, tokenBy } from '../support/tokens.ts'
import { until } from '../support/until.ts'

// The contract with outside checks: every line of the fixture's README. Its ports are fixed, so everything that uses them is in this file.

const root = path.resolve(import.meta.dirname, '../..')
const fixture = path.resolve(root, process.env['PORTCULLIS_FIXTURE'] ?? '../shared/fixture')
const plain = 'http://127.0.0.1:18080'
const tls = 'https://localhost:18443'
const mtls = 'https://localhost:18444'
const issuer = 'https://auth.internal.net/'
const audience = 'api://internal-service'
const file = (name: string): string => path.join(fixture, name)
const trusting = ['--cacert', file('ca.crt')]
const certificate = (name: string): string[] => [
  ...trusting,
  '--cert',
  file(`${name}.crt`),
  '--key',
  file(`${name}.key`),
]

const absent = existsSync(file('fixture.yaml')) ? {} : { skip: `no fixture in ${fixture}` }
const firstKey = issuerKey('RS256', 'first')
const secondKey = issuerKey('RS256', 'second')

interface Seen {
  readonly url: string
  readonly headers: IncomingMessage['headers']
}

/** Sends back what it was sent; keeps the answer to `/echo/held/NAME` until a test releases it. */
const seen: Seen[] = []
const held = new Map<string, ServerResponse>()
const origin = createServer((request, response) => {
  seen.push({ url: request.url ?? '', headers: request.headers })
  const name = /^\/echo\/held\/(\w+)/.exec(request.url ?? '')?.[1]
  if (name !== undefined) return void held.set(name, response)
  response.setHeader('X-Seen', `${request.method} ${request.url}`)
  request.pipe(response)
})

let folder = ''
let env: Record<string, string>
let gateway: Running
let keysPort = 0
let keys: Server | null = null
/** When each fetch of the key set came, ms. */
const fetches: number[] = []
let document: object = { keys: [firstKey.jwk] }

async function startKeys(): Promise<void> {
  keys = createServer((_, response) => {
    fetches.push(performance.now())
    response.setHeader('content-type', 'application/json').end(JSON.stringify(document))
  }).listen(keysPort, '127.0.0.1')
  await once(keys, 'listening')
}

function token(claims: object = {}, header: object = {}, key = firstKey): string {
  const now = Math.floor(Date.now() / 1000)
  return tokenBy(key, { iss: issuer, aud: audience, sub: 'caller', iat: now, exp: now + 300, ...claims }, { ...header })
}

/** How long it took, ms. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

function bearer(text: string): string[] {
  return ['-H', `Authorization: Bearer ${text}`]
}

describe('the fixture', { ...absent, timeout: 180_000 }, () => {
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'portcullis-fixture-'))
    origin.listen(0, '127.0.0.1')
    await once(origin, 'listening')
    const [jwks] = (await freePorts(1)) as [number]
    keysPort = jwks
    env = {
      ORIGIN: `http://127.0.0.1:${(origin.address() as AddressInfo).port}`,
      JWKS_URL: `http://127.0.0.1:${keysPort}/jwks`,
      REDIS_URL: 'redis://127.0.0.1:1',
      STATE_DIR: path.join(folder, 'state'),
      EVENTS_FILE: path.join(folder, 'events.ndjson'),
    }
  })
  after(async () => {
    await gateway?.stop()
    origin.closeAllConnections()
    origin.close()
    keys?.closeAllConnections()
    keys?.close()
    if (folder !== '') rmSync(folder, { recursive: true, force: true })
  })

  for (const name of ['ORIGIN', 'JWKS_URL', 'REDIS_URL', 'STATE_DIR', 'EVENTS_FILE']) {
    it(`does not start without ${name}, and says the variable, the file and the line`, async () => {
      const text = readFileSync(file('fixture.yaml'), 'utf8')
      const line = text.split('\n').findIndex(words => words.includes(`env:${name}`)) + 1
      const child = spawn(path.join(root, 'portcullis'), ['run', '--config', file('fixture.yaml')], {
        cwd: root,
        env: { ...process.env, ...env, [name]: undefined },
        stdio: ['ignore', 'ignore', 'pipe'],
        timeout: 30_000,
      })
      let words = ''
      child.stderr.setEncoding('utf8').on('data', (more: string) => {
        words += more
      })
      const [code] = (await once(child, 'close')) as [number]
      assert.notEqual(code, 0)
      assert.match(words, new RegExp(`fixture\\.yaml:${line}:\\d+.*\\b${name}\\b`))
      assert.equal(existsSync(env['STATE_DIR'] ?? ''), false, 'nothing was made')
    })
  }

  it('is ready while the issuer and Redis are away, on every listener', async () => {
    const alone = await timed(() =>
      once(
        spawn(path.join(root, 'portcullis'), ['check', '--config', file('fixture.yaml')], {
          cwd: root,
          env: { ...process.env, ...env },
          stdio: 'ignore',
        }),
        'close',
      ),
    )
    const took = await timed(async () => {
      gateway = await startGateway({ config: file('fixture.yaml'), env })
    })
    assert.ok(
      gateway.stderr.some(line => line.startsWith('portcullis ready')),
      'the line is on stderr',
    )
    // 2 s for a dependency, and a start: several times what this machine, as busy as it is, takes to read and check it all.
    assert.ok(took < 2000 + 10 * alone, `${Math.round(took)} ms, a check takes ${Math.round(alone)} ms`)
    for (const base of [plain, tls, mtls]) assert.equal((await curl(...trusting, `${base}/echo/ready`)).status, 200)
  })

  it('keeps the control token to its owner', async () => {
    const place = path.join(folder, 'state/control-token')
    assert.equal(statSync(place).mode & 0o777, 0o600)
    const status = 'http://127.0.0.1:19901/status'
    assert.equal((await curl(status)).status, 401)
    assert.equal((await curl(...bearer('x'.repeat(43)), status)).status, 401)
    assert.equal((await curl(...bearer(readFileSync(place, 'utf8').trim()), status)).status, 200)
    assert.equal((await curl('http://127.0.0.1:19901/health/ready')).status, 200)
  })

  it('answers 503, never 401, to a token while there are no keys', async () => {
    for (const route of ['jwt', 'secured']) {
      assertProblem(await curl(...bearer(token()), `${plain}/${route}/x`), 503, 'dependency-unavailable')
      assertProblem(await curl(`${plain}/${route}/x`), 401, 'credential-missing')
    }
  })

  it('answers 503 on /limit-redis while Redis is away', async () => {
    assertProblem(await curl(`${plain}/limit-redis/x`), 503, 'dependency-unavailable')
  })

  it('accepts tokens within 30 s after the issuer has come back', async () => {
    await startKeys()
    await until(
      'a token is accepted',
      30_000,
      async () => (await curl(...bearer(token()), `${plain}/jwt/x`)).status === 200,
      250,
    )
  })

  it('refuses every other path on every listener', async () => {
    for (const base of [plain, tls, mtls])
      for (const place of ['/', '/nothing', '/ech', '/echoes/x', '/JWT/x'])
        assertProblem(await curl(...trusting, `${base}${place}`), 404, 'no-route')
    assert.equal(
      seen.some(({ url }) => !/^\/(echo|jwt)\//.test(url)),
      false,
      'the origin saw none of them',
    )
  })

  it('passes any method, path, query and body of /echo unchanged', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
      const answer = await curl(
        '-X',
        method,
        '--data-binary',
        `body of ${method}`,
        `${plain}/echo/a%20b;c=d?q=%41&q=%2F`,
      )
      assert.equal(answer.status, 200)
      assert.equal(answer.headers['x-seen'], `${method} /echo/a%20b;c=d?q=%41&q=%2F`)
      assert.equal(answer.body, `body of ${method}`)
    }
    const head = await curl('-I', `${tls}/echo/x`, ...trusting)
    assert.deepEqual([head.status, head.headers['x-seen'], head.body], [200, 'HEAD /echo/x', ''])
  })

  it('streams /echo: the answer to the first bytes comes before the last ones are sent', async () => {
    const outgoing = httpRequest(`${plain}/echo/stream`, { method: 'POST' })
    outgoing.write('first')
    const [incoming] = (await once(outgoing, 'response', { signal: AbortSignal.timeout(30_000) })) as [IncomingMessage]
    let text = ''
    incoming.setEncoding('latin1').on('data', (more: string) => {
      text += more
    })
    await until('the first bytes are back', 30_000, () => text === 'first')
    outgoing.end('last')
    await until('all is back', 30_000, () => incoming.complete && text === 'firstlast')
  })

  it('accepts the right tokens only on /jwt and /secured', async () => {
    const now = Math.floor(Date.now() / 1000)
    const other = issuerKey('RS256', 'first')
    const right = token()
    const [head = '', claims = '', signature = ''] = right.split('.')
    const cases: ReadonlyArray<readonly [says: string, token: string, status: number, code?: string]> = [
      ['right', right, 200],
      ['no typ', token({}, { typ: undefined }), 200],
      ['at+jwt', token({}, { typ: 'at+jwt' }), 200],
      ['one of several audiences', token({ aud: ['api://other', audience] }), 200],
      ['within the leeway', token({ exp: now - 15 }), 200],
      ['not before, within the leeway', token({ nbf: now + 15 }), 200],
      ['expired', token({ exp: now - 40 }), 401, 'credential-expired'],
      ['not yet valid', token({ nbf: now + 90 }), 401, 'credential-invalid'],
      ['another issuer', token({ iss: 'https://auth.internal.net' }), 401, 'credential-invalid'],
      ['no issuer', token({ iss: undefined }), 401, 'credential-invalid'],
      ['another audience', token({ aud: 'api://other' }), 401, 'credential-invalid'],
      ['no audience', token({ aud: undefined }), 401, 'credential-invalid'],
      ['no expiry', token({ exp: undefined }), 401, 'credential-invalid'],
      ['another type', token({}, { typ: 'dpop+jwt' }), 401, 'credential-invalid'],
      ['signed by somebody else', token({}, {}, other), 401, 'credential-invalid'],
      [
        'claims exchanged',
        `${head}.${encode(JSON.stringify({ iss: issuer, aud: audience, sub: 'admin', exp: now + 300 }))}.${signature}`,
        401,
        'credential-invalid',
      ],
      ['no signature', `${head}.${claims}.`, 401, 'credential-invalid'],
      ['alg none', `${encode(JSON.stringify({ alg: 'none', kid: 'first' }))}.${claims}.`, 401, 'credential-invalid'],
      [
        'RS512 by the right key',
        signedText(
          { ...firstKey, alg: 'RS512' },
          '{"alg":"RS512","kid":"first"}',
          Buffer.from(claims, 'base64url').toString(),
        ),
        401,
        'credential-invalid',
      ],
      ['no token at all', 'x', 401, 'credential-invalid'],
    ]
    for (const route of ['jwt', 'secured']) {
      for (const [says, text, status, code] of cases) {
        const answer = await curl(...bearer(text), `${plain}/${route}/${encodeURIComponent(says)}`)
        assert.equal(answer.status, status, `${route}: ${says}: ${answer.body}`)
        if (code === undefined) continue
        assertProblem(answer, status, code)
        assert.match(answer.headers['www-authenticate'] ?? '', /^Bearer\b/)
      }
      assertProblem(await curl(`${plain}/${route}/x`), 401, 'credential-missing')
      assertProblem(await curl(`${plain}/${route}/x?access_token=${right}`), 401, 'credential-missing')
    }
    assert.equal(
      seen.some(({ url }) => url.includes('alg%20none')),
      false,
    )
  })

  it('accepts the right key only on /key', async () => {
    const key = ['-H', 'X-API-Key: pck_fixture_0123456789abcdef']
    assert.equal((await curl(...key, `${tls}/key/x`, ...trusting)).status, 200)
    assertProblem(await curl(`${plain}/key/x`), 401, 'credential-missing')
    for (const wrong of [
      'pck_fixture_0123456789abcdeF',
      'pck_fixture_0123456789abcde',
      'f82c538d6152703506a2050e3d295199012ceb945e238852c1809172ad57b8b3',
    ])
      assertProblem(await curl('-H', `X-API-Key: ${wrong}`, `${plain}/key/x`), 401, 'credential-invalid')
    assertProblem(await curl(`${plain}/key/x?X-API-Key=pck_fixture_0123456789abcdef`), 401, 'credential-missing')
    assertProblem(await curl(...key, ...key, `${plain}/key/x`), 401, 'credential-invalid')
  })

  it('accepts the right password only on /basic', async () => {
    assert.equal((await curl('-u', 'fixture:fixture-password', `${plain}/basic/x`)).status, 200)
    for (const [user, code] of [
      [null, 'credential-missing'],
      ['fixture:wrong', 'credential-invalid'],
      ['stranger:fixture-password', 'credential-invalid'],
      ['fixture:', 'credential-invalid'],
    ] as const) {
      const answer = await curl(...(user === null ? [] : ['-u', user]), `${plain}/basic/x`)
      assertProblem(answer, 401, code)
      assert.match(answer.headers['www-authenticate'] ?? '', /^Basic realm="fixture"/)
    }
  })

  it('accepts the client certificate only on /mtls, on its listener only', async () => {
    assert.equal((await curl(...certificate('client'), `${mtls}/mtls/x`)).status, 200)
    assertProblem(await curl(`${plain}/mtls/x`), 401, 'credential-missing')
    assertProblem(await curl(...trusting, `${tls}/mtls/x`), 401, 'credential-missing')
    assertProblem(await curl(...certificate('client'), `${tls}/mtls/x`), 401, 'credential-missing')
    assertProblem(await curl(...trusting, `${mtls}/mtls/x`), 401, 'credential-missing')
    const stranger = await curl(...certificate('stranger'), `${mtls}/mtls/x`)
    assert.ok(stranger.exit !== 0 || stranger.status === 401, `${stranger.exit} ${stranger.status}`)
    // What only a TLS-terminating proxy may say.
    const forged = readFileSync(file('client.crt'), 'utf8').replace(/-----[^-]+-----|\s/g, '')
    for (const header of [`Client-Cert: :${forged}:`, `X-Forwarded-Client-Cert: Cert="${forged}"`])
      assertProblem(await curl('-H', header, `${plain}/mtls/x`), 401, 'credential-missing')
  })

  it('lets fitting JSON alone through /schema', async () => {
    const post = (body: string, type = 'application/json') =>
      curl('-H', `Content-Type: ${type}`, '--data-binary', body, `${plain}/schema/x`)
    for (const body of ['{"user_id":1,"action":"read"}', ' {\n"action" : "write","user_id":-7 }\n']) {
      const answer = await post(body)
      assert.equal(answer.status, 200, answer.body)
      assert.equal(answer.body, body, 'what was checked is what is forwarded, byte for byte')
    }
    assert.equal((await post('{"user_id":1,"action":"read"}', 'application/json; charset=utf-8')).status, 200)
    for (const body of [
      '{"user_id":1',
      '{"user_id":1,"user_id":2,"action":"read"}',
      '',
      '\xef\xbb\xbf{"user_id":1,"action":"read"}',
      '{"user_id":1,"action":"read"}x',
    ])
      assert.equal((await post(body)).status, 400, body)
    for (const body of [
      '{"user_id":"1","action":"read"}',
      '{"user_id":1,"action":"drop"}',
      '{"user_id":1}',
      '{"user_id":1,"action":"read","x":1}',
      '[]',
      'null',
    ])
      assert.equal((await post(body)).status, 422, body)
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx'])
      assert.equal((await post('{"user_id":1,"action":"read"}', type)).status, 415, type)
    for (const body of ['{"user_id":1', '{"user_id":1}']) {
      const answer = await post(body)
      assertProblem(answer, answer.status, String((JSON.parse(answer.body) as { code: string }).code))
    }
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const answer = await curl('-X', method, `${plain}/schema/x`)
      assertProblem(answer, 405, 'method-not-allowed')
      assert.match(answer.headers['allow'] ?? '', /\bPOST\b/)
    }
  })

  it('lets exactly 100 a minute of one address through /limit, over one connection', async () => {
    const statuses = await curlStatuses('--interface', '127.0.0.2', `${plain}/limit/[1-130]`)
    assert.equal(statuses.length, 130)
    assert.deepEqual(statuses, [...Array<number>(100).fill(200), ...Array<number>(30).fill(429)])
    const refused = await curl('--interface', '127.0.0.2', `${plain}/limit/x`)
    assertProblem(refused, 429, 'rate-limited')
    const wait = Number(refused.headers['retry-after'])
    assert.ok(wait > 0 && wait <= 60, `Retry-After: ${wait}`)
    assert.equal(
      (await curl('--interface', '127.0.0.3', `${plain}/limit/x`)).status,
      200,
      'another address has its own',
    )
  })

  it('lets exactly 100 through over many connections, listeners and both workers', async () => {
    const commands = Array.from({ length: 8 }, (_, i) =>
      curlStatuses(
        '--interface',
        '127.0.0.4',
        ...trusting,
        '--parallel',
        '--parallel-max',
        '4',
        '-k',
        `${i % 2 === 0 ? plain : 'https://127.0.0.1:18443'}/limit/[1-25]`,
      ),
    )
    const statuses = (await Promise.all(commands)).flat()
    assert.equal(statuses.length, 200)
    assert.equal(statuses.filter(status => status === 200).length, 100)
    assert.equal(statuses.filter(status => status === 429).length, 100)
  })

  it('accepts a key that the issuer adds within 30 s, and fetches once in 15 s whatever kids arrive', async () => {
    document = { keys: [firstKey.jwk, secondKey.jwk] }
    const fresh = token({}, {}, secondKey)
    let guesses = 0
    /** Each on a connection of its own: both workers are asked. */
    const guess = async (): Promise<number> => {
      await Promise.all(
        Array.from({ length: 6 }, async () => {
          const unknown = token({}, { kid: `guess-${guesses++}` })
          const { status } = await curl(...bearer(unknown), `${plain}/jwt/x`)
          assert.ok(status === 401 || status === 503, String(status))
        }),
      )
      return guesses
    }
    await until(
      'the new key is accepted',
      30_000,
      async () => {
        await guess()
        return (await curl(...bearer(fresh), `${plain}/jwt/x`)).status === 200
      },
      100,
    )
    // The 15 s may have been over with the first of them.
    while ((await guess()) < 50) continue
    assert.equal(
      (await curl(...bearer(token()), `${plain}/jwt/x`)).status,
      200,
      'the old key is good as long as it is there',
    )
    const gaps = fetches.slice(1).map((at, i) => at - (fetches[i] as number))
    assert.ok(
      gaps.every(gap => gap >= 14_950),
      `gaps of ${gaps.map(Math.round).join(', ')} ms`,
    )
  })

  it('ends on SIGTERM within 10 s with exit code 0, and finishes what runs', async () => {
    const idle: Socket[] = []
    for (let i = 0; i < 10; i++) {
      const socket = connect(18080, '127.0.0.1')
      socket.write('GET /echo/idle HTTP/1.1\r\nHost: x\r\n\r\n')
      await once(socket, 'data')
      idle.push(socket.on('error', () => {}))
    }
    const running = curl(`${plain}/echo/held/running`)
    const never = curl(`${plain}/echo/held/never`)
    await until('both run', 30_000, () => held.has('running') && held.has('never'))
    const began = performance.now()
    gateway.kill('SIGTERM')
    await Promise.all(idle.map(socket => (socket.closed ? null : once(socket, 'close'))))
    held.get('running')?.end('finished')
    const answer = await running
    assert.deepEqual([answer.status, answer.body], [200, 'finished'])
    assert.equal(await gateway.exited, 0)
    const took = performance.now() - began
    assert.ok(took < 10_000, `${Math.round(took)} ms`)
    assert.notEqual((await never).status, 200)
    held.get('never')?.destroy()
  })

  it('has written an event of each exchange, and no secret in any', () => {
    const text = readFileSync(env['EVENTS_FILE'] ?? '', 'utf8')
    const events = text
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, unknown>)
    for (const route of ['echo', 'jwt', 'key', 'basic', 'mtls', 'schema', 'limit', 'limit-redis', 'secured']) {
      const verdicts = new Set(events.filter(event => event['route'] === route).map(event => event['verdict']))
      if (route !== 'limit-redis') assert.ok(verdicts.has('pass'), route)
      if (route !== 'echo') assert.ok(verdicts.has('refuse'), `${route}: ${[...verdicts].join()}`)
    }
    for (const secret of [
      'pck_fixture_0123456789',
      'fixture-password',
      Buffer.from('fixture:fixture-password').toString('base64'),
      encode('{"alg"'),
    ])
      assert.equal(text.includes(secret), false, secret)
  })
})

describe('the fixture with Redis', { timeout: 120_000, ...absent, ...needs('redis-server') }, () => {
  it('lets exactly 100 a minute through /limit-redis, and says 503 when Redis goes', async () => {
    await using store = await startRedis()
    const state = mkdtempSync(path.join(tmpdir(), 'portcullis-fixture-'))
    const server = createServer((_, response) => response.end()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      await using running = await startGateway({
        config: file('fixture.yaml'),
        env: {
          ORIGIN: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
          JWKS_URL: 'http://127.0.0.1:1/',
          REDIS_URL: store.url,
          STATE_DIR: path.join(state, 'state'),
          EVENTS_FILE: path.join(state, 'events.ndjson'),
        },
      })
      await until(
        'Redis is reached',
        30_000,
        async () => (await curl('--interface', '127.0.0.9', `${plain}/limit-redis/x`)).status === 200,
      )
      const one = await curlStatuses('--interface', '127.0.0.2', `${plain}/limit-redis/[1-120]`)
      assert.deepEqual(one, [...Array<number>(100).fill(200), ...Array<number>(20).fill(429)])
      const many = (
        await Promise.all(
          Array.from({ length: 6 }, () =>
            curlStatuses(
              '--interface',
              '127.0.0.3',
              '--parallel',
              '--parallel-max',
              '4',
              `${plain}/limit-redis/[1-25]`,
            ),
          ),
        )
      ).flat()
      assert.equal(many.filter(status => status === 200).length, 100)
      assert.equal(many.filter(status => status === 429).length, 50)
      await store.stop()
      assertProblem(await curl('--interface', '127.0.0.5', `${plain}/limit-redis/x`), 503, 'dependency-unavailable')
      assert.equal((await curl('--interface', '127.0.0.5', `${plain}/limit/x`)).status, 200, 'the others go on')
      await using again = await startRedis({ port: store.port })
      assert.ok(again.port > 0)
      await until(
        'Redis is back',
        30_000,
        async () => (await curl('--interface', '127.0.0.6', `${plain}/limit-redis/x`)).status === 200,
        100,
      )
      assert.equal(await running.stop(), 0)
    } finally {
      server.closeAllConnections()
      server.close()
      rmSync(state, { recursive: true, force: true })
    }
  })
})
