import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keptText } from './flat-text.ts'

test('what is kept is the same text, whatever is in it', () => {
  for (const text of ['', 'a', '5f3c9a12d4e6b788-000000', 'é\u00ff', '\u0100', 'id-漢字', '\ud800', '😀'])
    assert.equal(keptText(` ${text} `.slice(1, -1)), text)
})
