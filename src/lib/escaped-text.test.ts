import assert from 'node:assert/strict'
import { test } from 'node:test'
import { escapeMarks, unescaped } from './escaped-text.ts'

const { needless, broken, notUtf8, twice, control } = escapeMarks

test('escapes are taken away once, and what they hide is told', () => {
  const rows: ReadonlyArray<readonly [raw: string, text: string, marks: number]> = [
    ['a+b%20c', 'a b c', 0],
    ['caf%C3%A9', 'café', 0],
    ['%2e%2e%2f', '../', needless],
    ['100%', '100%', broken],
    ['%zz%4', '%zz%4', broken],
    ['espa%F1a', 'españa', notUtf8],
    ['%C0%AE', 'À®', notUtf8],
    ['%2527', '%27', twice],
    ['a%0d%0aSet-Cookie', 'a\r\nSet-Cookie', control],
    ['%00', '\u0000', control],
    ['', '', 0],
  ]
  for (const [raw, text, marks] of rows) assert.deepEqual(unescaped(raw, true), { text, marks }, raw)
})

test('a plus sign stays where spaces are not written so', () => {
  assert.equal(unescaped('a+b', false).text, 'a+b')
})

test('a long text of half escapes takes linear time', () => {
  const { marks } = unescaped('%2'.repeat(200_000), true)
  assert.equal(marks & broken, broken)
})
