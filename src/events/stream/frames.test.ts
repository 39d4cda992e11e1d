import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { Fields } from '../../core/fields.ts'
import { createFrameDecoder, type ExchangeFrame, FrameError, type FrameReader } from './frame-decoder.ts'
import { type Contents, createFrameEncoder } from './frame-encoder.ts'
import { fieldsMax, frameBytesMax } from './frames.ts'

interface Told {
  readonly all: unknown[]
  readonly reader: FrameReader
}

/** Everything that a decoder tells, with the views copied. Lines of events are told one by one, since frames may join them. */
function told(): Told {
  const all: unknown[] = []
  const copied = (bytes: Uint8Array | null): string | null =>
    bytes === null ? null : Buffer.from(bytes).toString('hex')
  return {
    all,
    reader: {
      hello: worker => all.push({ hello: worker }),
      events: lines => {
        for (const line of lines.toString('latin1').split('\n').slice(0, -1)) all.push({ event: `${line}\n` })
      },
      exchange: (frame: ExchangeFrame) =>
        all.push({ ...frame, requestBody: copied(frame.requestBody), responseBody: copied(frame.responseBody) }),
      dropped: (events, contents) => all.push({ events, contents }),
    },
  }
}

function read(bytes: Buffer, sizes: readonly number[] = []): unknown[] {
  const { all, reader } = told()
  const push = createFrameDecoder(reader)
  let at = 0
  for (const size of sizes) {
    push(bytes.subarray(at, at + size))
    at += size
  }
  push(bytes.subarray(at))
  return all
}

const contents: Contents = {
  query: 'page=2',
  requestFields: Fields.from([
    ['Host', 'shop.example'],
    ['X-Empty', ''],
  ]),
  responseFields: Fields.from([['content-type', 'application/json']]),
  requestBody: null,
  responseBody: Buffer.from('{"ok":true}'),
  encrypted: true,
}

function hello(): Buffer {
  const encoder = createFrameEncoder()
  encoder.hello(0)
  return encoder.take() as Buffer
}

describe('the stream protocol, hostile bytes', () => {
  const frame = (kind: number, body: Buffer, flags = 0, padding = 0): Buffer => {
    const head = Buffer.alloc(8)
    head.writeUInt32LE(body.length + 4)
    head.writeUInt8(kind, 4)
    head.writeUInt8(flags, 5)
    head.writeUInt16LE(padding, 6)
    return Buffer.concat([head, body])
  }
  const exchangeOf = (...lengths: number[]): Buffer => {
    const head = Buffer.alloc(32)
    lengths.forEach((length, i) => head.writeUInt32LE(length, i * 4))
    return head
  }
  const outside = Buffer.concat([exchangeOf(0, 0, 1, 4), Buffer.alloc(20)])
  outside.writeUInt32LE(5, 32 + 12)
  const cases: ReadonlyArray<readonly [what: string, bytes: Buffer, greeted?: boolean]> = [
    ['a first frame that is not a hello', frame(2, Buffer.from('{}\n\n')), false],
    ['another version of the protocol', frame(1, Buffer.from('{"protocol":2,"worker":0} \n  ')), false],
    ['a hello without a worker', frame(1, Buffer.from('{"protocol":1}  ')), false],
    ['a hello that is not JSON', frame(1, Buffer.from('{"x"')), false],
    ['a second hello', hello()],
    ['an unknown kind', frame(9, Buffer.alloc(4))],
    ['flags that an exchange does not have', frame(3, exchangeOf(), 8)],
    ['flags on events', frame(2, Buffer.from('{}\n\n'), 1)],
    ['events that do not end in LF', frame(2, Buffer.from('{}{}'))],
    ['an empty frame of events', frame(2, Buffer.alloc(0))],
    ['padding of more than three bytes', frame(2, Buffer.from('{}\n\n'), 0, 4)],
    ['padding longer than the frame', frame(4, Buffer.alloc(0), 0, 3)],
    ['a length that is no multiple of four', Buffer.from([5, 0, 0, 0, 2])],
    ['a frame of no bytes', Buffer.alloc(4)],
    ['a frame above the cap', Buffer.from(new Uint32Array([frameBytesMax + 4]).buffer)],
    ['dropped counts of another length', frame(4, Buffer.alloc(12))],
    ['an exchange without its lengths', frame(3, Buffer.alloc(28))],
    ['lengths that add up to less', frame(3, exchangeOf(), 0, 0).fill(1, 8, 9)],
    ['lengths that add up to more', frame(3, Buffer.concat([exchangeOf(1), Buffer.alloc(4)]))],
    ['lengths near 2^32', frame(3, exchangeOf(0xffffffff, 1))],
    [
      'more fields than the cap',
      frame(3, Buffer.concat([exchangeOf(0, 0, fieldsMax + 1), Buffer.alloc((fieldsMax + 1) * 16)])),
    ],
    ['a field outside its text', frame(3, outside)],
    ['bytes of a body that is not there', frame(3, Buffer.concat([exchangeOf(0, 0, 0, 0, 0, 0, 4), Buffer.alloc(4)]))],
  ]
  for (const [what, bytes, greeted = true] of cases) {
    it(`refuses ${what}`, () => {
      assert.throws(() => read(greeted ? Buffer.concat([hello(), bytes]) : bytes), FrameError)
    })
  }

  it('refuses an over-long frame from its first four bytes, in whatever pieces they come', () => {
    const push = createFrameDecoder(told().reader)
    push(hello())
    const length = Buffer.from(new Uint32Array([0xfffffffc]).buffer)
    push(length.subarray(0, 2))
    assert.throws(() => push(length.subarray(2)), FrameError)
  })

  it('throws nothing but FrameError at random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(4), (bytes, kind) => {
        const body = Buffer.from(bytes.subarray(0, bytes.length & ~3))
        try {
          read(Buffer.concat([hello(), frame(kind, body, (bytes[0] ?? 0) & 7, (bytes[1] ?? 0) & 3)]))
        } catch (error) {
          assert.ok(error instanceof FrameError, String(error))
        }
      }),
    )
  })
})

describe('the stream protocol', () => {
  it('tells what was sent, in order, however the bytes are cut', () => {
    const encoder = createFrameEncoder()
    encoder.hello(3)
    encoder.event('{"id":"a"}\n')
    encoder.event('{"id":"bc"}\n')
    encoder.exchange('{"id":"d"}\n', contents)
    encoder.event('{"id":"e"}\n')
    encoder.dropped(1, 2)
    const bytes = encoder.take() as Buffer
    const want = [
      { hello: 3 },
      { event: '{"id":"a"}\n' },
      { event: '{"id":"bc"}\n' },
      {
        line: '{"id":"d"}\n',
        query: 'page=2',
        requestFields: [
          ['Host', 'shop.example'],
          ['X-Empty', ''],
        ],
        responseFields: [['content-type', 'application/json']],
        requestBody: null,
        responseBody: Buffer.from('{"ok":true}').toString('hex'),
        encrypted: true,
      },
      { event: '{"id":"e"}\n' },
      { events: 1, contents: 2 },
    ]
    assert.deepEqual(read(bytes), want)
    fc.assert(fc.property(fc.array(fc.nat(40), { maxLength: 30 }), sizes => assert.deepEqual(read(bytes, sizes), want)))
  })

  it('carries any bytes of a body and tells an empty one from none', () => {
    fc.assert(
      fc.property(
        fc.option(fc.uint8Array({ maxLength: 50 })),
        fc.option(fc.uint8Array({ maxLength: 50 })),
        (requestBody, responseBody) => {
          const encoder = createFrameEncoder()
          encoder.hello(0)
          encoder.exchange('{}\n', { ...contents, requestBody, responseBody, responseFields: null })
          const [, frame] = read(encoder.take() as Buffer) as [unknown, Record<string, unknown>]
          const hex = (bytes: Uint8Array | null): string | null =>
            bytes === null ? null : Buffer.from(bytes).toString('hex')
          assert.equal(frame.requestBody, hex(requestBody))
          assert.equal(frame.responseBody, hex(responseBody))
          assert.deepEqual(frame.responseFields, [])
        },
      ),
    )
  })

  it('carries only the fields that are named: what was hidden from the head stays behind', () => {
    const text = 'a: 1\r\nx-portcullis-admin: yes\r\nb: 2\r\n'
    const requestFields = new Fields(text, [0, 1, 3, 4, 31, 32, 34, 35])
    const encoder = createFrameEncoder()
    encoder.hello(0)
    encoder.exchange('{}\n', { ...contents, requestFields })
    const [, frame] = read(encoder.take() as Buffer) as [unknown, ExchangeFrame]
    assert.deepEqual(frame.requestFields, [
      ['a', '1'],
      ['b', '2'],
    ])
  })

  it('says no when the batch is full, changes nothing, and goes on after it was taken', () => {
    const encoder = createFrameEncoder(1024)
    encoder.hello(0)
    const line = `${'x'.repeat(199)}\n`
    let taken = 0
    while (encoder.event(line)) taken++
    const waiting = encoder.waiting
    assert.equal(encoder.exchange(line, { ...contents, responseBody: Buffer.alloc(2000) }), false)
    assert.equal(encoder.event(line), false)
    assert.equal(encoder.waiting, waiting)
    const first = encoder.take()
    assert.ok(first)
    assert.equal(read(first).length, 1 + taken)
    assert.ok(first.length <= 1024)
    encoder.giveBack(first)
    assert.equal(encoder.event(line), true)
    assert.equal(encoder.waiting, 208)
    assert.equal(createFrameEncoder().take(), null)
  })
})
