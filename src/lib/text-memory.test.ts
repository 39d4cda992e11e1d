import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { array, assert as check, oneof, property, string, uint8Array } from 'fast-check'
import { TextMemory } from './text-memory.ts'

describe('texts remembered by their bytes', () => {
  it('are what decoding gives, for any bytes and however often they come', () => {
    const memory = new TextMemory(4)
    check(
      property(
        array(
          oneof(
            string().map(text => Buffer.from(text)),
            uint8Array(),
          ),
        ),
        list => {
          for (const part of [...list, ...list]) {
            const bytes = Buffer.concat([Buffer.from('<'), part, Buffer.from('>')])
            assert.equal(memory.text(bytes, 1, bytes.length - 1), Buffer.from(part).toString('utf8'))
          }
        },
      ),
    )
  })

  it('tells a byte beyond ASCII from the character of its number', () => {
    const memory = new TextMemory(1)
    assert.equal(memory.text(Buffer.from('é'), 0, 2), 'é')
    assert.equal(memory.text(Buffer.from([0xe9]), 0, 1), '\ufffd')
  })

  it('holds a text that is whole, not a part of the message that it came in', () => {
    const memory = new TextMemory(1)
    const bytes = Buffer.from('http.route')
    const first = memory.text(bytes, 0, bytes.length)
    bytes.fill(0)
    assert.equal(first, 'http.route')
    assert.equal(memory.text(Buffer.from('http.route'), 0, 10), first)
  })
})
