import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createSocketServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { startGateway } from '../support/gateway.ts'
import { freePorts } from '../support/ports.ts'
import { until } from '../support/until.ts'

// An operator beside a running gateway: what it knows without naming it, and edits that reach the insight at work.

const root = path.resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(path.join(tmpdir(), 'pe-'))
const origin = createServer((request, response) => {
  request.resume()
  response.setHeader('content-type', 'application/json').end('{"id":7}')
})
let port = 0
let controlPort = 0

function configuration(name: string, control: boolean): string {
  const file = path.join(folder, `${name}.yaml`)
  writeFileSync(
    file,
    `version: 1
workers: 1
stateDir: "${folder}/state"
${control ? `control: { address: "127.0.0.1:${controlPort}" }` : ''}
listeners: [{ name: plain, address: "127.0.0.1:${port}" }]
services: { shop: { targets: ["http://127.0.0.1:${(origin.address() as AddressInfo).port}"] } }
routes: [{ name: shop, match: { path: /** }, service: shop, policies: [{ use: anonymous }] }]
`,
  )
  return file
}

function inventory(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise(resolve => {
    execFile(
      process.execPath,
      [path.join(root, 'src/cli/main.ts'), 'inventory', ...args],
      { cwd: folder },
      (error, stdout, stderr) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    )
  })
}

before(async () => {
  origin.listen(0, '127.0.0.1')
  await once(origin, 'listening')
  ;[port, controlPort] = (await freePorts(2)) as [number, number]
})
after(() => {
  origin.closeAllConnections()
  origin.close()
  rmSync(folder, { recursive: true, force: true })
})

test('an edit reaches the insight at work by its control API, or the state of one that ended; nothing else gets the token', {
  timeout: 180_000,
}, async () => {
  const config = configuration('portcullis', true)
  const edit = ['edit', 'ignore', 'shop GET /orders', '--reason', 'a test', '--author', 'ada', '--json']
  {
    await using gateway = await startGateway({ config })
    // What passes before the worker's stream is open is dropped, so calls go on until one is learnt.
    await gateway.line(/insight learns/)
    const listed = await until('the calls are in what is known here', 30_000, async () => {
      await (await fetch(`http://127.0.0.1:${port}/orders`)).arrayBuffer()
      const { code, stdout } = await inventory('--json')
      return code === 0 && stdout.includes('shop GET /orders') ? stdout : null
    })
    assert.equal((JSON.parse(listed) as { operations: unknown[] }).operations.length, 1)

    const bySocket = await inventory(...edit, '--state', path.join(folder, 'state'))
    assert.equal(bySocket.code, 1)
    assert.match(bySocket.stderr, /an insight is at work in .*name the configuration of its gateway/)
    const unreachable = await inventory(...edit, '-c', configuration('silent', false))
    assert.match(unreachable.stderr, /runs without a control API: add control:/)

    const done = await inventory(...edit)
    assert.deepEqual([done.code, done.stderr], [0, ''])
    const { number, author } = JSON.parse(done.stdout) as { number: number; author: string }
    assert.deepEqual([number, author], [1, 'ada'])
    const again = await inventory('edit', 'undo', '9', '--reason', 'r')
    assert.deepEqual([again.code, again.stderr], [1, 'portcullis: there is no edit 9 that stands\n'])
    const token = readFileSync(path.join(folder, 'state/control-token'), 'utf8').trim()
    const answer = await fetch(`http://127.0.0.1:${controlPort}/inventory/edits`, {
      headers: { authorization: `Bearer ${token}` },
    })
    const { edits } = (await answer.json()) as { edits: Array<{ reason: string }> }
    assert.deepEqual(
      edits.map(({ reason }) => reason),
      ['a test'],
    )
    await until('the edit is saved', 30_000, async () =>
      (await inventory('--json')).stdout.includes('shop GET /orders') ? null : true,
    )
  }
  // The gateway is gone, and a stranger holds the port of its control API.
  const heard: Buffer[] = []
  const stranger = createSocketServer(socket => socket.on('data', chunk => heard.push(chunk as Buffer)))
  stranger.listen(controlPort, '127.0.0.1')
  await once(stranger, 'listening')
  const ended = await inventory('edit', 'undo', '1', '--reason', 'over')
  stranger.close()
  assert.deepEqual([ended.code, ended.stdout], [0, 'edit 1 is taken back\n'], ended.stderr)
  assert.deepEqual(heard, [])
})
