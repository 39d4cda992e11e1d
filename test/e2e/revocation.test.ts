import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, it } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { createAuthority, type TestCertificate } from '../support/certificates.ts'
import { startGateway } from '../support/gateway.ts'
import { freePorts } from '../support/ports.ts'
import type { Running } from '../support/process.ts'
import { until } from '../support/until.ts'

// Whoever loses trust is out of both workers within 5 s: on each of many open connections and with each of many sessions.
// (tls.test.ts looks at the single connection in each of its states.)

const within = 5_000
const authority = createAuthority()
const partners = createAuthority('Partners')
const others = createAuthority('Others')
const holder = partners.issue({ subject: '/CN=holder', eku: 'clientAuth' })
const neighbour = partners.issue({ subject: '/CN=neighbour', eku: 'clientAuth' })
const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-revocation-'))
const origin = createServer((_, response) => response.end('ok'))
let gateway: Running
let port = 0

function put(name: string, text: string): void {
  writeFileSync(path.join(folder, `${name}.new`), text, { mode: 0o600 })
  renameSync(path.join(folder, `${name}.new`), path.join(folder, name))
}

before(async () => {
  origin.listen(0, '127.0.0.1')
  await once(origin, 'listening')
  ;[port] = (await freePorts(1)) as [number]
  const server = authority.issue({ san: 'DNS:localhost', eku: 'serverAuth' })
  put('server.crt', server.certificate)
  put('server.key', server.key)
  put('clients.crt', partners.certificate + others.certificate)
  put('partners.crl', partners.crl())
  put('others.crl', others.crl())
  put(
    'gateway.yaml',
    `version: 1
workers: 2
listeners:
  - name: mtls
    address: 127.0.0.1:${port}
    tls:
      certificates: [{ certificate: file:server.crt, key: file:server.key }]
      clientAuth: optional
      clientCa: file:clients.crt
      crls: [file:partners.crl, file:others.crl]
services: { origin: { targets: ["http://127.0.0.1:${(origin.address() as AddressInfo).port}"] } }
routes:
  - { name: all, match: { path: /** }, service: origin, policies: [{ use: mtls }] }
`,
  )
  gateway = await startGateway({ config: path.join(folder, 'gateway.yaml') })
})
after(async () => {
  await gateway?.stop()
  origin.closeAllConnections()
  origin.close()
  for (const ca of [authority, partners, others]) ca.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Visit {
  readonly socket: TLSSocket
  /** Status of the first answer; 0 when there was none. */
  readonly status: number
  readonly sessions: readonly Buffer[]
  readonly reused: boolean
}

/** Opens a connection, asks once and leaves it open. */
async function visit(pair: TestCertificate, session?: Buffer): Promise<Visit> {
  const socket = connect({
    port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: authority.certificate,
    cert: pair.certificate,
    key: pair.key,
    ...(session === undefined ? {} : { session }),
  })
  const sessions: Buffer[] = []
  socket.on('session', got => sessions.push(got)).on('error', () => {})
  socket.write('GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n')
  const first = await Promise.race([
    new Promise<Buffer>(resolve => socket.once('data', resolve)),
    new Promise<null>(resolve => socket.once('close', () => resolve(null))),
  ])
  return {
    socket,
    status: first === null ? 0 : Number(String(first).slice(9, 12)),
    sessions,
    reused: socket.isSessionReused(),
  }
}

async function many(pair: TestCertificate): Promise<Visit[]> {
  const visits = await Promise.all(Array.from({ length: 16 }, () => visit(pair)))
  assert.deepEqual(new Set(visits.map(({ status }) => status)), new Set([200]))
  assert.ok(visits.every(({ sessions }) => sessions.length > 0))
  return visits
}

/** All connections end in time, and no session of them opens a door. */
async function assertOut(visits: readonly Visit[], pair: TestCertificate, began: number): Promise<void> {
  await until('all connections are closed', within, () => visits.every(({ socket }) => socket.closed))
  assert.ok(performance.now() - began < within)
  assert.notEqual((await visit(pair).then(gone)).status, 200)
  for (const { sessions } of visits) {
    const again = gone(await visit(pair, sessions.at(-1)))
    assert.notEqual(again.status, 200)
    assert.equal(again.reused, false)
  }
}

function gone(one: Visit): Visit {
  one.socket.destroy()
  return one
}

it('a certificate that its CRL revokes', { timeout: 60_000 }, async () => {
  const [open] = [await many(holder)]
  const resumed = gone(await visit(holder, open[0]?.sessions.at(-1)))
  assert.deepEqual([resumed.status, resumed.reused], [200, true], 'resumption works as long as the holder is trusted')
  const began = performance.now()
  put('partners.crl', partners.crl({ revoked: [holder] }))
  await assertOut(open, holder, began)
  assert.equal(gone(await visit(neighbour)).status, 200, 'others of that CA are let in')
})

it('a holder whose CA is taken away', { timeout: 60_000 }, async () => {
  const open = await many(neighbour)
  const began = performance.now()
  put('clients.crt', others.certificate)
  put('partners.crl', others.crl())
  await assertOut(open, neighbour, began)
})
