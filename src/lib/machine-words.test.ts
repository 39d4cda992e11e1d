import assert from 'node:assert/strict'
import { test } from 'node:test'
import { machineWords } from './machine-words.ts'

test('different words of machine languages are counted up to three, whatever their case', () => {
  const rows: ReadonlyArray<readonly [text: string, count: number]> = [
    ['1 union select a,b from c', 3],
    ['1 UNION ALL SELECT 1', 2],
    ['cat /etc/passwd', 3],
    ['select select select', 1],
    ['please ring twice', 0],
    ['selection of unions', 0],
    ['from', 0],
    ['', 0],
  ]
  for (const [text, count] of rows) assert.equal(machineWords(text), count, text)
})

test('no more than the beginning of a text is read', () => {
  assert.equal(machineWords(`${'x '.repeat(2000)}union select`), 0)
})
