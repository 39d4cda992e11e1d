import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assert as check, property, uint8Array } from 'fast-check'
import { ProtobufError, ProtobufReader, wire } from './protobuf-reader.ts'
import { ProtobufWriter } from './protobuf-writer.ts'

/** Reads every field, and every field that could be a message as one, to a depth. */
function walk(reader: ProtobufReader, depth: number): number {
  let fields = 0
  while (reader.next()) {
    fields++
    if (reader.type !== wire.bytes) continue
    reader.text(10)
    reader.hex()
    if (depth === 0) continue
    const { behind } = reader
    const outer = reader.enter()
    try {
      fields += walk(reader, depth - 1)
      reader.leave(outer)
    } catch (error) {
      assert.ok(error instanceof ProtobufError)
      reader.abandon(behind, outer)
    }
  }
  return fields
}

describe('protobuf', () => {
  it('refuses what is no message: groups, unknown wire types, field 0, lengths and numbers without end', () => {
    const bad: Array<[hex: string, why: RegExp]> = [
      ['0b', /groups/],
      ['0c', /groups/],
      ['0f', /unknown wire type/],
      ['0001', /no number/],
      ['0a05aabb', /longer than its message/],
      ['0affffffffffffffffff7f', /longer than its message/],
      ['0affffffffffffffffffff', /more than ten bytes/],
      ['08', /ends early/],
      ['0880', /ends early/],
      ['09aabbccdd', /longer than its message/],
      ['0daabb', /longer than its message/],
      ['ffffffffffffffff7f', /no number/],
    ]
    for (const [hex, why] of bad) {
      const reader = new ProtobufReader(Buffer.from(hex, 'hex'))
      assert.throws(
        () => walk(reader, 0),
        (error: Error) => error instanceof ProtobufError && why.test(error.message),
        hex,
      )
    }
  })

  it('never leaves its bytes and always ends, whatever they are', () => {
    check(
      property(uint8Array({ maxLength: 200 }), bytes => {
        // A guard behind the message must never be read.
        const guarded = Buffer.concat([bytes, Buffer.alloc(16, 0x0a)])
        try {
          assert.ok(walk(new ProtobufReader(guarded, 0, bytes.length), 3) <= bytes.length * 4)
        } catch (error) {
          if (!(error instanceof ProtobufError)) throw error
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('reads what it wrote: numbers up to 2^53, texts, nested messages of every length', () => {
    for (const value of [0, 1, 127, 128, 16_383, 16_384, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      const writer = new ProtobufWriter()
      writer.varint(3, value)
      const reader = new ProtobufReader(writer.take())
      assert.ok(reader.next())
      assert.deepEqual([reader.field, reader.type, reader.number], [3, wire.varint, value])
      assert.ok(!reader.next())
    }
    for (const length of [0, 1, 100, 125, 126, 127, 128, 129, 16_380, 16_385, 100_000]) {
      const writer = new ProtobufWriter()
      writer.message(1, () => writer.message(2, () => writer.text(7, 'é'.repeat(length))))
      writer.fixed64(20, 0x0102_0304_0506_0708n)
      const reader = new ProtobufReader(writer.take())
      assert.ok(reader.next())
      const outer = reader.enter()
      assert.ok(reader.next())
      const middle = reader.enter()
      assert.ok(reader.next())
      assert.equal(reader.text(1_000_000), 'é'.repeat(length))
      reader.leave(middle)
      reader.leave(outer)
      assert.ok(reader.next())
      assert.deepEqual([reader.field, reader.high, reader.low], [20, 0x0102_0304, 0x0506_0708])
      assert.ok(!reader.next())
    }
  })
})
