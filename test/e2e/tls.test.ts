import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import { createAuthority, type TestCertificate } from '../support/certificates.ts'
import { startGateway } from '../support/gateway.ts'
import { freePorts } from '../support/ports.ts'
import type { Running } from '../support/process.ts'

/** What the product promises: a holder whose trust was taken is out within this, ms. */
const REVOKED_WITHIN_MS = 5000

const authority = createAuthority()
const partners = createAuthority('Partner CA')
const others = createAuthority('Other partner CA')
const folder = mkdtempSync(join(tmpdir(), 'portcullis-tls-'))
const first = authority.issue({ subject: '/CN=first', san: 'DNS:localhost,DNS:api.test', eku: 'serverAuth' })
const shop = authority.issue({ subject: '/CN=shop', san: 'DNS:*.shop.test', eku: 'serverAuth' })
const origins = authority.issue({ subject: '/CN=origin', san: 'IP:127.0.0.1', eku: 'serverAuth' })
const client = partners.issue({ subject: '/O=Example/CN=client', eku: 'clientAuth' })
const second = others.issue({ subject: '/CN=second', eku: 'clientAuth' })
const old = partners.issue({ subject: '/CN=old', version1: true })
const gatewayPair = authority.issue({ subject: '/CN=gateway', eku: 'clientAuth' })

/** The origin tells which fields it was sent. */
const origin = createServer((request, response) => response.end(JSON.stringify(request.headers)))
let gateway: Running
let ports: { open: number; optional: number; required: number }

before(async () => {
  origin.listen(0, '127.0.0.1')
  await once(origin, 'listening')
  const [open, optional, required] = (await freePorts(3)) as [number, number, number]
  ports = { open, optional, required }
  put('first.crt', first.certificate)
  put('first.key', first.key)
  put('shop.crt', shop.certificate)
  put('shop.key', shop.key)
  put('partners.crt', partners.certificate + others.certificate)
  put('partners.crl', partners.crl())
  put('others.crl', others.crl())
  put('server-ca.crt', authority.certificate)
  put('client.crt', client.certificate)
  put('client.key', client.key)
  put('old.crt', old.certificate)
  put('old.key', old.key)
  const certificates =
    'certificates: [{ certificate: file:first.crt, key: file:first.key }, { certificate: file:shop.crt, key: file:shop.key }]'
  const trust = 'clientCa: file:partners.crt, crls: [file:partners.crl, file:others.crl]'
  put(
    'gateway.yaml',
    `version: 1
listeners:
  - { name: open, address: 127.0.0.1:${open}, tls: { ${certificates} } }
  - { name: optional, address: 127.0.0.1:${optional}, tls: { ${certificates}, clientAuth: optional, ${trust} } }
  - { name: required, address: 127.0.0.1:${required}, tls: { ${certificates}, clientAuth: required, ${trust} } }
services:
  origin: { targets: [http://127.0.0.1:${(origin.address() as AddressInfo).port}] }
routes:
  - { name: open, match: { path: /open/** }, service: origin, policies: [{ use: anonymous }] }
  - { name: mtls, match: { path: /mtls/** }, service: origin, policies: [{ use: mtls, with: { forward: true } }] }
`,
  )
  gateway = await startGateway({ config: join(folder, 'gateway.yaml') })
})

after(async () => {
  await gateway?.stop()
  origin.close()
  for (const ca of [authority, partners, others]) ca.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Replaces a file whole, as an operator's tool does, and readable by its owner only. */
function put(name: string, text: string): void {
  writeFileSync(join(folder, `${name}.new`), text, { mode: 0o600 })
  renameSync(join(folder, `${name}.new`), join(folder, name))
}

/** Replaces files and waits until the gateway says what became of them. */
async function reload(files: Readonly<Record<string, string>>, says: RegExp): Promise<void> {
  const seen = gateway.lines.length
  for (const [name, text] of Object.entries(files)) put(name, text)
  gateway.kill('SIGHUP')
  for (const began = Date.now(); Date.now() - began < 30_000; ) {
    if (gateway.lines.slice(seen).some(line => says.test(line))) return
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  assert.fail(`the gateway did not say ${says}; it said:\n${gateway.lines.slice(seen).join('\n')}`)
}

/** Files are watched too; only the answer to our own signal is waited for. */
const inForce = /is in force .*SIGHUP/

function asHolder(pair: TestCertificate): ConnectionOptions {
  return { cert: pair.certificate, key: pair.key }
}

interface Open {
  readonly socket: TLSSocket
  readonly closed: Promise<void>
  session: Buffer | null
  /** Sends one request over the connection; the status, the fields and the body of the answer. */
  get(path: string, host?: string): Promise<{ status: number; text: string }>
}

/** A kept-alive connection. Rejects when the handshake fails or the listener ends it before anything was sent. */
async function open(port: number, options: ConnectionOptions = {}): Promise<Open> {
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: authority.certificate, ...options })
  const closed = new Promise<void>(resolve => socket.once('close', () => resolve()))
  const made: Open = {
    socket,
    closed,
    session: null,
    async get(path, host = options.servername ?? 'localhost') {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
      let text = ''
      for (;;) {
        const more = await Promise.race([once(socket, 'data'), closed])
        if (more === undefined) throw new Error('the connection was closed')
        text += String((more as Buffer[])[0])
        const head = text.indexOf('\r\n\r\n')
        const length = Number(/content-length: (\d+)/i.exec(text)?.[1])
        if (head >= 0 && text.length >= head + 4 + length) return { status: Number(text.slice(9, 12)), text }
      }
    },
  }
  socket.on('session', session => {
    made.session = session
  })
  await once(socket, 'secureConnect')
  socket.on('error', () => {})
  return made
}

/** One request over a connection of its own; null when there was none to speak over. */
async function get(port: number, path: string, options: ConnectionOptions = {}, host?: string): Promise<number | null> {
  try {
    const connection = await open(port, options)
    const { status } = await connection.get(path, host)
    connection.socket.destroy()
    await connection.closed
    return status
  } catch {
    return null
  }
}

describe('TLS of the running gateway', () => {
  it('refuses TLS 1.2, and h2 alone', async () => {
    assert.equal(await get(ports.open, '/open/x', { maxVersion: 'TLSv1.2' }), null)
    assert.equal(await get(ports.open, '/open/x', { ALPNProtocols: ['h2'] }), null)
    assert.equal(await get(ports.open, '/open/x', { ALPNProtocols: ['http/1.1'] }), 200)
  })

  it('lets nobody onto /mtls without a verified certificate', async () => {
    const stranger = authority.issue({ subject: '/CN=stranger', eku: 'clientAuth' })
    assert.equal(await get(ports.open, '/mtls/x'), 401)
    assert.equal(await get(ports.open, '/mtls/x', asHolder(client)), 401)
    assert.equal(await get(ports.optional, '/mtls/x'), 401)
    assert.equal(await get(ports.optional, '/mtls/x', asHolder(stranger)), 401)
    assert.equal(await get(ports.optional, '/open/x'), 200)
    assert.equal(await get(ports.required, '/open/x'), null)
    assert.equal(await get(ports.required, '/open/x', asHolder(stranger)), null)
  })

  it('lets the holder in, with the certificate toward the service and HSTS toward the client', async () => {
    for (const port of [ports.optional, ports.required]) {
      const connection = await open(port, asHolder(client))
      const { status, text } = await connection.get('/mtls/x')
      connection.socket.destroy()
      assert.equal(status, 200)
      assert.match(text, /Strict-Transport-Security: max-age=31536000/)
      const der = client.certificate.replace(/-----[^-]+-----|\s/g, '')
      assert.ok(text.includes(`"client-cert":":${der}:"`), 'Client-Cert of RFC 9440')
    }
  })

  it('logs in with curl, also with an X.509 v1 certificate', async () => {
    for (const name of ['client', 'old']) {
      const login = [
        '--cert',
        join(folder, `${name}.crt`),
        '--key',
        join(folder, `${name}.key`),
        '--cacert',
        join(folder, 'server-ca.crt'),
      ]
      const { stdout } = await promisify(execFile)('curl', [
        '-sS',
        '--fail',
        '--max-time',
        '30',
        ...login,
        `https://localhost:${ports.required}/mtls/x`,
      ])
      assert.match(stdout, /"client-cert"/)
    }
  })

  it('answers 421 when the Host is not served under the SNI', async () => {
    const shopping = { servername: 'www.shop.test' }
    assert.equal(await get(ports.open, '/open/x', shopping, 'localhost'), 421)
    assert.equal(await get(ports.open, '/open/x', { servername: 'localhost' }, 'www.shop.test'), 421)
    assert.equal(await get(ports.open, '/open/x', shopping, 'www.shop.test'), 200)
    assert.equal(await get(ports.open, '/open/x', shopping, 'blog.shop.test'), 200)
    assert.equal(await get(ports.open, '/open/x', { servername: 'localhost' }, 'api.test'), 200)
  })

  it('resumes sessions, whichever worker is met', async () => {
    const connection = await open(ports.required, asHolder(client))
    assert.equal((await connection.get('/mtls/x')).status, 200)
    connection.socket.destroy()
    const resumed: boolean[] = []
    for (let i = 0; i < 8; i++) {
      const again = await open(ports.required, { ...asHolder(client), session: connection.session ?? Buffer.alloc(0) })
      assert.equal((await again.get('/mtls/x')).status, 200)
      resumed.push(again.socket.isSessionReused())
      again.socket.destroy()
    }
    assert.deepEqual(resumed, Array(8).fill(true))
  })
})

describe('reload of TLS files', () => {
  it('shows the new certificate to new connections and leaves open ones alone', async () => {
    const renewed = authority.issue({ subject: '/CN=renewed', san: 'DNS:localhost', eku: 'serverAuth' })
    const before = await open(ports.open)
    await reload({ 'first.crt': renewed.certificate, 'first.key': renewed.key }, inForce)
    const afterwards = await open(ports.open)
    assert.equal(afterwards.socket.getPeerCertificate().subject.CN, 'renewed')
    assert.equal((await before.get('/open/x')).status, 200)
    assert.equal((await afterwards.get('/open/x')).status, 200)
    before.socket.destroy()
    afterwards.socket.destroy()
    await reload({ 'first.crt': first.certificate, 'first.key': first.key }, inForce)
  })

  it('keeps the last good files when half of a pair, a CA or a CRL is broken, and says which', async () => {
    const broken: ReadonlyArray<readonly [files: Record<string, string>, says: RegExp]> = [
      [{ 'first.key': shop.key }, /certificates\/0.*(does not belong|does not match)/],
      [{ 'first.key': first.key, 'partners.crt': 'hello' }, /clientCa/],
      [
        { 'partners.crt': partners.certificate + others.certificate, 'partners.crl': authority.crl() },
        /crls\/0.*no CA of clientCa/,
      ],
    ]
    for (const [files, says] of broken) {
      await reload(files, says)
      assert.equal(await get(ports.required, '/mtls/x', asHolder(client)), 200)
    }
    await reload({ 'partners.crl': partners.crl() }, inForce)
  })

  it(`ends open, idle, busy and resumed connections of a revoked certificate within ${REVOKED_WITHIN_MS} ms`, async () => {
    const idle = await open(ports.required, asHolder(client))
    const lenient = await open(ports.optional, asHolder(client))
    const neighbour = await open(ports.required, asHolder(second))
    for (const connection of [idle, lenient, neighbour]) assert.equal((await connection.get('/mtls/x')).status, 200)
    // Half a request: busy, and never to end by itself.
    const busy = await open(ports.required, asHolder(client))
    busy.socket.write('GET /mtls/x HTTP/1.1\r\nHost: localhost\r\n')
    const began = Date.now()
    put('partners.crl', partners.crl({ revoked: [client] }))
    await Promise.all([idle.closed, lenient.closed, busy.closed])
    const took = Date.now() - began
    assert.ok(took < REVOKED_WITHIN_MS, `it took ${took} ms`)
    assert.equal(await get(ports.required, '/mtls/x', asHolder(client)), null)
    assert.equal(await get(ports.optional, '/mtls/x', asHolder(client)), 401)
    for (const port of [ports.required, ports.optional]) {
      const again = {
        ...asHolder(client),
        session: (port === ports.required ? idle : lenient).session ?? Buffer.alloc(0),
      }
      assert.notEqual(await get(port, '/mtls/x', again), 200, 'a resumed session carries no trust over')
    }
    assert.equal(await get(ports.required, '/mtls/x', asHolder(second)), 200, 'others are let in as before')
    neighbour.socket.destroy()
    await reload({ 'partners.crl': partners.crl() }, inForce)
    assert.equal(await get(ports.required, '/mtls/x', asHolder(client)), 200)
  })

  it(`ends the connections of a removed CA within ${REVOKED_WITHIN_MS} ms`, async () => {
    const connection = await open(ports.required, asHolder(second))
    assert.equal((await connection.get('/mtls/x')).status, 200)
    const began = Date.now()
    put('partners.crt', partners.certificate)
    put('others.crl', partners.crl())
    await connection.closed
    assert.ok(Date.now() - began < REVOKED_WITHIN_MS)
    assert.equal(
      await get(ports.required, '/mtls/x', { ...asHolder(second), session: connection.session ?? Buffer.alloc(0) }),
      null,
    )
    assert.equal(await get(ports.optional, '/mtls/x', asHolder(second)), 401)
    assert.equal(await get(ports.required, '/mtls/x', asHolder(client)), 200)
  })
})

describe('TLS toward a service', () => {
  it('is verified, shows the client certificate, and a bad origin is 502', async () => {
    const { createServer: createHttps } = await import('node:https')
    const upstream = createHttps(
      { cert: origins.certificate, key: origins.key, ca: authority.certificate, requestCert: true },
      (request, response) => {
        response.end((request.socket as TLSSocket).getPeerCertificate().subject?.CN ?? 'nobody')
      },
    )
    upstream.listen(0, '127.0.0.1')
    await once(upstream, 'listening')
    const [port] = (await freePorts(1)) as [number]
    const target = `https://127.0.0.1:${(upstream.address() as AddressInfo).port}`
    put('gateway.crt', gatewayPair.certificate)
    put('gateway.key', gatewayPair.key)
    put('stranger-ca.crt', partners.certificate)
    put(
      'upstream.yaml',
      `version: 1
listeners:
  - { name: open, address: 127.0.0.1:${port}, tls: { certificates: [{ certificate: file:first.crt, key: file:first.key }] } }
services:
  good: { targets: ["${target}"], tls: { ca: file:server-ca.crt, certificate: file:gateway.crt, key: file:gateway.key } }
  stranger: { targets: ["${target}"], tls: { ca: file:stranger-ca.crt } }
  misnamed: { targets: ["${target}"], tls: { ca: file:server-ca.crt, serverName: other.test } }
  public: { targets: ["${target}"] }
routes:
${['good', 'stranger', 'misnamed', 'public'].map(name => `  - { name: ${name}, match: { path: /${name}/** }, service: ${name}, policies: [{ use: anonymous }] }`).join('\n')}
`,
    )
    await using running = await startGateway({ config: join(folder, 'upstream.yaml') })
    assert.ok(running.pid > 0)
    for (const name of ['stranger', 'misnamed', 'public']) assert.equal(await get(port, `/${name}/x`), 502, name)
    const connection = await open(port)
    const { status, text } = await connection.get('/good/x')
    connection.socket.destroy()
    assert.equal(status, 200)
    assert.match(text, /gateway$/)
    upstream.close()
    upstream.closeAllConnections()
  })
})
