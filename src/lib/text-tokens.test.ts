import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTokenReader, tokenLimit, tokenWords } from './text-tokens.ts'

const read = createTokenReader()
const formOf = (text: string): string => {
  const { ids, length } = read(text)
  return [...ids.subarray(0, length)].map(tokenWords).join('')
}

test('names and numbers are tokens by case and length, signs stay what they are', () => {
  assert.equal(formOf("1' OR Name = 42--"), "0' A Aa = 0--")
  assert.equal(formOf('../../etc/passwd'), '../../a/a')
  assert.equal(formOf('9f3a01bc77e2'), 'a0')
  assert.equal(formOf('müller\u0000'), 'ä\\x00')
})

test('letters in full width do not pass as letters', () => {
  assert.equal(formOf('ａ＇'), '□□')
  assert.notDeepEqual([...read('ａ').ids.subarray(0, 1)], [...read('é').ids.subarray(0, 1)])
})

test('any text gives tokens below the limit that begin where they say, in order', () => {
  for (let seed = 1; seed < 400; seed++) {
    let text = ''
    let state = seed
    for (let i = 0; i < seed % 50; i++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      text += String.fromCharCode(state % (i % 3 === 0 ? 65_536 : 130))
    }
    const { ids, starts, length } = read(text)
    for (let i = 0; i < length; i++) {
      assert.ok((ids[i] as number) > 1 && (ids[i] as number) < tokenLimit)
      assert.ok((starts[i] as number) < text.length && (i === 0 || (starts[i] as number) > (starts[i - 1] as number)))
    }
    assert.equal(length === 0, text === '')
  }
})

test('no more than 32,768 units of a text are read', () => {
  assert.equal(read('a;'.repeat(1_000_000)).length, 32_768)
})
