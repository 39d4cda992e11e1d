import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RE2JS } from 're2js'
import { ecmaToRe2, isPlainlyLinear } from './ecma-pattern.ts'

describe('ecmaToRe2', () => {
  it('refuses what no linear engine can match, and says why', () => {
    const refused: ReadonlyArray<readonly [string, RegExp]> = [
      ['^(?=a)b', /look-ahead/],
      ['(?!a)b', /look-ahead/],
      ['(?<=a)b', /look-behind|look-ahead/],
      ['(?<!a)b', /look-behind|look-ahead/],
      ['(a)\\1', /back-reference/],
      ['(?<n>a)\\k<n>', /back-reference/],
      ['(?i:a)', /flags/],
      ['\\p{Script_Extensions=Greek}', /not supported/],
      ['\\p{ID_Start}', /not supported/],
      ['\\ud800', /surrogate/],
    ]
    for (const [source, reason] of refused) assert.throws(() => ecmaToRe2(source), reason, source)
  })

  it('refuses what is no ECMAScript pattern with the u flag', () => {
    for (const source of ['(', '[', 'a**', '\\-', '{', '\\u{110000}', '[b-a]', '(?<n>a)(?<n>b)', '\\p{Nonsense}'])
      assert.throws(() => ecmaToRe2(source), source)
  })

  it('matches exactly what ECMAScript matches, at every place where RE2 reads a spelling differently', () => {
    const patterns = [
      '^.$',
      '.',
      '\\s',
      '\\S',
      '[\\s]',
      '[\\S]',
      '[^\\s]',
      '^\\S+$',
      '[\\s\\S]',
      '\\w',
      '\\W',
      '\\d',
      '\\D',
      '[\\w-]',
      '[\\d.]',
      '[^\\W]',
      'a$',
      '^a',
      'a|b',
      '\\bfoo\\b',
      '\\Boo',
      '[]',
      '[^]',
      '[a-z&&]',
      '[[]',
      '[\\]]',
      '[\\-a]',
      '[a\\-z]',
      '[-a]',
      '[a-]',
      '[^-a]',
      '[\\b]',
      '\\t\\n\\v\\f\\r',
      '\\0',
      '\\x41',
      '\\u0041',
      '\\u{1F600}',
      '\\ud83d\\ude00',
      '[\\ud83d\\ude00]',
      '😀',
      '[😀-😂]',
      '\\cJ',
      '\\/',
      '\\$',
      '\\{',
      'a{2}',
      'a{2,}',
      'a{2,3}',
      'a{2,3}?',
      '(?:ab)+',
      '(?<name>ab)c',
      '\\p{L}',
      '\\P{L}',
      '\\p{Lu}',
      '\\p{Letter}',
      '[\\p{L}\\d]',
      '[^\\p{L}]',
      '\\p{Script=Greek}',
      '\\p{gc=Nd}',
      'é',
      '(a+)+$',
      '[.*+?^${}()|]',
      '\\.',
      ' ',
      '#',
      '~',
    ]
    const texts = [
      '',
      'a',
      'b',
      'ab',
      'abc',
      'aa',
      'aaa',
      'aaaa',
      'foo',
      'a foo b',
      'food',
      'A',
      'Z',
      '1',
      '_',
      '-',
      '[',
      ']',
      '&',
      '&]',
      '😀',
      '😁',
      'é',
      'É',
      'α',
      '٣',
      '\0',
      '\b',
      '\t',
      '\n',
      '\v',
      '\f',
      '\r',
      '\t\n\v\f\r',
      ' ',
      '\u00a0',
      '\u1680',
      '\u2000',
      '\u200b',
      '\u2028',
      '\u2029',
      '\u202f',
      '\u205f',
      '\u3000',
      '\ufeff',
      'a\n',
      '\na',
      'a\u2028',
      '.',
      '*',
      '$',
      '{',
      '/',
      '#',
      '~',
      'z',
      '\u{10ffff}',
      '\ue000',
    ]
    let compared = 0
    for (const source of patterns) {
      const ours = RE2JS.compile(ecmaToRe2(source))
      const theirs = new RegExp(source, 'u')
      for (const text of texts) {
        assert.equal(ours.test(text), theirs.test(text), `${source} on ${JSON.stringify(text)}`)
        compared++
      }
    }
    assert.equal(compared, patterns.length * texts.length)
  })
})

describe('isPlainlyLinear', () => {
  it('says no to all that can backtrack beyond a constant', () => {
    const no = [
      '',
      'a',
      'a+',
      '[a-z]+@',
      '^(a+)+$',
      '^(?:a)$',
      '^a|b$',
      '^a*a*$',
      '^[a-z]+[0-9]*$',
      '^\\d+\\.\\d+$',
      '^a{1,}b{1,}$',
      '^a+b{0,8}$',
      '^a?b?c?d?e?f*$',
      '^[a-z]*a{1000}$',
      '^a{0,40}b{0,40}$',
      '^[^"]*"[^"]*$',
      '^a**$',
      '^(',
      '^a)$',
      '^[a',
      '^a\\$+b+$',
      '^\\1$',
      '^\\k<n>$',
      '^^a+$',
      '^a$b+$',
      '^.*,.*$',
      '^[[a]b]+$',
    ]
    for (const source of no) assert.equal(isPlainlyLinear(source), false, source)
  })

  it('says yes to the plain ones', () => {
    const yes = [
      '^',
      '^$',
      '^a',
      '^[A-Z]{3}-\\d{4}$',
      '^[a-z0-9-]+$',
      '^\\S+$',
      '^[a-z][a-z0-9_]{0,63}$',
      '^#[0-9A-Fa-f]{6}$',
      '^\\+?[1-9]\\d{1,14}$',
      '^[^<>]*$',
      '^.{1,100}$',
      '^é*$',
      '^\\$\\d+',
    ]
    for (const source of yes) assert.equal(isPlainlyLinear(source), true, source)
  })
})
