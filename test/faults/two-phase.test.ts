// A reload that some worker cannot follow, or whose port is gone at the last moment: no worker gets it, and nothing of it stays.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, it } from 'node:test'
import { createAuthority } from '../support/certificates.ts'
import { freePorts } from '../support/ports.ts'
import { controlOf, startGatewayWith } from '../support/probed-gateway.ts'
import { until } from '../support/until.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-two-phase-'))
const config = path.join(folder, 'gateway.yaml')
const stateDir = path.join(folder, 'state')
const fault = path.join(folder, 'fault')
const authority = createAuthority()
const [port = 0, more = 0, controlPort = 0] = await freePorts(3)
const pair = authority.issue({ subject: '/CN=two-phase', san: 'DNS:localhost', eku: 'serverAuth' })
writeFileSync(path.join(folder, 'server.crt'), pair.certificate)
writeFileSync(path.join(folder, 'server.key'), pair.key, { mode: 0o600 })
after(() => {
  authority.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The limit in the answers says which version decided. */
function written(limit: number, listener = ''): string {
  return `version: 1
workers: 2
stateDir: "${stateDir}"
control: { address: "127.0.0.1:${controlPort}" }
listeners:
  - { name: plain, address: "127.0.0.1:${port}" }
${listener}services: { nobody: { targets: ["http://127.0.0.1:9"] } }
policies: [{ use: rate-limit, with: { limit: ${limit}/h, by: [address] } }, { use: anonymous }]
routes: [{ name: all, match: { path: /** }, service: nobody }]
`
}

const tlsListener = `  - { name: tls, address: "127.0.0.1:${more}", tls: { certificates: [{ certificate: "file:${folder}/server.crt", key: "file:${folder}/server.key" }] } }\n`
const plainListener = `  - { name: more, address: "127.0.0.1:${more}" }\n`

/** The limits that 24 new connections met: the kernel spreads them over both workers. */
async function limitsMet(): Promise<string[]> {
  const met = await Promise.all(
    Array.from({ length: 24 }, async () => {
      const { headers } = await fetch(`http://127.0.0.1:${port}/x`, { headers: { connection: 'close' } })
      return /q=(\d+)/.exec(headers.get('ratelimit-policy') ?? '')?.[1] ?? 'none'
    }),
  )
  return [...new Set(met)]
}

async function isOpen(where: number): Promise<boolean> {
  const socket = connect(where, '127.0.0.1')
  const open = await once(socket, 'connect').then(
    () => true,
    () => false,
  )
  socket.destroy()
  return open
}

for (const [how, says] of [
  ['throw', /a fault that only this worker has/],
  ['exit', /worker 1: it died/],
] as const) {
  it(`one worker refuses a new configuration (${how}), so no worker gets it`, { timeout: 60_000 }, async () => {
    rmSync(fault, { force: true })
    writeFileSync(config, written(1000))
    await using gateway = await startGatewayWith('failing-worker.ts', config, { FAULT_FILE: fault })
    const control = controlOf(controlPort, stateDir)
    assert.deepEqual(await limitsMet(), ['1000'])

    writeFileSync(fault, how)
    writeFileSync(config, written(2000, tlsListener))
    const refused = await control.reload()
    assert.equal(refused.status, 422, refused.text)
    assert.match(refused.text, says)
    // The watcher tries too; a worker that it kills takes connections with it, so nothing is asked before.
    await gateway.line(/was refused.*a file changed/)
    await until('both workers serve the old one', 10_000, async () => {
      const { workers, configuration } = await control.status()
      return workers.serving === 2 && configuration.version === 1
    })
    assert.deepEqual(await limitsMet(), ['1000'])
    assert.equal(await isOpen(more), false, 'the worker that was ready has closed its new listener')

    rmSync(fault)
    const accepted = await control.reload()
    assert.equal(accepted.status, 200, accepted.text)
    assert.deepEqual(await limitsMet(), ['2000'])
    assert.equal(await isOpen(more), true)
    assert.equal((await control.status()).configuration.version, 2)
    assert.equal(await gateway.stop(), 0)
  })
}

it('a port that is taken in the last moment refuses the reload, which then changes nothing', {
  timeout: 60_000,
}, async () => {
  writeFileSync(config, written(1000))
  await using gateway = await startGatewayWith('port-thief.ts', config, { STOLEN_PORT: String(more) })
  const control = controlOf(controlPort, stateDir)
  writeFileSync(config, written(2000, plainListener))
  const refused = await control.reload()
  assert.equal(refused.status, 422, refused.text)
  assert.match(refused.text, /listener more cannot be opened.*EADDRINUSE/)
  assert.match(refused.text, /"line": 7/)
  assert.deepEqual(await limitsMet(), ['1000'])
  assert.equal((await control.status()).configuration.version, 1)

  gateway.kill('SIGWINCH')
  await gateway.line(/probe port given back/)
  const accepted = await control.reload()
  assert.equal(accepted.status, 200, accepted.text)
  assert.deepEqual(await limitsMet(), ['2000'])
  assert.equal(await isOpen(more), true)
})

it('a Unix socket that cannot be made refuses the reload', { timeout: 60_000 }, async () => {
  writeFileSync(config, written(1000))
  await using _ = await startGatewayWith('thread-probe.ts', config, {})
  const control = controlOf(controlPort, stateDir)
  writeFileSync(config, written(2000, `  - { name: local, address: "unix:${folder}/nowhere/gateway.sock" }\n`))
  const refused = await control.reload()
  assert.equal(refused.status, 422, refused.text)
  assert.match(refused.text, /listener local cannot be opened/)
  assert.deepEqual(await limitsMet(), ['1000'])
  assert.equal((await control.status()).configuration.version, 1)
})
