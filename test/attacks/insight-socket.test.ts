import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { connect } from 'node:net'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createFrameEncoder } from '../../src/events/stream/frame-encoder.ts'
import { filesBelow, type InsightWorld, startInsightWorld } from '../support/insight-world.ts'

// Whoever speaks to insight without being asked to: over its socket, the control API and the receiver of spans.

const origin: RequestListener = (req, res) => {
  req.resume()
  res.setHeader('content-type', 'application/json').end('{"id":7}')
}

let world: InsightWorld
before(async () => {
  world = await startInsightWorld({ origin })
})
after(() => world[Symbol.asyncDispose]())

/** A call through the gateway is learnt: insight lives, and its stream stands. */
async function stillLearns(): Promise<void> {
  const { status, pid } = await world.insightWhen('it tells', () => true)
  const events = status?.counts.events ?? 0
  const answer = await fetch(`http://127.0.0.1:${world.port}/orders/7`)
  assert.equal(answer.status, 200)
  const after = await world.insightWhen('it learns', ({ counts }) => counts.events > events)
  assert.equal(after.pid, pid, 'the same process')
  assert.equal(after.restarts, 0)
}

const socketPath = (): string => path.join(world.stateDir, 'insight.sock')

function helloBytes(): Buffer {
  const encoder = createFrameEncoder()
  encoder.hello(0)
  return Buffer.from(encoder.take() ?? [])
}

function frameOf(kind: number, content: Buffer, flags = 0): Buffer {
  const padding = -content.length & 3
  const head = Buffer.alloc(8)
  head.writeUInt32LE(4 + content.length + padding, 0)
  head[4] = kind
  head[5] = flags
  head.writeUInt16LE(padding, 6)
  return Buffer.concat([head, content, Buffer.alloc(padding)])
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value, 0)
  return bytes
}

/** Writes and gives whether the other end closed the connection; `false` when it did not within a while after taking the bytes. */
async function closedAfter(bytes: Buffer): Promise<boolean> {
  const socket = connect(socketPath())
  socket.on('error', () => {})
  await once(socket, 'connect')
  let closed = false
  socket.on('close', () => (closed = true))
  socket.resume()
  socket.write(bytes)
  // Insight answers nothing: that it read this is known when it has taken an exchange that came later.
  await stillLearns()
  socket.destroy()
  return closed
}

describe('the socket', { timeout: 120_000 }, () => {
  it('and all files belong to their owner alone', async () => {
    await stillLearns()
    assert.equal(statSync(socketPath()).mode & 0o077, 0)
    assert.equal(statSync(path.join(world.stateDir, 'insight')).mode & 0o777, 0o700)
    const files = [...filesBelow(path.join(world.stateDir, 'insight')), world.record]
    assert.ok(files.length >= 4)
    for (const file of files) assert.equal(statSync(file).mode & 0o777, 0o600, file)
  })

  it('refuses another user', t => {
    if (process.getuid?.() !== 0) return t.skip('only root can become somebody else')
    const program = `const s = require('node:net').connect(${JSON.stringify(socketPath())}); s.on('connect', () => { console.log('in'); process.exit() }); s.on('error', e => console.log(e.code))`
    const said = execFileSync(process.execPath, ['-e', program], { uid: 65534, gid: 65534, encoding: 'utf8', cwd: '/' })
    assert.equal(said.trim(), 'EACCES')
  })

  it('ends a connection that does not speak the protocol, and no other', async () => {
    const hello = helloBytes()
    const { status } = await world.insightWhen('it tells', () => true)
    const refused = status?.refused ?? 0
    const bad: ReadonlyArray<readonly [what: string, bytes: Buffer]> = [
      ['a request of HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
      ['random bytes', Buffer.from('9f7c1ab0ffee00d2'.repeat(64), 'hex')],
      ['a frame of 4 GiB', word(0xffff_fffc)],
      ['a frame of 4 GiB behind a hello', Buffer.concat([hello, word(0xffff_fffc)])],
      ['a frame of 5 MiB', Buffer.concat([hello, word(5 * 1024 * 1024)])],
      ['a frame of nothing', Buffer.concat([hello, word(0)])],
      ['a second hello', Buffer.concat([hello, hello])],
      ['events before the hello', frameOf(2, Buffer.from('{}\n'))],
      ['another protocol', frameOf(1, Buffer.from('{"protocol":2,"worker":0}'))],
      ['a hello that is no JSON', frameOf(1, Buffer.from('hello'))],
      ['an unknown kind', Buffer.concat([hello, frameOf(9, Buffer.from('x'))])],
      ['flags that mean nothing', Buffer.concat([hello, frameOf(2, Buffer.from('{}\n'), 0xff)])],
      ['padding beyond the frame', Buffer.concat([hello, Buffer.from([8, 0, 0, 0, 2, 0, 255, 255, 0, 0, 0, 0])])],
      ['an exchange whose lengths lie', Buffer.concat([hello, frameOf(3, Buffer.alloc(32, 0xff))])],
      [
        'an exchange with fields outside its text',
        Buffer.concat([
          hello,
          frameOf(
            3,
            Buffer.concat([
              word(3),
              word(0),
              word(1),
              word(1),
              word(0),
              word(0),
              word(0),
              word(0),
              word(0),
              word(9),
              word(9),
              word(99),
              Buffer.from('{}\nx'),
            ]),
          ),
        ]),
      ],
      ['counts of another length', Buffer.concat([hello, frameOf(4, Buffer.alloc(4))])],
    ]
    for (const [what, bytes] of bad) assert.equal(await closedAfter(bytes), true, what)
    const after = await world.insightWhen('they are counted', one => one.refused === refused + bad.length)
    assert.equal(after.status?.connections, 1)
  })

  it('takes a half frame and waits for the rest, byte by byte too', async () => {
    const whole = Buffer.concat([helloBytes(), frameOf(2, Buffer.from(`${line('half')}\n`))])
    assert.equal(await closedAfter(whole.subarray(0, whole.length - 7)), false)
    const { status } = await world.insightWhen('it tells', () => true)
    const socket = connect(socketPath())
    await once(socket, 'connect')
    socket.setNoDelay(true)
    for (const byte of whole) await new Promise(resolve => socket.write(Buffer.from([byte]), resolve))
    await world.insightWhen('it took it', ({ counts }) => counts.events > (status?.counts.events ?? 0))
    socket.destroy()
    await stillLearns()
  })

  it('quarantines lines that are no events, and takes the others of the frame', async () => {
    const before = (await world.insightWhen('it tells', () => true)).status
    const lines = [
      line('one'),
      '{"time":"canary',
      'null',
      '[]',
      '{"__proto__":{"time":1}}',
      '1e999',
      `"${'x'.repeat(100_000)}"`,
      '{'.repeat(50_000),
      line('two'),
    ]
    assert.equal(
      await closedAfter(Buffer.concat([helloBytes(), frameOf(2, Buffer.from(`${lines.join('\n')}\n`, 'latin1'))])),
      false,
    )
    const { status } = await world.insightWhen('it took them', one => one.quarantined['not JSON'] !== undefined)
    const refused = (one: typeof status): number =>
      Object.values(one?.quarantined ?? {}).reduce((sum, count) => sum + count, 0)
    assert.equal(refused(status) - refused(before), lines.length - 2)
    assert.doesNotMatch(JSON.stringify(status), /canary/)
  })
})

function line(id: string): string {
  return JSON.stringify({
    time: new Date().toISOString(),
    id: `s-${id}`,
    method: 'GET',
    host: 'x',
    path: '/by/socket',
    status: 200,
    service: 'shop',
    upstreamStatus: 200,
  })
}

describe('questions to insight', { timeout: 120_000 }, () => {
  const places = [
    '/inventory',
    '/services',
    '/posture',
    '/traces',
    '/traces/0af7651916cd43dd8448eb211c80319c',
    '/service-map',
    '/coverage',
  ]

  it('need the token', async () => {
    for (const where of places) {
      for (const token of [
        null,
        '',
        'x',
        'x'.repeat(64),
        `${readFileSync(path.join(world.stateDir, 'control-token'), 'utf8').trim()}x`,
      ]) {
        const { status, text } = await world.ask(where, token)
        assert.equal(status, 401, `${where} with ${token}`)
        assert.doesNotMatch(text, /operations|traces|"services"/)
      }
      const preflight = await fetch(`http://127.0.0.1:${world.controlPort}${where}`, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://evil.example',
          'access-control-request-method': 'GET',
          'access-control-request-headers': 'authorization',
        },
      })
      assert.equal(preflight.headers.get('access-control-allow-origin'), null)
    }
  })

  it('take nothing strange, and change nothing', async () => {
    for (const where of [
      '/traces/../../etc/passwd',
      '/traces/%2e%2e%2f%2e%2e%2fetc%2fpasswd',
      '/traces/__proto__',
      '/traces/constructor',
      '/traces/%00',
      '/traces/%zz',
      `/traces/${'a'.repeat(7000)}`,
      "/traces/'%3BDROP%20TABLE%20state",
      '/traces/',
      '/inventory/__proto__',
      '/__proto__',
      '/constructor',
    ]) {
      const { status, text } = await world.ask(where)
      assert.ok(status >= 400 && status < 500, `${where}: ${status}`)
      assert.doesNotMatch(text, /root:|node:internal|at .*\.ts/)
    }
    for (const query of [
      '?limit=-1',
      '?limit=1e99',
      '?__proto__[x]=1',
      '?constructor=1',
      `?${'a=1&'.repeat(2000)}`,
      '?id=%00',
      '?service[]=x&service=y',
    ]) {
      const { status } = await world.ask(`/inventory${query}`)
      assert.ok(status < 500, `${query}: ${status}`)
    }
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'])
      for (const where of places) {
        const token = readFileSync(path.join(world.stateDir, 'control-token'), 'utf8').trim()
        const answer = await fetch(`http://127.0.0.1:${world.controlPort}${where}`, {
          method,
          headers: { authorization: `Bearer ${token}` },
          body: '{}',
        })
        assert.equal(answer.status, 405, `${method} ${where}`)
      }
    await stillLearns()
  })

  it('asked hundreds at once are answered or sent away, and none breaks it', async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, i) => world.ask(places[i % places.length] as string).catch(() => ({ status: 0 }))),
    )
    for (const { status } of answers) assert.ok([0, 200, 404, 503].includes(status), `${status}`)
    assert.ok(answers.some(({ status }) => status === 200))
    await stillLearns()
  })
})
