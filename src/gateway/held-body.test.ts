import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeldBody } from './held-body.ts'

test('a body of one-byte pieces is held in few blocks, not in one Buffer per byte', () => {
  const held = new HeldBody()
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
  for (let i = 0; i < 200_000; i++) held.add(bytes, i % 256, (i % 256) + 1)
  assert.equal(held.length, 200_000)
  assert.ok(held.blocks().length < 30, `${held.blocks().length} blocks`)
  const whole = held.whole()
  assert.equal(whole.length, 200_000)
  assert.ok(whole.every((byte, i) => byte === i % 256))
})

test('pieces of any size come out in order, and nothing behind them', () => {
  const held = new HeldBody()
  const parts: Buffer[] = []
  for (let i = 0; i < 300; i++) {
    const part = Buffer.alloc((i * 7919) % 40_000, i)
    parts.push(part)
    held.add(Buffer.concat([Buffer.from('x'), part, Buffer.from('y')]), 1, 1 + part.length)
  }
  const wanted = Buffer.concat(parts)
  assert.ok(wanted.equals(held.whole()))
  assert.ok(wanted.equals(Buffer.concat(held.blocks())))
})

test('nothing held is an empty body', () => {
  assert.equal(new HeldBody().whole().length, 0)
})
