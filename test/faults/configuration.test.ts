// A configuration that breaks or vanishes while it runs, and a port that somebody else has: the last good state stays.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createOrigin } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, it } from 'node:test'
import { startGateway } from '../support/gateway.ts'
import { freePort } from '../support/ports.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'portcullis-broken-'))
const file = path.join(folder, 'gateway.yaml')
after(() => rmSync(folder, { recursive: true, force: true }))

/** One route, whose limiter shows which version answers. */
function configuration(port: number, limit: string): string {
  return `version: 1
workers: 2
listeners: [{ name: plain, address: "127.0.0.1:${port}" }]
services: { nobody: { targets: ["http://127.0.0.1:9"] } }
policies: [{ use: rate-limit, with: { limit: ${limit}, by: [address] } }, { use: anonymous }]
routes: [{ name: all, match: { path: /** }, service: nobody }]
`
}

it('a configuration that is broken or gone while it runs leaves the last good one in force', async () => {
  const port = await freePort()
  writeFileSync(file, configuration(port, '1000/h'))
  await using gateway = await startGateway({ config: file })
  const limit = async (): Promise<string | null> =>
    (await fetch(`http://127.0.0.1:${port}/x`)).headers.get('ratelimit-policy')
  const before = await limit()
  assert.match(before ?? '', /q=1000/)

  writeFileSync(file, `${configuration(port, '2000/h')}nonsense: true\n`)
  await gateway.line(/the configuration was refused, version 1 stays/)
  await gateway.line(/gateway\.yaml:7:1 \/nonsense: unknown key/)
  assert.equal(await limit(), before)

  const seen = gateway.lines.length
  renameSync(file, `${file}.away`)
  await gateway.line(/cannot read the configuration: no such file/)
  assert.ok(gateway.lines.length > seen)
  assert.equal(await limit(), before)

  writeFileSync(file, configuration(port, '3000/h'))
  await gateway.line(/configuration 2 is in force/)
  assert.match((await limit()) ?? '', /q=3000/)
  assert.equal(await gateway.stop(), 0)
  assert.match(readFileSync(file, 'utf8'), /3000/)
})

it('a port that somebody else has is an error that names it, and at a reload changes nothing', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const taken = (other.address() as AddressInfo).port
  try {
    writeFileSync(file, configuration(taken, '1000/h'))
    await assert.rejects(startGateway({ config: file }), new RegExp(`${taken}`))

    const port = await freePort()
    writeFileSync(file, configuration(port, '1000/h'))
    await using gateway = await startGateway({ config: file })
    writeFileSync(file, configuration(taken, '2000/h'))
    await gateway.line(/the configuration was refused, version 1 stays/)
    await gateway.line(new RegExp(`gateway\\.yaml:3:.*${taken}`))
    assert.match((await fetch(`http://127.0.0.1:${port}/x`)).headers.get('ratelimit-policy') ?? '', /q=1000/)
  } finally {
    other.close()
  }
})

it('a reload changes the memory budget of the running workers', async () => {
  const origin = createOrigin((incoming, response) => incoming.resume().once('end', () => response.end('taken')))
  origin.listen(0, '127.0.0.1')
  await once(origin, 'listening')
  const port = await freePort()
  const written = (buffered: string): string => `version: 1
workers: 1
limits: { buffered: ${buffered} }
listeners: [{ name: plain, address: "127.0.0.1:${port}" }]
services: { origin: { targets: ["http://127.0.0.1:${(origin.address() as AddressInfo).port}"] } }
routes:
  - name: all
    match: { path: /** }
    service: origin
    limits: { bufferedBody: 8MiB }
    policies: [{ use: anonymous }, { use: json-schema, with: { request: { type: array }, limits: { stringBytesMax: 8388608 } } }]
`
  const body = JSON.stringify(['x'.repeat(2 * 1024 * 1024)])
  const post = async (): Promise<number> => {
    const answer = await fetch(`http://127.0.0.1:${port}/x`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    }).catch(() => null)
    // Refused in the middle of its body the client may see the end of the connection before the answer.
    return answer?.status ?? 503
  }
  try {
    writeFileSync(file, written('1MiB'))
    await using gateway = await startGateway({ config: file })
    assert.equal(await post(), 503)
    writeFileSync(file, written('64MiB'))
    await gateway.line(/configuration 2 is in force/)
    assert.equal(await post(), 200)
  } finally {
    origin.closeAllConnections()
    origin.close()
  }
})
