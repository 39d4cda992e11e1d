import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, it } from 'node:test'
import { curlStatuses } from '../support/curl.ts'
import { freePorts } from '../support/ports.ts'
import { controlOf, startProbedGateway } from '../support/probed-gateway.ts'
import { startLoad } from '../support/steady-load.ts'
import { until } from '../support/until.ts'

// A worker thread is killed for real: by an exception that nobody catches, and by ending without a word.

const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-death-'))
const origin = createServer(({ headers }, response) =>
  response.setHeader('x-request-id', headers['x-request-id'] ?? '').end('ok'),
)
const config = path.join(folder, 'gateway.yaml')
let port = 0
let controlPort = 0

before(async () => {
  origin.listen(0, '127.0.0.1')
  await once(origin, 'listening')
  ;[port, controlPort] = (await freePorts(2)) as [number, number]
  writeFileSync(
    config,
    `version: 1
workers: 2
stateDir: "${folder}/state"
control: { address: "127.0.0.1:${controlPort}" }
listeners: [{ name: plain, address: "127.0.0.1:${port}" }]
services: { origin: { targets: ["http://127.0.0.1:${(origin.address() as AddressInfo).port}"] } }
events: [{ sink: file, path: "${folder}/events.ndjson" }]
routes:
  - { name: free, match: { path: /free/** }, service: origin, policies: [{ use: anonymous }] }
  - name: sliding
    match: { path: /sliding/** }
    service: origin
    policies: [{ use: rate-limit, with: { algorithm: sliding-window, limit: 100/h, by: [address] } }, { use: anonymous }]
  - name: bucket
    match: { path: /bucket/** }
    service: origin
    policies: [{ use: rate-limit, with: { algorithm: token-bucket, limit: 50/h, by: [address] } }, { use: anonymous }]
`,
  )
})
after(() => {
  origin.closeAllConnections()
  origin.close()
  rmSync(folder, { recursive: true, force: true })
})

for (const [how, signal, cause] of [
  ['throws', 'SIGURG', /a worker crashed.*killed by the test/],
  ['ends without a word', 'SIGIO', /a worker is gone and is replaced.*3/],
] as const) {
  it(`a worker that ${how} is replaced; no count is lost and no request of the other fails`, {
    timeout: 60_000,
  }, async () => {
    rmSync(path.join(folder, 'events.ndjson'), { force: true })
    await using gateway = await startProbedGateway(config)
    const control = controlOf(controlPort, path.join(folder, 'state'))
    const base = `http://127.0.0.1:${port}`

    // Counts of both workers: 12 connections each, so that neither is without.
    const spread = (where: string) =>
      Promise.all(Array.from({ length: 12 }, () => curlStatuses(`${base}/${where}/[1-3]`))).then(lists => lists.flat())
    assert.equal((await spread('sliding')).filter(status => status === 200).length, 36)
    assert.equal((await spread('bucket')).filter(status => status === 200).length, 36)
    assert.equal(await control.metric('portcullis_requests_total'), 72)

    const load = startLoad(port, '/free/x', 24)
    await until('every connection has had answers', 10_000, () => load.connections.every(({ answers }) => answers > 5))
    gateway.kill(signal)
    // Which connections are lost is told by the worker that served them: those of the dead one close one after the other.
    const [first] = await until('the worker is gone', 10_000, () => {
      const lost = load.connections.filter(({ closed }) => closed)
      return lost.length > 0 && lost
    })
    const dead = first?.worker
    const survivors = load.connections.filter(({ worker }) => worker !== dead)
    await gateway.line(cause)
    await until('it is replaced', 10_000, async () => (await control.status()).workers.serving === 2)
    const reached = survivors.map(({ answers }) => answers)
    await until('the others have gone on', 30_000, () =>
      survivors.every(({ answers, closed }, i) => closed || answers > (reached[i] as number) + 5),
    )
    await load.stop()
    assert.ok(survivors.length > 0 && survivors.length < 24, `${survivors.length} of 24 connections survived`)
    assert.deepEqual(
      survivors.filter(({ failure, closed }) => closed || failure !== null),
      [],
    )
    assert.equal((await control.status()).workers.restarts, 1)
    assert.equal(await control.metric('portcullis_worker_restarts_total'), 1)
    const answered = load.connections.reduce((sum, { answers }) => sum + answers, 0)

    assert.equal((await spread('sliding')).filter(status => status === 200).length, 36)
    assert.equal(
      (await spread('sliding')).filter(status => status === 200).length,
      28,
      '100 in all, the dead worker counted too',
    )
    assert.equal((await spread('bucket')).filter(status => status === 200).length, 14, '50 in all')
    const counted = await control.metric('portcullis_requests_total')
    const known = 72 + 3 * 36 + answered
    // The dead worker may have counted an answer that its clients never saw whole.
    assert.ok(counted >= known && counted <= known + 24, `${counted} counted, ${known} answered`)
    assert.equal(await gateway.stop(), 0)
    const events = readFileSync(path.join(folder, 'events.ndjson'), 'utf8').trim().split('\n')
    assert.ok(events.length >= known && events.length <= known + 24, `${events.length} events, ${known} answered`)
    for (const line of events) JSON.parse(line)
  })
}
