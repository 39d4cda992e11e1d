import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, it } from 'node:test'
import { connect } from 'node:tls'
import { createAuthority } from '../support/certificates.ts'
import { startGateway } from '../support/gateway.ts'
import { freePorts } from '../support/ports.ts'
import { controlOf, heapOf, startProbedGateway } from '../support/probed-gateway.ts'
import { startLoad } from '../support/steady-load.ts'
import { until } from '../support/until.ts'

// Two-phase reload under load: every answer is of one version, none fails, and nothing of the old versions stays behind.

const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-reload-'))
const config = path.join(folder, 'gateway.yaml')
const stateDir = path.join(folder, 'state')
const authority = createAuthority()
/** The origin says which version the request was given on both levels. */
const origin = createServer((request, response) => {
  response.end(`seen ${String(request.headers['x-global'])} ${String(request.headers['x-route'])};`)
})
let port = 0
let tlsPort = 0
let controlPort = 0

before(async () => {
  origin.listen(0, '127.0.0.1')
  await once(origin, 'listening')
  ;[port, tlsPort, controlPort] = (await freePorts(3)) as [number, number, number]
  putCertificate('first')
})
after(() => {
  origin.closeAllConnections()
  origin.close()
  authority.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Replaces a file whole, as an editor or an operator's tool does. */
function put(name: string, text: string): void {
  writeFileSync(path.join(folder, `${name}.new`), text, { mode: 0o600 })
  renameSync(path.join(folder, `${name}.new`), path.join(folder, name))
}

function putCertificate(name: string): { certificate: string; key: string } {
  const pair = authority.issue({ subject: `/CN=${name}`, san: 'DNS:localhost', eku: 'serverAuth' })
  put('server.crt', pair.certificate)
  put('server.key', pair.key)
  return pair
}

/** Two policies and two directions say the version: four words that must agree in every answer. */
function written(version: string, more = ''): string {
  const policy = (name: string) =>
    `{ use: headers, id: ${name.toLowerCase()}, with: { request: { set: { ${name}: "${version}" } }, response: { set: { ${name}: "${version}" } } } }`
  return `version: 1
workers: 2
stateDir: "${stateDir}"
control: { address: "127.0.0.1:${controlPort}" }
listeners:
  - { name: plain, address: "127.0.0.1:${port}" }
  - { name: tls, address: "127.0.0.1:${tlsPort}", tls: { certificates: [{ certificate: "file:${folder}/server.crt", key: "file:${folder}/server.key" }] } }
services: { origin: { targets: ["http://127.0.0.1:${(origin.address() as AddressInfo).port}"] } }
policies: [${policy('X-Global')}]
routes:
  - name: all
    match: { path: /x/** }
    service: origin
    policies:
      - { use: rate-limit, with: { limit: 1000000000/min, by: [address] } }
      - { use: anonymous }
      - ${policy('X-Route')}
${more}`
}

const versions = new Set<string>()

/** null when it is a good answer of one version; else what is wrong. */
function judge(answer: string): string | null {
  if (!answer.startsWith('HTTP/1.1 200')) return answer
  const words = [
    /\r\nx-global: (\w+)/i.exec(answer)?.[1],
    /\r\nx-route: (\w+)/i.exec(answer)?.[1],
    /seen (\w+)/.exec(answer)?.[1],
    /seen \w+ (\w+)/.exec(answer)?.[1],
  ]
  const [first = ''] = words
  versions.add(first)
  return first !== '' && words.every(word => word === first) ? null : `mixed: ${words.join(' ')}`
}

const fetched = async (): Promise<string | null> =>
  (await fetch(`http://127.0.0.1:${port}/x/y`, { headers: { connection: 'close' } })).headers.get('x-route')

it('many reloads under load fail no request, mix no versions and leave no heap behind', {
  timeout: 280_000,
}, async t => {
  // The whole thousand where there is time for it; else as many as fit into some seconds.
  const thousand = (process.env['CI'] ?? process.env['PORTCULLIS_RELOADS'] ?? '') !== ''
  put('gateway.yaml', written('v0'))
  await using gateway = await startProbedGateway(config)
  const control = controlOf(controlPort, stateDir)
  const load = startLoad(port, '/x/y', 16, judge)
  let version = 0
  const reload = async (): Promise<void> => {
    version++
    put('gateway.yaml', written(`v${version}`))
    const { status, text } = await control.reload()
    assert.equal(status, 200, text)
  }
  for (let i = 0; i < 60; i++) await reload()
  const heapBefore = await heapOf(gateway, 3)
  const end = performance.now() + (thousand ? 200_000 : 12_000)
  for (let i = 0; i < 1000 && performance.now() < end; i++) await reload()
  // The watcher may still bring in what it saw.
  await until('the last version answers', 5_000, async () => (await fetched()) === `v${version}`)
  const heapAfter = await heapOf(gateway, 3)
  await load.stop()

  assert.deepEqual(
    load.connections.filter(({ failure }) => failure !== null),
    [],
  )
  const answers = load.connections.reduce((sum, one) => sum + one.answers, 0)
  assert.ok(version > 150, `only ${version} reloads`)
  if (thousand) assert.equal(version, 1060)
  assert.ok(answers > version && versions.size > version / 2, `${answers} answers of ${versions.size} versions`)
  const growth = heapAfter / heapBefore
  t.diagnostic(
    `${version} reloads, ${answers} answers of ${versions.size} versions, heap ${(heapBefore / 1e6).toFixed(1)} → ${(heapAfter / 1e6).toFixed(1)} MB`,
  )
  assert.ok(growth < 1.1, `the heap of all threads grew from ${heapBefore} to ${heapAfter} bytes`)
  assert.equal(await gateway.stop(), 0)
})

it('a broken configuration is refused whole, names the place, and the last good one serves on', {
  timeout: 60_000,
}, async () => {
  put('gateway.yaml', written('good'))
  await using gateway = await startGateway({ config })
  const control = controlOf(controlPort, stateDir)
  const load = startLoad(port, '/x/y', 4, judge)
  const lines = written('bad').split('\n')
  const broken: ReadonlyArray<readonly [text: string, says: RegExp]> = [
    [written('bad', 'surprise: 1\n'), /gateway\.yaml:18:1 .*surprise/],
    [written('bad').replace('use: anonymous', 'use: anonymus'), /gateway\.yaml:16:\d+ .*anonymus/],
    [written('bad').replace('service: origin', 'service: orign'), /gateway\.yaml:13:\d+ .*orign/],
    [written('bad').replace('listeners:', 'listeners: ['), /gateway\.yaml:\d+:\d+/],
    [lines.filter(line => !line.includes('use: anonymous')).join('\n'), /gateway\.yaml:11:\d+ .*identify/],
    [written('bad').replace('server.key"', 'server.none"'), /gateway\.yaml:7:\d+ .*server\.none/],
    ['', /gateway\.yaml/],
  ]
  for (const [text, says] of broken) {
    const seen = gateway.lines.length
    put('gateway.yaml', text)
    const { status, text: answer } = await control.reload()
    assert.notEqual(status, 200, answer)
    const words = gateway.lines.slice(seen).join('\n')
    assert.match(words, says)
    assert.equal(await fetched(), 'good')
  }
  assert.equal((await control.status()).configuration.version, 1)
  put('gateway.yaml', written('mended'))
  await until('the mended file is taken', 10_000, async () => (await fetched()) === 'mended')
  await load.stop()
  assert.deepEqual(
    load.connections.filter(({ failure }) => failure !== null),
    [],
  )
})

it('SIGHUP and a swapped symlink bring the new configuration in', { timeout: 60_000 }, async () => {
  for (const name of ['one', 'two']) {
    mkdirSync(path.join(folder, name))
    writeFileSync(path.join(folder, name, 'gateway.yaml'), written(name))
  }
  const current = path.join(folder, 'current')
  symlinkSync('one', current)
  await using gateway = await startGateway({ config: path.join(current, 'gateway.yaml') })
  assert.equal(await fetched(), 'one')
  symlinkSync('two', `${current}.new`)
  renameSync(`${current}.new`, current)
  await until('the swap is seen', 10_000, async () => (await fetched()) === 'two')
  writeFileSync(path.join(folder, 'two', 'gateway.yaml'), written('three'))
  gateway.kill('SIGHUP')
  await gateway.line(/is in force .*SIGHUP/)
  assert.equal(await fetched(), 'three')
})

it('a certificate and its key that are written one after the other never break the listener', {
  timeout: 60_000,
}, async () => {
  put('gateway.yaml', written('tls'))
  putCertificate('shown0')
  await using gateway = await startGateway({ config })
  const shown = async (): Promise<string> => {
    const socket = connect({ port: tlsPort, host: '127.0.0.1', servername: 'localhost', ca: authority.certificate })
    await once(socket, 'secureConnect')
    const name = String(socket.getPeerCertificate().subject.CN)
    socket.destroy()
    return name
  }
  for (let i = 1; i <= 3; i++) {
    const pair = authority.issue({ subject: `/CN=shown${i}`, san: 'DNS:localhost', eku: 'serverAuth' })
    const seen = gateway.lines.length
    put('server.crt', pair.certificate)
    // The half-written pair is looked at for sure, and refused.
    gateway.kill('SIGHUP')
    // The place comes in a line of its own behind the refusal, and may come in a read of its own too.
    await until('the half is refused, with its place', 10_000, () =>
      /was refused[^]*gateway\.yaml:7:\d+ \/listeners\/1\/tls\/certificates\/0/.test(
        gateway.lines.slice(seen).join('\n'),
      ),
    )
    assert.equal(await shown(), `shown${i - 1}`)
    put('server.key', pair.key)
    await until('the pair is in force', 10_000, async () => (await shown()) === `shown${i}`)
  }
  assert.equal(await fetched(), 'tls')
})
