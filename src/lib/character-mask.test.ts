import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { anyCharacter, characterKinds, characterMask, maskPattern } from './character-mask.ts'
import { ecmaToRe2 } from './ecma-pattern.ts'

/** Of every kind, and of those that mean something in a class of a pattern. */
const some = fc.constantFrom(...'azAZ09-_. /:@+=!"#$%&\'()*,;<>?[\\]^`{|}~é😀\t\n')

describe('kinds of characters', () => {
  it('are those that occur', () => {
    const k = characterKinds
    for (const [text, mask] of [
      ['', 0],
      ['abc', k.lower],
      ['Ab1', k.lower | k.upper | k.digit],
      ['a-b_c.d', k.lower | k.hyphen | k.underscore | k.dot],
      ['é', k.unicode],
      ['\n', k.control],
      ['a b', k.lower | k.space],
      ['x'.repeat(5000), anyCharacter],
    ] as const)
      assert.equal(characterMask(text), mask, text)
  })

  it('make a pattern that their texts fit, and that both engines take', () => {
    fc.assert(
      fc.property(fc.string({ unit: some, maxLength: 40 }), fc.string({ unit: some, maxLength: 10 }), (text, other) => {
        const mask = characterMask(text)
        const pattern = maskPattern(mask)
        if (pattern === null) return
        ecmaToRe2(pattern)
        const test = new RegExp(pattern, 'u')
        assert.ok(test.test(text), pattern)
        if ((characterMask(other) & ~mask) !== 0) assert.ok(!test.test(other), `${pattern} ${other}`)
      }),
      { numRuns: 150 },
    )
    assert.equal(maskPattern(0), null)
  })
})
