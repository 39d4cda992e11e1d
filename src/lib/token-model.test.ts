import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTokenReader } from './text-tokens.ts'
import { TokenModel } from './token-model.ts'

const read = createTokenReader()
const names = Array.from({ length: 300 }, (_, i) => `${'abcdefgh'.slice(0, 2 + (i % 6))} ${'xyz'.repeat(1 + (i % 3))}`)
const modelOf = (texts: readonly string[]): TokenModel => {
  const model = new TokenModel()
  for (const text of texts) model.add(read(text))
  return model
}
const strangeness = (model: TokenModel, text: string, parent: TokenModel | null = null): number => {
  const into = { bits: 0, from: 0, to: 0 }
  model.strangest(read(text), parent, null, into)
  return into.bits
}

test('words that were never seen are nothing new, signs are', () => {
  const model = modelOf(names)
  assert.ok(strangeness(model, 'hugo zzz') < 2)
  for (const attack of ["hugo' or 1=1", ';id', '../x', '<b>', '`id`'])
    assert.ok(strangeness(model, attack) > 15, `${attack}: ${strangeness(model, attack)}`)
})

test('the stretch that is strange is named, whatever stands around it', () => {
  const model = modelOf(names)
  const into = { bits: 0, from: 0, to: 0 }
  const tokens = read("hugo' zzz")
  model.strangest(tokens, null, null, into)
  assert.ok(into.from <= 1 && into.to >= 2)
})

test('a model without texts of its own judges as its parent does', () => {
  const parent = modelOf(names)
  assert.equal(strangeness(new TokenModel(), 'hugo zzz', parent), strangeness(parent, 'hugo zzz'))
  const own = modelOf(Array.from({ length: 200 }, (_, i) => String(1000 + i)))
  assert.ok(strangeness(own, 'hugo zzz', parent) > 10)
})

test('merging gives what learning all would have given, and a dump reads back', () => {
  const half = modelOf(names.slice(150))
  half.merge(modelOf(names.slice(0, 150)))
  assert.deepEqual(half.dump(), modelOf(names).dump())
  assert.deepEqual(TokenModel.restore(half.dump()).dump(), half.dump())
  assert.throws(() => TokenModel.restore([[1, 2]]), RangeError)
  assert.throws(() => TokenModel.restore([[1, 9999, 1]]), RangeError)
})

test('a flood of texts of every form keeps the model below its bound', () => {
  const model = new TokenModel()
  let state = 7
  const sign = (): string => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return String.fromCharCode((state >>> 12) % 128)
  }
  for (let i = 0; i < 40_000; i++) model.add(read(sign() + sign() + sign()))
  assert.ok(model.size <= 4096 && model.overflowed > 0)
})
