import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { yamlText } from './yaml-text.ts'

const moving = [
  '\u0007',
  '\u001b',
  '\u007f',
  '\u0085',
  '\u009b',
  '\u00ad',
  '\u200b',
  '\u2028',
  '\u202e',
  '\u2066',
  '\ufeff',
  '\t',
]
const around = [(c: string) => c, (c: string) => `a${c}b`, (c: string) => `a\nb${c}\n`, (c: string) => `${c}a: # b`]
const places = [
  (text: string): unknown => ({ a: text }),
  (text: string): unknown => ({ [text]: 1 }),
  (text: string): unknown => [text, { deep: [{ text }] }],
]

test('what a terminal would obey is escaped wherever it stands, and reads back as it was', () => {
  let checked = 0
  for (const character of moving)
    for (const wrap of around)
      for (const place of places) {
        const value = place(wrap(character))
        const text = yamlText(value)
        assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u200b\u2028\u202e\u2066\ufeff]/)
        assert.deepEqual(parse(text), value, JSON.stringify(value))
        checked++
      }
  assert.equal(checked, moving.length * around.length * places.length)
})

test('what is harmless is written as it was before', () => {
  assert.equal(
    yamlText({ openapi: '3.1.0', paths: { '/a': ['x', 'y'] } }),
    'openapi: 3.1.0\npaths:\n  /a:\n    - x\n    - y\n',
  )
})
