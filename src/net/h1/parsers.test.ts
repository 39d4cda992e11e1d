import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { ChunkedDecoder } from './chunked.ts'
import { CONNECTION, CONTENT_LENGTH, EXPECT, FieldNames, HOP_BY_HOP, HOST, RESERVED } from './field-names.ts'
import { CHUNKED, UNTIL_CLOSE } from './framing.ts'
import { readRequestHead } from './request-head.ts'
import { readResponseHead } from './response-head.ts'
import { BAD, HeadScan, MORE, scanHead, TOO_MANY } from './scan.ts'

const names = new FieldNames(['x-portcullis-*', 'x-real-ip', 'x_spelled'])

function scan(text: string, fieldsMax = 100): { after: number; scan: HeadScan } {
  const bytes = Buffer.from(text, 'latin1')
  const out = new HeadScan()
  return { after: scanHead(bytes, 0, bytes.length, names, fieldsMax, out), scan: out }
}

function request(text: string, secure = false): ReturnType<typeof readRequestHead> {
  const { after, scan: found } = scan(text)
  assert.equal(after, text.length)
  return readRequestHead(text.slice(0, -2), found, names, secure, 8192)
}

function response(text: string, toHead = false): ReturnType<typeof readResponseHead> {
  const { after, scan: found } = scan(text)
  assert.equal(after, text.length)
  return readResponseHead(text.slice(0, -2), found, names, toHead)
}

const head = 'GET /a?b HTTP/1.1\r\nHost: a.example\r\nX-One:\t 1 \r\nX-Empty:\r\n\r\n'

describe('scan', () => {
  it('finds each field’s name and value, without the white space around it', () => {
    const { after, scan: found } = scan(head)
    assert.equal(after, head.length)
    const fields = found.flags.map((_, i) => {
      const [a, b, c, d] = found.offsets.slice(i * 4, i * 4 + 4)
      return [head.slice(a, b), head.slice(c, d)]
    })
    assert.deepEqual(fields, [
      ['Host', 'a.example'],
      ['X-One', '1'],
      ['X-Empty', ''],
    ])
    assert.equal(head.slice(0, found.lineEnd), 'GET /a?b HTTP/1.1\r\n')
  })

  it('every beginning of a good head wants more, and what follows is not looked at', () => {
    for (let length = 0; length < head.length; length++)
      assert.equal(scan(head.slice(0, length)).after, MORE, `${length} bytes`)
    assert.equal(scan(`${head}\0\n\r`).after, head.length)
  })

  it('a control character, a bare CR or a bare LF anywhere is refused', () => {
    let ran = 0
    for (let code = 0; code < 256; code++) {
      if (code === 9 || (code >= 32 && code !== 127)) continue
      for (const place of [1, 5, head.indexOf('Host') + 1, head.indexOf('example'), head.indexOf('X-Empty:') + 8]) {
        const spoiled = head.slice(0, place) + String.fromCharCode(code) + head.slice(place)
        if (code === 13 && head[place] === '\r') continue
        assert.equal(scan(spoiled).after, BAD, `${code} at ${place}`)
        ran++
      }
    }
    assert.ok(ran > 150, `${ran} cases`)
  })

  it('names hold token characters and nothing else', () => {
    const token = /[!#$%&'*+\-.^_`|~0-9A-Za-z]/
    for (let code = 0; code < 256; code++) {
      const name = `X${String.fromCharCode(code)}Y`
      const { after } = scan(`GET / HTTP/1.1\r\n${name}: z\r\n\r\n`)
      // `X:Y: z` is the field X with the value `Y: z`.
      const good = code < 128 && (token.test(String.fromCharCode(code)) || code === 58)
      assert.equal(after > 0, good, JSON.stringify(name))
    }
  })

  it('one field more than allowed is too many', () => {
    assert.ok(scan(head, 3).after > 0)
    assert.equal(scan(head, 2).after, TOO_MANY)
  })
})

describe('field names', () => {
  it('are known in every spelling', () => {
    const cases: ReadonlyArray<readonly [string, number]> = [
      ['host', HOST],
      ['CONTENT-LENGTH', CONTENT_LENGTH],
      ['Content_Length', CONTENT_LENGTH],
      ['connection', CONNECTION],
      ['Upgrade', HOP_BY_HOP],
      ['Proxy_Connection', HOP_BY_HOP],
      ['Expect', EXPECT],
      ['X-Portcullis-User', RESERVED],
      ['x_PORTCULLIS_', RESERVED],
      ['X-Real_IP', RESERVED],
      ['X-Spelled', RESERVED],
      ['X_Spelled', RESERVED],
    ]
    for (const [name, flag] of cases) assert.notEqual(names.flags(name) & flag, 0, name)
    for (const name of ['hos', 'hostt', 'content--length', 'x-portculli', 'x-real-ips', 'constructor', '__proto__', ''])
      assert.equal(names.flags(name), 0, name)
  })

  it('what frames, names the caller or is ours may not be named by Connection', () => {
    for (const name of [
      'content-length',
      'transfer_encoding',
      'host',
      'authorization',
      'cookie',
      'x-real-ip',
      'x_portcullis_user',
      'connection',
    ])
      assert.equal(names.mayBeNamed(name), false, name)
    for (const name of ['x-hop', 'te', 'upgrade', 'keep-alive']) assert.equal(names.mayBeNamed(name), true, name)
  })
})

describe('request heads', () => {
  it('origin-form, absolute-form and asterisk-form', () => {
    const read = (line: string, secure = false): unknown => {
      const found = request(`${line} HTTP/1.1\r\nHost: a.example:8443\r\n\r\n`, secure)
      return 'malformed' in found ? found.malformed : found.target
    }
    assert.equal(read('GET /x?y'), '/x?y')
    assert.equal(read('GET http://A.example:8443/x?y'), '/x?y')
    assert.equal(read('GET https://a.example:8443', true), '/')
    assert.equal(read('GET https://a.example:8443?y', true), '/?y')
    assert.equal(read('GET http://a.example:8443/', true), 'malformed-request')
    assert.equal(read('GET http://a.example/'), 'malformed-request')
    assert.equal(read('OPTIONS *'), '*')
    assert.equal(read('CONNECT /x'), 'not-implemented')
  })

  it('length, keep-alive and expectation', () => {
    const read = (version: string, ...lines: string[]): unknown => {
      const found = request([`POST / HTTP/${version}`, 'Host: a', ...lines, '', ''].join('\r\n'))
      return 'malformed' in found ? found.malformed : [found.length, found.keepAlive, found.expectContinue]
    }
    assert.deepEqual(read('1.1'), [0, true, false])
    assert.deepEqual(read('1.0'), [0, false, false])
    assert.deepEqual(read('1.0', 'Connection: keep-alive'), [0, true, false])
    assert.deepEqual(read('1.0', 'Connection: keep-alive, close'), [0, false, false])
    assert.deepEqual(read('1.1', 'Connection: CLOSE'), [0, false, false])
    assert.deepEqual(read('1.1', 'Content-Length: 999999999999999'), [999_999_999_999_999, true, false])
    assert.deepEqual(read('1.1', 'Transfer-Encoding: Chunked', 'Expect: 100-Continue'), [CHUNKED, true, true])
    assert.deepEqual(read('1.1', 'Content-Length: 0', 'Expect: 100-continue'), [0, true, false])
    assert.equal(read('1.1', 'Content-Length: 1000000000000000'), 'malformed-request')
    assert.equal(read('1.0', 'Transfer-Encoding: chunked'), 'malformed-request')
  })

  it('reserved fields are hidden from policies', () => {
    const found = request('GET / HTTP/1.1\r\nHost: a\r\nX_Real-IP: 1\r\nX-Portcullis-User: x\r\nX-Other: y\r\n\r\n')
    assert.ok('fields' in found)
    assert.deepEqual(
      [...found.fields],
      [
        ['host', 'a'],
        ['x-other', 'y'],
      ],
    )
  })
})

describe('response heads', () => {
  const read = (line: string, lines: readonly string[] = [], toHead = false): unknown => {
    const found = response([line, ...lines, '', ''].join('\r\n'), toHead)
    return 'malformed' in found ? found.malformed : [found.status, found.length, found.keepAlive]
  }

  it('how long the body is', () => {
    const length = ['Content-Length: 5']
    assert.deepEqual(read('HTTP/1.1 200 OK', length), [200, 5, true])
    assert.deepEqual(read('HTTP/1.1 200 OK', ['Transfer-Encoding: chunked']), [200, CHUNKED, true])
    assert.deepEqual(read('HTTP/1.1 200 OK'), [200, UNTIL_CLOSE, false])
    assert.deepEqual(read('HTTP/1.0 200 OK', length), [200, 5, false])
    assert.deepEqual(read('HTTP/1.1 200 OK', length, true), [200, 0, true])
    assert.deepEqual(read('HTTP/1.1 304 Not Modified', length), [304, 0, true])
    assert.deepEqual(read('HTTP/1.1 204 No Content', ['Content-Length: 0']), [204, 0, true])
    assert.equal(read('HTTP/1.1 204 No Content', length), 'malformed-request')
    assert.equal(read('HTTP/1.1 100 Continue', ['Transfer-Encoding: chunked']), 'malformed-request')
  })

  it('status lines are read strictly', () => {
    for (const line of ['HTTP/1.1 200', 'HTTP/1.1 200 ', 'HTTP/1.1 599 \xe9'])
      assert.ok(Array.isArray(read(line)), line)
    for (const line of [
      'HTTP/1.1 99',
      'HTTP/1.1 600',
      'HTTP/1.1  200',
      'HTTP/1.1 200x',
      'HTTP/1.2 200',
      'HTTP/2 200 OK',
      'http/1.1 200',
      'HTTP/1.1 2x0',
      'HTTP/1.1',
      'HTTP/1.1 ',
    ])
      assert.equal(read(line), 'malformed-request', line)
  })
})

interface Decoded {
  readonly data: string
  readonly end: number
  readonly trailers: string | null
}

/** Feeds the pieces one after the other; `end` counts over all of them, BAD when refused, MORE when incomplete. */
function decode(pieces: readonly Buffer[]): Decoded {
  const decoder = new ChunkedDecoder(names)
  let data = ''
  let before = 0
  for (const piece of pieces) {
    const after = decoder.feed(piece, 0, piece.length, (from, to) => void (data += piece.toString('latin1', from, to)))
    if (after === BAD) return { data: '', end: BAD, trailers: null }
    if (after !== MORE) return { data, end: before + after, trailers: decoder.trailers?.text ?? null }
    before += piece.length
  }
  return { data, end: MORE, trailers: null }
}

describe('chunked', () => {
  const good = '5;a="b;c"\r\nhello\r\n0006\r\n world\r\n0\r\nX-A: 1\r\nX-B: 2\r\n\r\nGET /next'
  const bytes = Buffer.from(good, 'latin1')
  const whole = { data: 'hello world', end: good.indexOf('GET'), trailers: 'X-A: 1\r\nX-B: 2\r\n' }

  it('is read alike however it is cut: at every place, and at every two places', () => {
    assert.deepEqual(decode([bytes]), whole)
    let ran = 0
    for (let a = 0; a <= bytes.length; a++) {
      for (let b = a; b <= bytes.length; b++) {
        assert.deepEqual(
          decode([bytes.subarray(0, a), bytes.subarray(a, b), bytes.subarray(b)]),
          whole,
          `cut at ${a} and ${b}`,
        )
        ran++
      }
    }
    assert.ok(ran > 2000)
  })

  it('anything, cut anywhere, is read as it is read whole', () => {
    const piece = fc.constantFrom('5', '\r\n', 'hello', '0', ';', 'a=b', '"', '\n', '\r', 'X: y', ' ', 'f', '\0', ':')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.array(fc.nat(80), { maxLength: 5 }), (parts, cuts) => {
        const input = Buffer.from(parts.join(''), 'latin1')
        const places = [...cuts.filter(cut => cut < input.length).sort((a, b) => a - b), input.length]
        let from = 0
        const pieces = places.map(to => input.subarray(from, (from = to)))
        assert.deepEqual(decode(pieces), decode([input]))
      }),
      { numRuns: 2000 },
    )
  })

  it('extensions, size lines and trailers are bounded, whole and in pieces', () => {
    const cases = [
      `5;${'a'.repeat(600)}\r\n`,
      `${`1;${'a'.repeat(400)}\r\nx\r\n`.repeat(50)}`,
      `0\r\nX: ${'y'.repeat(17_000)}\r\n\r\n`,
      `0\r\n${'X: y\r\n'.repeat(40)}\r\n`,
      'a'.repeat(600),
    ]
    for (const text of cases) {
      const input = Buffer.from(text, 'latin1')
      assert.equal(decode([input]).end, BAD)
      assert.equal(decode(Array.from({ length: input.length }, (_, i) => input.subarray(i, i + 1))).end, BAD)
    }
  })
})
