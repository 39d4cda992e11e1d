import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { describe, it } from 'node:test'
import { settle, until } from '../../../test/support/connection-desk.ts'
import { Pulse } from '../pulse.ts'
import type { ResponseHead } from './response-head.ts'
import { type ResponseSink, UpstreamConnection, type UpstreamFailure } from './upstream-connection.ts'

/** One exchange as it went. */
class Seen implements ResponseSink {
  readonly interims: number[] = []
  head: ResponseHead | null = null
  body = ''
  trailers: string | null = null
  ended = false
  failed: readonly [kind: UpstreamFailure, reason: string, answered: boolean] | null = null
  drained = 0
  onHead: () => void = () => {}

  informational(head: ResponseHead): void {
    this.interims.push(head.status)
  }
  response(head: ResponseHead): void {
    this.head = head
    this.onHead()
  }
  responseData(bytes: Buffer, from: number, to: number): void {
    this.body += bytes.toString('latin1', from, to)
  }
  responseFlush(): void {}
  responseEnd(trailers: { text: string } | null): void {
    this.trailers = trailers?.text ?? null
    this.ended = true
  }
  upstreamDrained(): void {
    this.drained++
  }
  upstreamFailed(kind: UpstreamFailure, reason: string, answered: boolean): void {
    this.failed = [kind, reason, answered]
  }
}

interface Bench extends AsyncDisposable {
  readonly connection: UpstreamConnection
  readonly service: Socket
  readonly pulse: Pulse
  /** How often it was handed back for another exchange, and whether it is gone. */
  readonly returned: { count: number; gone: boolean }
  /** What happens when it is handed back. */
  whenIdle: (() => void) | null
  received(): string
  /** A GET that was sent completely. */
  get(toHead?: boolean): Seen
  beats(count: number): void
}

async function bench(): Promise<Bench> {
  const server = createServer({ noDelay: true, allowHalfOpen: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection')
  const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', noDelay: true })
  const [service] = (await accepted) as [Socket]
  if (socket.connecting) await once(socket, 'connect')
  let text = ''
  service.on('data', chunk => void (text += chunk.toString('latin1')))
  service.on('error', () => {})
  const pulse = new Pulse()
  pulse.stop()
  const returned = { count: 0, gone: false }
  const made: Bench = {
    connection: new UpstreamConnection(
      socket,
      pulse,
      { responseMs: 10_000, idleMs: 20_000, keepAliveMs: 30_000 },
      () => {
        returned.count++
        made.whenIdle?.()
      },
      () => void (returned.gone = true),
    ),
    service,
    pulse,
    returned,
    whenIdle: null,
    received: () => text,
    get: (toHead = false) => {
      const seen = new Seen()
      made.connection.send(`${toHead ? 'HEAD' : 'GET'} / HTTP/1.1\r\nHost: a\r\n\r\n`, seen, toHead, false)
      made.connection.finish()
      return seen
    },
    beats: count => {
      for (let i = 0; i < count; i++) pulse.beat()
    },
    [Symbol.asyncDispose]: async () => {
      made.connection.abandon()
      service.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
  socket.on('data', (chunk: Buffer) => made.connection.received(chunk, chunk.length))
  return made
}

describe('a connection to a service', () => {
  it('carries one exchange after the other', async () => {
    await using b = await bench()
    for (const body of ['one', 'two', 'three']) {
      const seen = b.get()
      b.service.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
      await until(() => seen.ended, 'the answer')
      assert.equal(seen.body, body)
    }
    assert.equal(b.returned.count, 3)
    assert.equal(b.connection.used, 3)
  })

  for (const [name, head, toHead] of [
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', false],
    ['length 0', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', false],
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n', true],
    ['a body', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi', false],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', false],
  ] as const) {
    it(`bytes behind ${name} are never the answer to the request that waits for the connection`, async () => {
      await using b = await bench()
      const waiting = new Seen()
      b.whenIdle = () => {
        b.connection.send('GET /2 HTTP/1.1\r\n\r\n', waiting, false, false)
        b.connection.finish()
      }
      const seen = b.get(toHead)
      b.service.write(`${head}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`)
      await until(() => b.returned.gone, 'the connection is closed')
      assert.equal(seen.ended, true)
      assert.equal(seen.failed, null)
      assert.equal(b.returned.count, 0)
      assert.equal(waiting.head, null)
    })
  }

  it('bytes on an idle connection end it', async () => {
    await using b = await bench()
    const seen = b.get()
    b.service.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    await until(() => seen.ended, 'the answer')
    assert.equal(b.connection.open, true)
    b.service.write('HTTP/1.1 200 OK\r\n')
    await until(() => b.returned.gone, 'closed')
    assert.equal(b.connection.open, false)
  })

  it('an exchange that stopped the reading leaves the connection listening', async () => {
    await using b = await bench()
    const seen = b.get()
    // A response hook waits: reading is stopped in the read that brings the whole answer.
    seen.onHead = () => b.connection.pause()
    b.service.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi')
    await until(() => seen.ended, 'the first answer')
    const second = b.get()
    b.service.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nho')
    await until(() => second.ended, 'the second answer')
    assert.equal(second.body, 'ho')
  })

  it('a long upload that never meets a full socket is progress', async () => {
    await using b = await bench()
    const seen = new Seen()
    b.connection.send('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n', seen, false, true)
    for (let second = 0; second < 100; second++) {
      b.beats(1)
      b.connection.write(Buffer.from('x'), 0, 1)
      b.connection.flush()
    }
    assert.equal(seen.failed, null)
    b.beats(21)
    assert.match(String(seen.failed), /^timeout,/)
  })

  it('an answer that is complete before the request ends is whole, and the connection is not used again', async () => {
    await using b = await bench()
    const seen = new Seen()
    b.connection.send('POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n', seen, false, false)
    b.connection.flush()
    b.service.write('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno')
    await until(() => seen.ended, 'the answer')
    assert.equal(seen.body, 'no')
    await until(() => b.returned.gone, 'closed')
    assert.equal(b.returned.count, 0)
  })

  it('interim answers pass, 101 and a flood of them do not', async () => {
    await using b = await bench()
    const good = b.get()
    b.service.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n')
    await until(() => good.ended, 'the answer')
    assert.deepEqual(good.interims, [100, 103])
    const flood = b.get()
    b.service.write('HTTP/1.1 102 Processing\r\n\r\n'.repeat(17))
    await until(() => flood.failed !== null, 'the flood ends')
    assert.equal(flood.failed?.[0], 'malformed')
    await using other = await bench()
    const switching = other.get()
    other.service.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n')
    await until(() => switching.failed !== null, '101 is refused')
    assert.equal(switching.failed?.[0], 'malformed')
  })

  it('trailers come with the end, and a body without length ends with the connection', async () => {
    await using b = await bench()
    const seen = b.get()
    b.service.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX: y\r\n\r\n')
    await until(() => seen.ended, 'the answer')
    assert.equal(seen.trailers, 'X: y\r\n')
    const last = b.get()
    b.service.end('HTTP/1.1 200 OK\r\n\r\nuntil the end')
    await until(() => last.ended, 'the last answer')
    assert.equal(last.body, 'until the end')
    assert.equal(b.returned.count, 1)
  })

  it('a reset in a body without length is a failure, not an end', async () => {
    await using b = await bench()
    const seen = b.get()
    b.service.write('HTTP/1.1 200 OK\r\n\r\nhalf')
    await until(() => seen.body === 'half', 'half')
    b.service.resetAndDestroy()
    await until(() => seen.failed !== null, 'the failure')
    assert.equal(seen.ended, false)
    assert.equal(seen.failed?.[2], true)
  })

  it('a close before any byte says so, which is what a retry needs to know', async () => {
    await using b = await bench()
    const seen = b.get()
    await until(() => b.received() !== '', 'the request')
    b.service.destroy()
    await until(() => seen.failed !== null, 'the failure')
    assert.deepEqual([seen.failed?.[0], seen.failed?.[2]], ['closed', false])
  })

  it('time-outs: no answer, a stalled body, an unused connection; none while the client is slow', async () => {
    await using silent = await bench()
    const unanswered = silent.get()
    silent.beats(10)
    assert.equal(unanswered.failed, null)
    silent.beats(1)
    assert.equal(unanswered.failed?.[0], 'timeout')
    await using stalled = await bench()
    const half = stalled.get()
    stalled.service.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')
    await until(() => half.body === 'half', 'half')
    stalled.connection.pause()
    stalled.beats(100)
    assert.equal(half.failed, null)
    stalled.connection.resume()
    stalled.beats(21)
    assert.equal(half.failed?.[0], 'timeout')
    await using unused = await bench()
    unused.beats(31)
    await until(() => unused.returned.gone, 'closed')
  })

  it('a connection that was taken and not used goes back', async () => {
    await using b = await bench()
    b.connection.giveBack()
    assert.equal(b.returned.count, 1)
    b.service.destroy()
    await until(() => b.returned.gone, 'gone')
    b.connection.giveBack()
    assert.equal(b.returned.count, 1)
  })

  it('requests go out as they were given, chunked ones in chunks with their trailers', async () => {
    await using b = await bench()
    b.connection.send('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n', new Seen(), false, true)
    b.connection.write(Buffer.from('xhellox'), 1, 6)
    b.connection.write(Buffer.alloc(0), 0, 0)
    b.connection.finish('X: y\r\n')
    await until(() => b.received().endsWith('\r\n\r\n') && b.received().includes('X: y'), 'the request')
    assert.equal(b.received(), 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n')
    await settle()
  })
})
