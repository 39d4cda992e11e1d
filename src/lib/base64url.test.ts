import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { decodeBase64url } from './base64url.ts'

const refused: ReadonlyArray<readonly [text: string, why: string]> = [
  ['Zg==', 'padding'],
  ['Zg=', 'half of the padding'],
  ['Zh', 'left-over bits of two digits are not zero'],
  ['Zm9', 'left-over bits of three digits are not zero'],
  ['Z', 'one digit is no byte'],
  ['Zm9vY', 'five digits'],
  ['Zm 8', 'a space inside'],
  ['Zm8\n', 'a line end behind'],
  ['\tZm8', 'a tab before'],
  ['+_8A', 'the plus of the other alphabet'],
  ['a/8A', 'the slash of the other alphabet'],
  ['Zm9v.', 'a dot'],
  ['Zm9\u0000', 'a NUL'],
  ['Zm9\u017f', 'a letter that folds to s'],
]

test('refuses every spelling but the canonical one', () => {
  let ran = 0
  for (const [text, why] of refused) {
    assert.equal(decodeBase64url(text), null, why)
    ran++
  }
  assert.equal(ran, 14)
})

test('decodes what an encoder wrote, for every length', () => {
  for (let length = 0; length < 100; length++) {
    const bytes = randomBytes(length)
    assert.deepEqual(decodeBase64url(bytes.toString('base64url')), bytes)
  }
})

test('a text that decodes is the text that encodes again', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), text => {
      const bytes = decodeBase64url(text)
      return bytes === null || bytes.toString('base64url') === text
    }),
    { numRuns: 2000 },
  )
  // Texts of the right alphabet hit the check of left-over bits far more often.
  const letters = fc.string({ unit: fc.constantFrom(...'ABZaz09-_'), maxLength: 12 })
  fc.assert(
    fc.property(letters, text => {
      const bytes = decodeBase64url(text)
      return bytes === null
        ? Buffer.from(text, 'base64url').toString('base64url') !== text
        : bytes.toString('base64url') === text
    }),
    { numRuns: 2000 },
  )
})
