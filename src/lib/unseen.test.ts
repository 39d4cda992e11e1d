import assert from 'node:assert/strict'
import { it } from 'node:test'
import { inOneLine, withoutUnseen } from './unseen.ts'

it('what a terminal would obey, or nobody would see, is written out; what people write stays', () => {
  assert.equal(withoutUnseen('a\u001b[2J\u009b31m\rb'), 'a\\u001b[2J\\u009b31m\\u000db')
  assert.equal(
    withoutUnseen('pay\u00adpal \u2060\u200bme\u202e\ufff9\ufeff'),
    'pay\\u00adpal \\u2060\\u200bme\\u202e\\ufff9\\ufeff',
  )
  assert.equal(withoutUnseen('half \ud83d of one, and 😀'), 'half \\ud83d of one, and 😀')
  assert.equal(withoutUnseen('größe\n日本 ✓ “so” – …'), 'größe\n日本 ✓ “so” – …')
})

it('an end of a line ends none where one line is wanted', () => {
  assert.equal(inOneLine('name\n# a line of a stranger'), 'name\\u000a# a line of a stranger')
})
