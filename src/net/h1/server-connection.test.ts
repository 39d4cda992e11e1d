import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Met, openDesk, reply, settle, until } from '../../../test/support/connection-desk.ts'
import { UNTIL_CLOSE } from './framing.ts'

const get = (path: string, ...lines: string[]): string =>
  [`GET ${path} HTTP/1.1`, 'Host: a.example', ...lines, '', ''].join('\r\n')
const post = (path: string, length: number): string =>
  `POST ${path} HTTP/1.1\r\nHost: a.example\r\nContent-Length: ${length}\r\n\r\n`
const answerAll = { onRequest: (met: Met) => reply(met.connection, 200, met.head.target) }

describe('a client connection: order', () => {
  it('pipelined requests are met one at a time and answered in order', async () => {
    await using desk = await openDesk()
    const client = await desk.client()
    client.send(get('/1') + get('/2') + get('/3'))
    for (const path of ['/1', '/2', '/3']) {
      await until(() => desk.met.at(-1)?.head.target === path, path)
      await settle()
      assert.equal(desk.met.at(-1)?.head.target, path, 'the next one waits for the answer')
      reply((desk.met.at(-1) as Met).connection, 200, path)
    }
    const text = await client.receives(/\/3$/)
    assert.deepEqual(text.match(/\/\d$|\/\d(?=HTTP)/gm), ['/1', '/2', '/3'])
  })

  it('half a pipelined head does not stop the connection', async () => {
    await using desk = await openDesk()
    const client = await desk.client()
    const second = get('/2')
    client.send(get('/1') + second.slice(0, 20))
    await until(() => desk.met.length === 1, 'the first request')
    await settle()
    reply((desk.met[0] as Met).connection, 200, 'one')
    await client.receives(/one$/)
    client.send(second.slice(20))
    await until(() => desk.met.length === 2, 'the second request')
    reply((desk.met[1] as Met).connection, 200, 'two')
    await client.receives(/two$/)
  })

  it('a client that asks on without reading waits instead of filling memory', async () => {
    const body = 'x'.repeat(64 * 1024)
    await using desk = await openDesk({ onRequest: met => void setImmediate(() => reply(met.connection, 200, body)) })
    const client = await desk.client()
    client.socket.pause()
    client.send(get('/').repeat(900))
    let met = 0
    await until(() => {
      const still = desk.met.length === met && met > 0
      met = desk.met.length
      return still && desk.connections[0]?.socket.writableNeedDrain === true
    }, 'the requests wait')
    await settle()
    assert.ok(desk.met.length < 300, `${desk.met.length} of 900 were answered to nobody`)
    assert.ok((desk.connections[0]?.socket.writableLength ?? 0) < 1024 * 1024)
    client.socket.resume()
    await until(() => desk.met.length === 900, 'all are answered when it reads')
    await until(() => client.text.length > 900 * body.length, 'and arrive')
  })

  it('an empty line between two requests is skipped, and one behind the last is nothing', async () => {
    await using desk = await openDesk(answerAll)
    const client = await desk.client()
    client.send(`${get('/1')}\r\n${get('/2')}\r\n`)
    await client.receives(/\/2$/)
    client.socket.end()
    assert.equal(await client.over(), 'end')
    assert.deepEqual(desk.refused, [])
  })

  it('bytes that wait are copies: the reader’s buffer is used again at once', async () => {
    await using desk = await openDesk()
    await desk.client()
    await until(() => desk.connections.length === 1, 'the connection')
    const connection = desk.connections[0]
    const buffer = Buffer.from(`${post('/1', 5)}he`)
    connection?.received(buffer, buffer.length)
    buffer.fill(120)
    connection?.received(Buffer.from('llo'), 3)
    desk.met[0]?.connection.readBody()
    assert.equal(desk.met[0]?.body, 'hello')
    assert.equal(desk.met[0]?.ended, true)
  })
})

describe('a client connection: keeping and closing', () => {
  const cases: ReadonlyArray<readonly [name: string, request: string, connection: string | null]> = [
    ['HTTP/1.1 is kept', get('/'), null],
    ['Connection: close is closed', get('/', 'Connection: close'), 'close'],
    ['close beside others is closed', get('/', 'Connection: keep-alive, Close'), 'close'],
    ['HTTP/1.0 is closed', 'GET / HTTP/1.0\r\n\r\n', 'close'],
    ['HTTP/1.0 is kept when it asks', 'GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n', 'keep-alive'],
  ]
  for (const [name, request, connection] of cases) {
    it(name, async () => {
      await using desk = await openDesk(answerAll)
      const client = await desk.client()
      client.send(request)
      const text = await client.receives(/\/$/)
      assert.equal(/^Connection: (.*?)\r$/m.exec(text)?.[1] ?? null, connection)
      if (connection === 'close') assert.equal(await client.over(), 'end')
      else {
        client.send(request)
        await until(() => desk.met.length === 2, 'a second request')
      }
    })
  }

  it('the last allowed request says so and nothing behind it is met', async () => {
    await using desk = await openDesk({ ...answerAll, limits: { requestsPerConnectionMax: 2 } })
    const client = await desk.client()
    client.send(get('/1') + get('/2') + get('/3'))
    assert.equal(await client.over(), 'end')
    assert.equal(desk.met.length, 2)
    assert.equal(client.text.match(/Connection: close/g)?.length, 1)
  })

  it('a half-closed client that asked completely gets its answers', async () => {
    await using desk = await openDesk()
    const client = await desk.client()
    client.send(get('/1') + get('/2'))
    client.socket.end()
    for (const path of ['/1', '/2']) {
      await until(() => desk.met.at(-1)?.head.target === path, path)
      await settle()
      reply((desk.met.at(-1) as Met).connection, 200, path)
    }
    assert.equal(await client.over(), 'end')
    assert.match(client.text, /\/1HTTP.*\/2$/s)
  })

  it('a half-closed client whose body is not complete is aborted, also when the body waited', async () => {
    await using desk = await openDesk()
    const client = await desk.client()
    client.send(`${post('/', 10)}hello`)
    client.socket.end()
    await until(() => desk.met.length === 1, 'the request')
    desk.met[0]?.connection.readBody()
    await until(() => (desk.met[0]?.aborted ?? null) !== null, 'aborted')
    assert.equal(desk.met[0]?.ended, false)
  })

  it('drain ends an idle connection now and a busy one with its answer', async () => {
    await using desk = await openDesk()
    const [idle, busy] = [await desk.client(), await desk.client()]
    busy.send(get('/'))
    await until(() => desk.met.length === 1 && desk.connections.length === 2, 'both')
    for (const connection of desk.connections) connection.drain()
    assert.equal(await idle.over(), 'end')
    reply((desk.met[0] as Met).connection, 200, 'done')
    await busy.receives(/Connection: close\r\n\r\ndone$/)
    assert.equal(await busy.over(), 'end')
  })

  it('a broken-off answer never looks complete: HTTP/1.0 gets a reset, HTTP/1.1 no last chunk', async () => {
    await using desk = await openDesk({
      onRequest: ({ connection }) => {
        connection.begin(200, 'HTTP/1.1 200 OK\r\n', UNTIL_CLOSE, null, false)
        connection.writeText('half')
        connection.flush()
      },
    })
    const [old, now] = [await desk.client(), await desk.client()]
    old.send('GET / HTTP/1.0\r\n\r\n')
    now.send(get('/'))
    await old.receives(/half$/)
    if (!now.text.endsWith('half')) await now.receives('half')
    for (const { connection } of desk.met) connection.destroy()
    assert.equal(await old.over(), 'reset')
    await now.over()
    assert.doesNotMatch(now.text, /0\r\n\r\n$/)
  })
})

describe('a client connection: answers', () => {
  it('nothing follows the head of an answer to HEAD, of 204 and of 304', async () => {
    const statuses = [200, 204, 304]
    await using desk = await openDesk({
      onRequest: ({ connection }) => reply(connection, statuses.shift() as number, 'body'),
    })
    const client = await desk.client()
    client.send(get('/').replace('GET', 'HEAD') + get('/') + get('/'))
    const text = await client.receives(/304 Status\r\n.*\r\n\r\n$/s)
    assert.doesNotMatch(text, /body/)
    assert.equal(text.match(/Content-Length: 4/g)?.length, 2, 'declared for HEAD and 304, never for 204')
  })

  it('an answer of unknown length is chunked, and to HTTP/1.0 it ends with the connection', async () => {
    await using desk = await openDesk({
      onRequest: ({ connection }) => {
        connection.begin(200, 'HTTP/1.1 200 OK\r\n', UNTIL_CLOSE, null, false)
        connection.write(Buffer.from('xhellox'), 1, 6)
        connection.finish('X-Trailer: y\r\n')
      },
    })
    const [now, old] = [await desk.client(), await desk.client()]
    now.send(get('/'))
    await now.receives(/Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Trailer: y\r\n\r\n$/)
    old.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
    assert.equal(await old.over(), 'end')
    assert.match(old.text, /^HTTP\/1\.1 200 OK\r\nConnection: close\r\n\r\nhello$/)
  })

  it('100 Continue goes out before the answer, never to HTTP/1.0 and never behind the answer’s head', async () => {
    await using desk = await openDesk({
      onRequest: ({ connection, head }) => {
        if (head.expectContinue) connection.interim(100, 'Continue', '')
        connection.flush()
        connection.readBody()
      },
      onData: ({ connection }) => {
        reply(connection, 200, 'ok')
      },
    })
    const client = await desk.client()
    client.send('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n')
    await client.receives(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
    client.send('hi')
    await client.receives(/ok$/)
    const old = await desk.client()
    old.send('POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi')
    await old.over()
    assert.match(old.text, /^HTTP\/1\.1 200/)
  })
})

describe('a client connection: bodies', () => {
  it('a body waits until it is wanted, is charged to the budget, and slows the client down', async () => {
    await using desk = await openDesk()
    const client = await desk.client()
    client.send(post('/', 1_000_000) + 'x'.repeat(1_000_000))
    await until(() => desk.met.length === 1, 'the request')
    await until(() => desk.budget.used > 0, 'charged')
    await settle()
    assert.ok(desk.budget.used <= 128 * 1024, `${desk.budget.used} bytes are held`)
    assert.equal(desk.met[0]?.body, '')
    desk.met[0]?.connection.readBody()
    await until(() => desk.met[0]?.ended === true, 'the whole body')
    assert.equal(desk.met[0]?.body.length, 1_000_000)
    assert.equal(desk.budget.used, 0)
  })

  it('a pause that is taken back in the same read leaves nobody deaf', async () => {
    await using desk = await openDesk({
      onRequest: ({ connection }) => connection.readBody(),
      onData: ({ connection }) => {
        connection.pauseBody()
        connection.readBody()
      },
    })
    const client = await desk.client()
    client.send(`${post('/', 10)}hello`)
    await until(() => desk.met[0]?.body === 'hello', 'the first half')
    await settle()
    client.send('world')
    await until(() => desk.met[0]?.ended === true, 'the second half')
  })

  it('a spent budget breaks an open exchange off and never writes a second head into its answer', async () => {
    await using desk = await openDesk({
      budget: 1000,
      onRequest: ({ connection }) => {
        connection.begin(200, 'HTTP/1.1 200 OK\r\n', 100, null, false)
        connection.writeText('half an answer')
        connection.flush()
      },
    })
    const client = await desk.client()
    client.send(get('/1'))
    await client.receives(/half an answer$/)
    client.send(get('/2', `X: ${'y'.repeat(2000)}`))
    await client.over()
    assert.deepEqual(desk.refused, [])
    assert.match(client.text, /^HTTP\/1\.1 200 OK\r\n[^H]*half an answer$/)
    assert.match(desk.met[0]?.aborted?.[0] ?? '', /budget/)
  })

  it('a spent budget refuses a new head', async () => {
    await using desk = await openDesk({ budget: 100 })
    const client = await desk.client()
    client.send(`GET / HTTP/1.1\r\nX: ${'y'.repeat(200)}`)
    await client.over()
    assert.equal(desk.refused[0]?.[0], 'overloaded')
  })

  it('the rest of a refused body is read away and the next request is met', async () => {
    await using desk = await openDesk({ onRequest: ({ connection, head }) => reply(connection, 413, head.target) })
    const client = await desk.client()
    client.send(post('/1', 50_000) + 'x'.repeat(20_000))
    await client.receives(/\/1$/)
    client.send('x'.repeat(30_000) + get('/2'))
    await client.receives(/\/2$/)
    assert.equal(desk.met.length, 2)
  })

  it('more than is read away ends the connection, and nothing behind it is met', async () => {
    await using desk = await openDesk({ onRequest: ({ connection, head }) => reply(connection, 413, head.target) })
    const client = await desk.client()
    client.send(post('/1', 300_000) + 'x'.repeat(300_000) + get('/2'))
    await client.over()
    await settle()
    assert.deepEqual(
      desk.met.map(({ head }) => head.target),
      ['/1'],
    )
  })

  it('the client of a refused body sees the answer and not a reset', async () => {
    await using desk = await openDesk({ onRequest: ({ connection }) => reply(connection, 413, 'too large', true) })
    const client = await desk.client()
    client.send(`${post('/', 200_000)}${'x'.repeat(200_000)}`)
    await client.receives(/too large$/)
    assert.equal(await client.over(), 'end')
  })

  it('a chunked body that is malformed is aborted with its code, and its data before counts for nothing', async () => {
    await using desk = await openDesk({ onRequest: ({ connection }) => connection.readBody() })
    const client = await desk.client()
    client.send(
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n+5\r\nworld\r\n0\r\n\r\n',
    )
    await until(() => (desk.met[0]?.aborted ?? null) !== null, 'aborted')
    assert.equal(desk.met[0]?.aborted?.[1], 'malformed-request')
    assert.equal(desk.met[0]?.ended, false)
    await client.over()
  })

  it('trailers come with the end', async () => {
    await using desk = await openDesk({ onRequest: ({ connection }) => connection.readBody() })
    const client = await desk.client()
    client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX: y\r\n\r\n')
    await until(() => desk.met[0]?.ended === true, 'the end')
    assert.equal(desk.met[0]?.trailers, 'X: y\r\n')
    assert.equal(desk.met[0]?.body, 'hi')
  })

  it('a client that is gone is told once', async () => {
    await using desk = await openDesk()
    const client = await desk.client()
    client.send(get('/'))
    await until(() => desk.met.length === 1, 'the request')
    client.socket.resetAndDestroy()
    await until(() => (desk.met[0]?.aborted ?? null) !== null, 'aborted')
    assert.equal(desk.met[0]?.aborted?.[1], null)
  })
})

describe('a client connection: limits', () => {
  const cases: ReadonlyArray<readonly [name: string, request: string, code: string]> = [
    ['too many fields', get('/', ...Array.from({ length: 10 }, (_, i) => `X-${i}: y`)), 'head-too-large'],
    ['a head too large', get('/', `X: ${'y'.repeat(3000)}`), 'head-too-large'],
    ['a head too large without end', `GET / HTTP/1.1\r\nX: ${'y'.repeat(3000)}`, 'head-too-large'],
    ['a target too long', get(`/${'a'.repeat(1500)}`), 'uri-too-long'],
    ['a request line without end', `GET /${'a'.repeat(5000)}`, 'uri-too-long'],
  ]
  for (const [name, request, code] of cases) {
    it(`${name}: ${code}, whole and in pieces`, async () => {
      await using desk = await openDesk({ limits: { headBytesMax: 2048, fieldsMax: 10, urlBytesMax: 1024 } })
      for (const step of [request.length, 7]) {
        const client = await desk.client()
        for (let at = 0; at < request.length && client.ended === null; at += step) {
          client.send(request.slice(at, at + step))
          await new Promise(resolve => setImmediate(resolve))
        }
        await client.over()
        assert.equal(desk.refused.at(-1)?.[0], code)
      }
      assert.equal(desk.refused.length, 2)
      assert.equal(desk.met.length, 0)
    })
  }
})

describe('a client connection: time', () => {
  it('a connection that never asks is closed after the time for a head', async () => {
    await using desk = await openDesk()
    const client = await desk.client()
    await until(() => desk.connections.length === 1, 'the connection')
    desk.beats(10)
    await settle()
    assert.equal(client.ended, null, 'never early')
    desk.beats(1)
    await client.over()
    assert.equal(client.text, '')
  })

  it('the time for a head counts from its first byte, whatever follows (slowloris)', async () => {
    await using desk = await openDesk()
    const client = await desk.client()
    client.send('GET / HTTP/1.1\r\n')
    for (let line = 0; line < 12 && client.ended === null; line++) {
      await until(() => desk.budget.used > 0 || desk.refused.length > 0, 'the line arrived')
      const held = desk.budget.used
      client.send(`X-${line}: y\r\n`)
      await until(() => desk.budget.used > held || desk.refused.length > 0, 'the next line arrived')
      desk.beats(1)
    }
    assert.equal(desk.refused[0]?.[0], 'request-timeout')
    await client.over()
    assert.match(client.text, /^HTTP\/1\.1 400.*request-timeout$/s)
  })

  it('on a kept connection it counts from the first byte of that head', async () => {
    await using desk = await openDesk(answerAll)
    const client = await desk.client()
    client.send(get('/1'))
    await client.receives(/\/1$/)
    desk.beats(40)
    client.send('GET /2 HTTP')
    await until(() => desk.budget.used > 0, 'the beginning arrived')
    desk.beats(10)
    assert.deepEqual(desk.refused, [])
    desk.beats(1)
    assert.equal(desk.refused[0]?.[0], 'request-timeout')
  })

  it('an idle connection is closed without a word', async () => {
    await using desk = await openDesk(answerAll)
    const client = await desk.client()
    client.send(get('/'))
    await client.receives(/\/$/)
    const before = client.text
    desk.beats(61)
    assert.equal(await client.over(), 'end')
    assert.equal(client.text, before)
  })

  it('a body that stops coming is a time-out; while nobody asks for it, it is not', async () => {
    await using desk = await openDesk()
    const client = await desk.client()
    client.send(`${post('/', 10)}hello`)
    await until(() => desk.met.length === 1, 'the request')
    desk.beats(100)
    assert.equal(desk.met[0]?.aborted, null)
    desk.met[0]?.connection.readBody()
    await until(() => desk.met[0]?.body === 'hello', 'half of the body')
    desk.beats(30)
    assert.equal(desk.met[0]?.aborted, null)
    desk.beats(1)
    assert.equal(desk.met[0]?.aborted?.[1], 'request-timeout')
    await client.over()
  })

  it('a client that does not read its answer is cut', async () => {
    const piece = Buffer.alloc(64 * 1024, 'x')
    await using desk = await openDesk()
    const client = await desk.client()
    client.socket.pause()
    client.send(get('/'))
    await until(() => desk.met.length === 1, 'the request')
    const { connection } = desk.met[0] as Met
    connection.begin(200, 'HTTP/1.1 200 OK\r\n', 1 << 30, null, false)
    do {
      connection.write(piece, 0, piece.length)
      await settle()
    } while (connection.flush())
    desk.beats(30)
    assert.equal(desk.met[0]?.aborted, null)
    desk.beats(1)
    assert.match(desk.met[0]?.aborted?.[0] ?? '', /does not read/)
  })

  it('a connection that lingers is cut after a few seconds', async () => {
    await using desk = await openDesk({ onRequest: ({ connection }) => reply(connection, 200, 'bye', true) })
    const client = await desk.client()
    client.send(get('/'))
    await client.receives(/bye$/)
    assert.equal(await client.over(), 'end')
    desk.beats(3)
    await until(() => desk.connections[0]?.socket.destroyed === true, 'cut')
  })
})
