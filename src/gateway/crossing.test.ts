import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, it } from 'node:test'
import { settle, until } from '../../test/support/connection-desk.ts'
import { crossingWorld, type World } from '../../test/support/crossing-world.ts'
import type { Compiled } from '../core/policy.ts'
import { refuse } from '../core/problem.ts'
import { capturedMax } from './capture.ts'
import { PASS, type Verdict } from '../core/verdict.ts'
import type { UpstreamConnection } from '../net/h1/upstream-connection.ts'

/** A client of one connection that keeps what it reads. */
interface Client {
  readonly socket: Socket
  text: string
  over: boolean
}

async function client(world: World, request = ''): Promise<Client> {
  const socket = connect({ port: world.port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
  const made: Client = { socket, text: '', over: false }
  socket.on('data', chunk => void (made.text += chunk.toString('latin1')))
  socket.on('error', () => {})
  socket.on('end', () => void (made.over = true))
  socket.on('close', () => void (made.over = true))
  await once(socket, 'connect')
  socket.write(request, 'latin1')
  return made
}

/** A policy that wants the whole body. */
const holds: Compiled = { body: () => PASS }
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
const post = (path: string, body: string, ...lines: string[]): string =>
  [`POST ${path} HTTP/1.1`, 'Host: a', `Content-Length: ${body.length}`, ...lines, '', body].join('\r\n')
const chunked = (path: string, ...chunks: string[]): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunks.map(one => `${one.length.toString(16)}\r\n${one}\r\n`).join('')}`
const ok = (text: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`

/** A raw service that keeps what it gets and is told per request what to do. */
function service(answer: (path: string, socket: Socket, count: number) => void): {
  readonly seen: string[]
  readonly text: () => string
  take(socket: Socket): void
} {
  const seen: string[] = []
  let all = ''
  return {
    seen,
    text: () => all,
    take: socket => {
      socket.on('data', chunk => {
        const text = chunk.toString('latin1')
        all += text
        for (const [, method, path] of text.matchAll(/(?:^|\r\n|[^A-Z])([A-Z]+) (\/\S*) HTTP\/1\.1\r\n/g)) {
          seen.push(`${method} ${path}`)
          answer(path as string, socket, seen.length)
        }
      })
    },
  }
}

describe('a response hook that waits', () => {
  for (const end of ['refuses', 'loses its client', 'passes'] as const) {
    it(`and ${end} does no harm to the exchange that has its connection by then`, async () => {
      let decide: (verdict: Verdict) => void = () => {}
      const origin = service((path, socket) => {
        if (path === '/a') socket.write(ok('first'))
      })
      await using world = await crossingWorld({
        connectionsMax: 1,
        policy: { response: x => (x.path === '/a' ? new Promise<Verdict>(resolve => (decide = resolve)) : PASS) },
        service: origin.take,
      })
      const a = await client(world, get('/a'))
      await until(() => origin.seen.length === 1, 'the first request')
      await settle()
      const b = await client(world, get('/b'))
      await until(() => origin.seen.length === 2, 'the second request, on the same connection')
      if (end === 'refuses') decide(refuse('forbidden', {}))
      else if (end === 'passes') decide(PASS)
      else a.socket.resetAndDestroy()
      await until(() => world.outcomes.length === 1, 'the first exchange is over')
      await settle()
      world.services[0]?.write(ok('second'))
      await until(() => b.text.endsWith('second'), 'the second answer')
      if (end !== 'loses its client')
        await until(() => a.text.endsWith(end === 'passes' ? 'first' : '}'), 'the first answer')
      if (end === 'refuses') assert.match(a.text, /^HTTP\/1\.1 403 (?!.*first)/s)
      decide(PASS)
      assert.equal(world.services.length, 1)
      b.socket.destroy()
    })
  }

  it('then passes on everything that came meanwhile, trailers too', async () => {
    let decide: (verdict: Verdict) => void = () => {}
    const origin = service((_path, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n')
      setImmediate(() => socket.write('5\r\nworld\r\n0\r\nX-End: y\r\nSet-Host: z\r\nContent-Length: 3\r\n\r\n'))
    })
    await using world = await crossingWorld({
      policy: { response: () => new Promise<Verdict>(resolve => (decide = resolve)) },
      service: origin.take,
    })
    const a = await client(world, get('/a'))
    await until(() => origin.seen.length === 1, 'the request')
    await settle()
    assert.equal(a.text, '')
    decide(PASS)
    await until(() => a.text.endsWith('X-End: y\r\nSet-Host: z\r\n\r\n'), 'the answer')
    assert.equal(a.text.replaceAll(/\r\n[0-9a-f]+\r\n/g, '').includes('hello'), true)
    assert.equal(world.outcomes[0]?.outcome.responseBytes, 10)
  })
})

describe('a client that goes', () => {
  it('while a policy waits: nothing is forwarded, and the policy is told once', async () => {
    let decide: (verdict: Verdict) => void = () => {}
    let done = 0
    const origin = service(() => {})
    await using world = await crossingWorld({
      policy: { request: () => new Promise<Verdict>(resolve => (decide = resolve)), done: () => void done++ },
      service: origin.take,
    })
    const a = await client(world, get('/a'))
    await until(() => world.inFlight() === 1, 'the exchange')
    a.socket.resetAndDestroy()
    await until(() => world.outcomes.length === 1, 'its end')
    decide(PASS)
    await settle()
    assert.equal(world.services.length, 0)
    assert.equal(done, 1)
    assert.equal(world.outcomes[0]?.outcome.code, 'client-closed')
  })

  it('while it waits for a connection: the connection is kept for the next one', async () => {
    const origin = service((path, socket) => {
      if (path !== '/a') socket.write(ok(path))
    })
    await using world = await crossingWorld({ connectionsMax: 1, service: origin.take })
    const a = await client(world, get('/a'))
    await until(() => origin.seen.length === 1, 'the connection is busy')
    const b = await client(world, get('/b'))
    await until(() => world.inFlight() === 2, 'the second waits')
    b.socket.resetAndDestroy()
    await until(() => world.outcomes.length === 1, 'the second is over')
    const c = await client(world, get('/c'))
    await until(() => world.inFlight() === 2, 'the third waits')
    world.services[0]?.write(ok('first'))
    await until(() => a.text.endsWith('first') && c.text.endsWith('/c'), 'first and third')
    assert.deepEqual(origin.seen, ['GET /a', 'GET /c'])
    assert.equal(world.services.length, 1)
  })

  it('while it waits for a connection: its place is free at once, however many leave', async () => {
    const origin = service((path, socket) => {
      if (path !== '/a') socket.write(ok(path))
    })
    await using world = await crossingWorld({ connectionsMax: 1, service: origin.take })
    await client(world, get('/a'))
    await until(() => origin.seen.length === 1, 'the connection is busy')
    // More than may wait at a time.
    for (let gone = 0; gone < 1100; gone += 100) {
      const crowd = await Promise.all(Array.from({ length: 100 }, () => client(world, get('/b'))))
      await until(() => world.inFlight() === 101, 'all of them wait')
      for (const { socket } of crowd) socket.resetAndDestroy()
      await until(() => world.inFlight() === 1, 'all of them are over')
    }
    const c = await client(world, get('/c'))
    await until(() => world.inFlight() === 2, 'the last waits')
    world.services[0]?.write(ok('first'))
    await until(() => c.text.endsWith('/c'), 'the last gets its answer')
  })

  it('while the service answers: the service’s connection is closed', async () => {
    const origin = service((_path, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')
    })
    await using world = await crossingWorld({ service: origin.take })
    const a = await client(world, get('/a'))
    await until(() => a.text.endsWith('half'), 'half')
    a.socket.resetAndDestroy()
    await until(() => world.services[0]?.destroyed === true, 'closed')
    assert.equal(world.outcomes.length, 1)
  })
})

describe('an answer before the end of the request', () => {
  it('reaches the client, the rest of the body is read away, and the connection serves on', async () => {
    const origin = service((path, socket) => {
      socket.write(path === '/up' ? 'HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno' : ok('next'))
    })
    await using world = await crossingWorld({ service: origin.take })
    const a = await client(world, chunked('/up', 'hello'))
    await until(() => a.text.endsWith('no'), 'the answer')
    a.socket.write(`5\r\nworld\r\n0\r\n\r\n${get('/next')}`)
    await until(() => a.text.endsWith('next'), 'the next answer')
    assert.deepEqual(origin.seen, ['POST /up', 'GET /next'])
    assert.equal(world.services.length, 2, 'the half-used connection was not used again')
  })
})

describe('retries', () => {
  /** Answers the first request of a connection and closes on the second without a byte. */
  const stale = (): ReturnType<typeof service> => {
    const used = new Map<Socket, number>()
    return service((path, socket) => {
      const count = (used.get(socket) ?? 0) + 1
      used.set(socket, count)
      if (count === 1) socket.write(ok(path))
      else socket.destroy()
    })
  }

  it('a stale connection is not a 502 for GET: once more on a fresh one', async () => {
    const origin = stale()
    await using world = await crossingWorld({ service: origin.take })
    const a = await client(world, get('/1'))
    await until(() => a.text.endsWith('/1'), 'the first')
    a.socket.write(get('/2'))
    await until(() => a.text.endsWith('/2'), 'the second')
    assert.deepEqual(origin.seen, ['GET /1', 'GET /2', 'GET /2'])
  })

  it('what is not idempotent is never sent twice, buffered or not', async () => {
    for (const policy of [{}, { policy: holds }]) {
      const origin = stale()
      await using world = await crossingWorld({ service: origin.take, ...policy })
      const a = await client(world, get('/1'))
      await until(() => a.text.endsWith('/1'), 'the first')
      a.socket.write(post('/2', 'pay'))
      await until(() => /502/.test(a.text), 'the refusal')
      await settle()
      assert.deepEqual(origin.seen, ['GET /1', 'POST /2'])
    }
  })

  it('what never went out goes out on a fresh connection, whatever the method: with its body, once', async () => {
    const requests: ReadonlyArray<readonly [request: string, rest: string]> = [
      [get('/2').replace('GET', 'POST'), ''],
      [post('/2', 'streamed body'), ''],
      [post('/2', 'streamed body').slice(0, -5), ' body'],
      [chunked('/2', 'chunk'), '4\r\nmore\r\n0\r\n\r\n'],
    ]
    for (const [request, rest] of requests) {
      const origin = service((path, socket) => {
        if (path === '/1') socket.write(ok(path))
      })
      await using world = await crossingWorld({ service: origin.take })
      const a = await client(world, get('/1'))
      await until(() => a.text.endsWith('/1'), 'the first')
      // In one turn of the loop: the request comes in, and the connection that it gets turns out to be closed.
      const idle = (world.idle() as UpstreamConnection).socket
      world.onRequest = () => {
        world.onRequest = null
        idle.emit('end')
      }
      a.socket.write(request)
      await until(() => world.services.length === 2, 'a fresh connection')
      a.socket.write(rest)
      const whole = request.slice(request.indexOf('\r\n\r\n')) + rest
      await until(() => origin.text().endsWith(whole), 'the request')
      world.services[1]?.write(ok('done'))
      await until(() => a.text.endsWith('done'), 'the answer')
      assert.deepEqual(origin.seen, ['GET /1', 'POST /2'])
    }
  })

  it('PUT is sent again when its body is held, and not when it streamed', async () => {
    for (const [policy, requests] of [
      [{}, 2],
      [{ policy: holds }, 3],
    ] as const) {
      const origin = stale()
      await using world = await crossingWorld({ service: origin.take, ...policy })
      const a = await client(world, get('/1'))
      await until(() => a.text.endsWith('/1'), 'the first')
      a.socket.write(post('/2', 'body').replace('POST', 'PUT'))
      await until(() => a.text.endsWith('/2') || /502/.test(a.text), 'an answer')
      assert.equal(origin.seen.length, requests)
      if (requests === 3) assert.equal(origin.text().match(/\r\n\r\nbody/g)?.length, 2, 'with its body both times')
    }
  })

  it('a fresh connection that closes is a 502 at once', async () => {
    const origin = service((_path, socket) => void socket.destroy())
    await using world = await crossingWorld({ service: origin.take })
    const a = await client(world, get('/1'))
    await until(() => /502/.test(a.text), 'the refusal')
    assert.deepEqual(origin.seen, ['GET /1'])
  })
})

describe('bodies that are held', () => {
  it('Expect: one 100, then the body with its length, and neither Expect nor chunks for the service', async () => {
    const origin = service((_path, socket) => void socket.write(ok('done')))
    await using world = await crossingWorld({ policy: holds, service: origin.take })
    const a = await client(
      world,
      'POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n',
    )
    await until(() => a.text === 'HTTP/1.1 100 Continue\r\n\r\n', '100')
    a.socket.write('5\r\nhello\r\n5\r\nworld\r\n0\r\nX: y\r\n\r\n')
    await until(() => a.text.endsWith('done'), 'the answer')
    assert.equal(a.text.match(/100 Continue/g)?.length, 1)
    assert.match(origin.text(), /Content-Length: 10\r\n(?:.*\r\n)*\r\nhelloworld$/)
    assert.doesNotMatch(origin.text(), /expect|transfer-encoding/i)
    assert.equal(world.budget.used, 0)
  })

  it('a transform’s bytes go on with their own length', async () => {
    const origin = service((_path, socket) => void socket.write(ok('done')))
    await using world = await crossingWorld({
      policy: { body: () => Buffer.from('changed') },
      changes: true,
      service: origin.take,
    })
    const a = await client(world, post('/x', 'original body'))
    await until(() => a.text.endsWith('done'), 'the answer')
    assert.match(origin.text(), /Content-Length: 7\r\n(?:.*\r\n)*\r\nchanged$/)
    assert.equal(origin.text().match(/content-length/gi)?.length, 1)
  })

  for (const [name, request] of [
    ['declared', post('/x', 'x'.repeat(50_000))],
    ['chunked', `${chunked('/x', ...Array.from({ length: 50 }, () => 'x'.repeat(1000)))}0\r\n\r\n`],
  ] as const) {
    it(`too large (${name}): refused, and nothing of it reaches the service`, async () => {
      const origin = service(() => {})
      await using world = await crossingWorld({
        policy: holds,
        bufferedBodyMax: 10_000,
        service: origin.take,
      })
      const a = await client(world, request)
      await until(() => /413/.test(a.text), 'the refusal')
      assert.equal(world.services.length, 0)
      assert.equal(world.outcomes.length, 1)
    })

    for (const warm of [false, true]) {
      it(`too large (${name}) for a policy that observes: streams on whole, once${warm ? ', over an idle connection' : ''}`, async () => {
        const origin = service((path, socket) => {
          if (path === '/warm') socket.write(ok(path))
        })
        await using world = await crossingWorld({
          policy: holds,
          observe: true,
          bufferedBodyMax: 10_000,
          service: origin.take,
        })
        const a = await client(world, warm ? get('/warm') : '')
        if (warm) await until(() => a.text.endsWith('/warm'), 'a connection')
        a.socket.write(request)
        await until(() => origin.text().replaceAll(/[^x]/g, '').length >= 50_000, 'the body at the service')
        world.services.at(-1)?.write(ok('done'))
        await until(() => a.text.endsWith('done'), 'the answer')
        assert.deepEqual(
          origin.seen.filter(one => one !== 'GET /warm'),
          ['POST /x'],
        )
        const outcome = world.outcomes.at(-1)
        assert.equal(outcome?.outcome.requestBytes, 50_000)
        assert.equal(outcome?.x.observed?.[0]?.code, 'body-too-large')
      })
    }
  }

  it('more than the budget is 503, and everything is given back', async () => {
    const origin = service(() => {})
    await using world = await crossingWorld({ policy: holds, budget: 5000, service: origin.take })
    const a = await client(world, `${chunked('/x', ...Array.from({ length: 8 }, () => 'x'.repeat(1000)))}0\r\n\r\n`)
    await until(() => /503/.test(a.text) || a.over, 'the refusal')
    await until(() => world.outcomes.length === 1, 'its end')
    assert.equal(world.services.length, 0)
  })

  it('a malformed body never reaches the service', async () => {
    const origin = service(() => {})
    await using world = await crossingWorld({ policy: holds, service: origin.take })
    const a = await client(world, `${chunked('/x', 'hello')}+5\r\nworld\r\n0\r\n\r\n`)
    await until(() => /400.*malformed-request/s.test(a.text), 'the refusal')
    assert.equal(world.services.length, 0)
    assert.equal(world.outcomes[0]?.outcome.code, 'malformed-request')
  })
})

describe('bodies that stream', () => {
  it('more than the route allows: 413, and the service’s connection is closed before the end', async () => {
    const origin = service(() => {})
    await using world = await crossingWorld({ bodyMax: 3000, service: origin.take })
    const a = await client(world, chunked('/x', 'x'.repeat(1000)))
    await until(() => origin.text().includes('xxx'), 'the beginning at the service')
    a.socket.write(`${'3e8\r\n'}${'x'.repeat(1000)}\r\n7d0\r\n${'x'.repeat(2000)}\r\n0\r\n\r\n`)
    await until(() => /413/.test(a.text), 'the refusal')
    await until(() => world.services[0]?.destroyed === true, 'closed')
    assert.doesNotMatch(origin.text(), /\r\n0\r\n\r\n$/)
  })

  it('trailers go on, without what frames, routes or proves', async () => {
    const origin = service(() => {})
    await using world = await crossingWorld({ service: origin.take })
    const a = await client(
      world,
      `${chunked('/x', 'hello')}0\r\nX-Sum: 1\r\nAuthorization: evil\r\nCookie: evil\r\nHost: evil\r\nTE: evil\r\n\r\n`,
    )
    await until(() => origin.text().endsWith('0\r\nX-Sum: 1\r\n\r\n'), 'the trailers')
    world.services[0]?.write(ok('done'))
    await until(() => a.text.endsWith('done'), 'the answer')
    assert.doesNotMatch(origin.text(), /evil/)
  })

  it('a service that dies in its answer breaks the client off', async () => {
    const origin = service((_path, socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'))
    await using world = await crossingWorld({ service: origin.take })
    const a = await client(world, get('/x'))
    await until(() => a.over, 'broken off')
    assert.equal(world.outcomes[0]?.outcome.verdict, 'error')
    assert.ok(!a.text.includes('502'))
  })
})

describe('what insight gets to see', () => {
  for (const [how, policy, sent] of [
    ['held', holds, post('/x?b=2', '{"a":1}')],
    ['streamed', undefined, post('/x?b=2', '{"a":1}')],
    ['streamed in chunks', undefined, `${chunked('/x?b=2', '{"a"', ':1}')}0\r\n\r\n`],
  ] as const) {
    it(`is both bodies of an exchange, the request's ${how}`, async () => {
      const origin = service((_, socket) =>
        socket.write(
          'HTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"c\r\n4\r\n":2}\r\n0\r\n\r\n',
        ),
      )
      await using world = await crossingWorld({ service: origin.take, ...(policy === undefined ? {} : { policy }) })
      const { socket } = await client(world, sent)
      await until(() => world.outcomes.length === 1, 'the exchange ends')
      const contents = world.outcomes[0]?.contents
      assert.equal(Buffer.from(contents?.requestBody ?? '').toString(), '{"a":1}')
      assert.equal(contents?.responseBody, '{"c":2}')
      assert.equal(contents?.query, 'b=2')
      assert.equal(contents?.responseFields?.get('x-a'), 'b')
      socket.destroy()
    })
  }

  it('is the beginning of large bodies, while all of them passes', async () => {
    const large = 'x'.repeat(100_000)
    const origin = service((_, socket) => socket.write(ok(large)))
    await using world = await crossingWorld({ service: origin.take })
    const asking = await client(world, post('/x', large))
    await until(() => asking.text.length > 100_000, 'the answer')
    await until(() => world.outcomes.length === 1, 'the exchange ends')
    assert.ok(asking.text.endsWith(large))
    assert.ok(origin.text().endsWith(large))
    const contents = world.outcomes[0]?.contents
    assert.deepEqual([contents?.requestBody?.length, contents?.responseBody?.length], [capturedMax, capturedMax])
    asking.socket.destroy()
  })

  it('is nothing of an answer that a policy replaced', async () => {
    const origin = service((_, socket) => socket.write(ok('secret')))
    const policy: Compiled = { response: () => refuse('forbidden', { reason: 'leaks' }) }
    await using world = await crossingWorld({ service: origin.take, policy })
    const { socket } = await client(world, get('/x'))
    await until(() => world.outcomes.length === 1, 'the exchange ends')
    assert.equal(world.outcomes[0]?.contents?.responseBody, null)
    assert.equal(world.outcomes[0]?.contents?.responseFields, null)
    socket.destroy()
  })
})
