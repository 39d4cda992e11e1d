import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { it } from 'node:test'
import { startFaultGateway } from '../support/fault-gateway.ts'
import { until } from '../support/until.ts'

it('SIGTERM with a long poll, an event stream and an upload open: all complete, new connections are refused', {
  timeout: 60_000,
}, async () => {
  const open = new Map<string, ServerResponse>()
  let uploaded = ''
  const origin = createServer((request, response) => {
    const name = (request.url ?? '').replace(/.*\//, '')
    if (name === 'upload') {
      request.setEncoding('latin1').on('data', (more: string) => {
        uploaded += more
      })
      request.on('end', () => response.end('stored'))
      open.set(name, response)
      return
    }
    open.set(name, response)
    if (name === 'events') response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
  }).listen(0, '127.0.0.1')
  await once(origin, 'listening')
  try {
    await using gateway = await startFaultGateway({
      yaml: `workers: 2
services: { origin: { targets: ["http://127.0.0.1:${(origin.address() as AddressInfo).port}"] } }
routes: [{ name: x, match: { path: /x/** }, service: origin, policies: [{ use: anonymous }] }]
`,
    })
    const poll = once(get(`${gateway.base}/x/poll`), 'response') as Promise<[IncomingMessage]>
    const [events] = (await once(get(`${gateway.base}/x/events`), 'response')) as [IncomingMessage]
    let heard = ''
    events.setEncoding('utf8').on('data', (more: string) => {
      heard += more
    })
    const upload = connect(gateway.port, '127.0.0.1').setEncoding('latin1')
    upload.write('POST /x/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nfirst')
    let stored = ''
    upload.on('data', (more: string) => {
      stored += more
    })
    await until('all are open', 30_000, () => open.has('poll') && open.has('upload') && heard === 'data: 1\n\n')

    gateway.running.kill('SIGTERM')
    await until('no new connection is accepted', 30_000, async () => {
      const probe = connect(gateway.port, '127.0.0.1')
      const refused = await once(probe, 'connect').then(
        () => false,
        () => true,
      )
      probe.destroy()
      return refused
    })
    open.get('events')?.write('data: 2\n\n')
    await until('the stream goes on', 30_000, () => heard.endsWith('data: 2\n\n'))
    upload.write('-last')
    open.get('poll')?.end('polled')
    open.get('events')?.end('data: 3\n\n')
    const [polled] = await poll
    assert.equal(String((await polled.setEncoding('utf8').toArray()).join('')), 'polled')
    await until('the stream is whole', 30_000, () => events.complete)
    assert.equal(heard, 'data: 1\n\ndata: 2\n\ndata: 3\n\n')
    await until('the upload is answered', 30_000, () => stored.endsWith('stored'))
    assert.equal(uploaded, 'first-last')
    assert.equal(await gateway.running.exited, 0)
    const words = lastWords(gateway.running.stderr)
    assert.match(
      words[0] ?? '',
      /^portcullis stopping \(SIGTERM\): open exchanges get 8 s exchanges=3 connections=\d+$/,
    )
    assert.match(words[1] ?? '', /^portcullis stopped finished=3 cut=0 ms=\d+$/)
    upload.destroy()
  } finally {
    origin.closeAllConnections()
    origin.close()
  }
})

it('SIGINT with an exchange that does not end: it is cut off at the deadline, and the log says so', {
  timeout: 60_000,
}, async () => {
  const asked: string[] = []
  const origin = createServer(request => void asked.push(request.url ?? '')).listen(0, '127.0.0.1')
  await once(origin, 'listening')
  const client = new Agent({ keepAlive: true })
  try {
    await using gateway = await startFaultGateway({
      yaml: `workers: 2
limits: { drain: 300ms }
services: { origin: { targets: ["http://127.0.0.1:${(origin.address() as AddressInfo).port}"] } }
routes: [{ name: x, match: { path: /x/** }, service: origin, policies: [{ use: anonymous }] }]
`,
    })
    const cut = Promise.allSettled(
      ['a', 'b'].map(name => once(get(`${gateway.base}/x/${name}`, { agent: client }), 'response')),
    )
    await until('both are asked', 30_000, () => asked.length === 2)
    gateway.running.kill('SIGINT')
    assert.deepEqual(
      (await cut).map(({ status }) => status),
      ['rejected', 'rejected'],
    )
    assert.equal(await gateway.running.exited, 0)
    const words = lastWords(gateway.running.stderr)
    assert.match(
      words[0] ?? '',
      /^portcullis stopping \(SIGINT\): open exchanges get 0\.3 s exchanges=2 connections=\d+$/,
    )
    assert.match(words[1] ?? '', /^portcullis stopped finished=0 cut=2 ms=\d+$/)
  } finally {
    client.destroy()
    origin.closeAllConnections()
    origin.close()
  }
})

/** What main says of its own end: insight may get ready meanwhile, and says so. */
function lastWords(lines: readonly string[]): string[] {
  return lines.filter(line => /^portcullis stopp(?:ing|ed) /.test(line))
}
