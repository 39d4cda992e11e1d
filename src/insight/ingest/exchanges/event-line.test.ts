import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { createEventLineReader } from './event-line.ts'
import { readEvent } from './event.ts'

const usual =
  '{"time":"2026-11-22T10:00:00.000Z","id":"5f3c9a12d4e6b788-000001","traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331",' +
  '"parentId":null,"listener":"public","protocol":"http/1.1","client":"192.0.2.7","clientPort":41234,"method":"GET","host":"api.example.com",' +
  '"path":"/orders/7","query":[{"name":"page","type":"integer"},{"more":3}],"route":"orders","service":"orders","target":"http://10.0.0.5:8080",' +
  '"status":200,"upstreamStatus":200,"requestBytes":0,"responseBytes":512,"durationMs":4.200,"upstreamMs":3.1,' +
  '"principal":{"subject":"jane","method":"jwt","issuer":"https://idp.example.com/"},"verdict":"pass","policy":null,"code":null,"reason":null,' +
  '"observed":[],"configVersion":1}'
const refused = usual
  .replace('"target":"http://10.0.0.5:8080"', '"target":null')
  .replace('"upstreamMs":3.1', '"upstreamMs":null')
  .replace(/"principal":\{.*?\}/, '"principal":null')
  .replace(
    '"verdict":"pass","policy":null,"code":null,"reason":null',
    '"verdict":"refuse","policy":"jwt","code":"forbidden","reason":"no"',
  )

/** The slow way. */
function parsed(line: string): unknown {
  try {
    return readEvent(JSON.parse(line), 'place')
  } catch {
    return 'not JSON'
  }
}

function read(reader: ReturnType<typeof createEventLineReader>, line: string): unknown {
  const bytes = Buffer.from(`before\n${line}\nafter`)
  return reader(bytes, 7, bytes.length - 6)
}

describe('lines of our own log', () => {
  it('reads them as JSON.parse does, the first time and again', () => {
    const reader = createEventLineReader()
    for (const line of [usual, refused, usual, refused, usual.replace('jane', 'joe'), usual])
      assert.deepEqual(read(reader, line), parsed(line))
  })

  it('gives nothing else than the parser when any one character is another', () => {
    const reader = createEventLineReader()
    for (let at = 0; at < refused.length; at++)
      for (const put of ['"', ',', 'x', '']) {
        const text = refused.slice(0, at) + put + refused.slice(at + 1)
        const found = read(reader, text)
        if (found !== null) assert.deepEqual(found, parsed(text), `at ${at}: ${put}`)
      }
  })

  it('never gives anything else than the parser, whatever is changed in a line', () => {
    // One reader for all: what it remembers of good lines must not help bad ones.
    const reader = createEventLineReader()
    let same = 0
    const bits = fc.constantFrom(
      ...'"\\,:{}[]09.e-+ \n\u0000\u007f\u00e9\u2028@nullxZ'.split(''),
      'null',
      '":"',
      '"status":500,',
      '\\u0041',
      '00',
    )
    const edit = fc.record({
      at: fc.nat(usual.length),
      cut: fc.nat(4),
      put: fc.array(bits, { maxLength: 3 }).map(list => list.join('')),
      copyTo: fc.nat(usual.length),
      copy: fc.constantFrom(0, 0, 0, 12, 40, 90),
    })
    fc.assert(
      fc.property(fc.constantFrom(usual, refused), fc.array(edit, { maxLength: 3 }), (line, edits) => {
        let text = line
        for (const { at, cut, put, copyTo, copy } of edits) {
          text = text.slice(0, at) + put + text.slice(at + cut)
          text = text.slice(0, copyTo) + text.slice(at, at + copy) + text.slice(copyTo)
        }
        const found = read(reader, text)
        if (found === null) return
        same++
        assert.deepEqual(found, parsed(text))
      }),
      { numRuns: 4000 },
    )
    assert.ok(same > 400, `${same} lines were read`)
  })

  it('gives numbers as JSON.parse does', () => {
    const reader = createEventLineReader()
    fc.assert(
      fc.property(fc.nat(999_999_999_999), fc.nat(9999), fc.integer({ min: 0, max: 4 }), (whole, part, places) => {
        const text = places === 0 ? `${whole}` : `${whole}.${String(part).padStart(4, '0').slice(0, places)}`
        const line = usual
          .replace('"durationMs":4.200', `"durationMs":${text}`)
          .replace('"requestBytes":0', `"requestBytes":${text}`)
        const found = read(reader, line)
        if (found !== null) assert.deepEqual(found, parsed(line))
      }),
    )
    for (const text of ['-1', '01', '1.', '.5', '1e3', '1.00000', '9007199254740993', '""', 'null', '0x1', '1 ']) {
      const line = usual.replace('"durationMs":4.200', `"durationMs":${text}`)
      assert.equal(read(reader, line), null, text)
    }
  })

  it('leaves to the parser what is not written so: order, spaces, escapes, more or fewer fields, another alphabet', () => {
    const reader = createEventLineReader()
    read(reader, usual)
    for (const [from, to] of [
      ['"listener":"public","protocol":"http/1.1"', '"protocol":"http/1.1","listener":"public"'],
      ['"host":', ' "host":'],
      ['/orders/7', '/orders/\\u0037'],
      ['/orders/7', '/orders/é'],
      ['/orders/7', '/orders/\t'],
      ['"configVersion":1}', '"configVersion":1,"more":2}'],
      ['"configVersion":1}', '"configVersion":1,"status":500}'],
      ['"configVersion":1}', '"configVersion":1}}'],
      ['"configVersion":1}', '"configVersion":1} '],
      [',"reason":null', ''],
      ['"status":200,', '"status":200,"status":500,'],
      ['"status":200,', '"status":2000,'],
      ['"verdict":"pass"', '"verdict":"fine"'],
      ['"subject":"jane"', '"subject":"jane","subject":"joe"'],
      ['"subject":"jane"', '"subject":"j\\u0061ne"'],
      ['"subject":"jane"', '"subject":7'],
      ['2026-11-22T10', '2026-02-30T10'],
      ['2026-11-22T10', '1999-11-22T10'],
      ['5f3c9a12d4e6b788-000001', 'jane@example.com'],
      ['5f3c9a12d4e6b788-000001', ''],
      ['5f3c9a12d4e6b788-000001', 'x'.repeat(129)],
      ['/orders/7', `/${'x'.repeat(8192)}`],
      ['"jwt"', `"${'x'.repeat(600)}"`],
    ] as const) {
      const line = usual.replace(from, to)
      assert.notEqual(line, usual)
      const found = read(reader, line)
      if (found !== null) assert.deepEqual(found, parsed(line), to)
      else assert.equal(found, null)
    }
  })

  it('remembers what pieces become when they are changed, and changes nothing else', () => {
    const reader = createEventLineReader(({ host }) => ({ host: `{${host.length}}`, route: 'never asked for' }))
    for (let i = 0; i < 3; i++) {
      const { host, path, method } = read(reader, usual) as { host: string; path: string; method: string }
      assert.deepEqual([host, path, method], ['{15}', '/orders/7', 'GET'])
    }
  })

  it('goes on when every line is of another caller, more of them than are remembered', () => {
    const reader = createEventLineReader()
    for (let i = 0; i < 30_000; i++) {
      const line = usual.replace('jane', `stranger-${i}`)
      const found = read(reader, line) as { principal: { subject: string } }
      assert.equal(found.principal.subject, `stranger-${i}`)
    }
    assert.deepEqual(read(reader, usual), parsed(usual))
  })
})
