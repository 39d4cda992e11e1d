// The translation of patterns against V8 on short texts, where backtracking cannot hurt.
import * as fc from 'fast-check'
import { compilePattern } from '../../src/policies/json-schema/pattern.ts'

const atom = fc.constantFrom(
  'a',
  'b',
  'é',
  '😀',
  '.',
  '\\s',
  '\\S',
  '\\d',
  '\\w',
  '\\W',
  '[ab]',
  '[^ab]',
  '[a-c]',
  '[\\s\\d]',
  '[^\\s]',
  '[\\S]',
  '\\.',
  '\\u0061',
  '\\u{1f600}',
  '\\n',
  '^',
  '$',
  '\\b',
  '\\p{L}',
  '[^\\p{Lu}]',
  '[]',
  '[^]',
  '-',
  '\\/',
  '[\\-\\]]',
  '\\x62',
  ' ',
  '[😀-😂]',
)
const times = fc.constantFrom('', '*', '+', '?', '{2}', '{1,3}', '*?', '+?')
const flat = branches(fc.array(atom, { maxLength: 3 }).map(atoms => atoms.join('')))
// Repetitions are not nested: V8 backtracks, and nested ones held this test for seconds on five characters.
const term = fc.oneof(
  fc.tuple(atom, times).map(([one, repeat]) => (/^(?:\^|\$|\\b)$/.test(one) ? one : one + repeat)),
  fc
    .tuple(fc.constantFrom('(?:', '(', '(?<name>'), flat, times)
    .map(([open, inner, repeat]) => `${open}${inner})${repeat}`),
)
const pattern = branches(fc.array(term, { maxLength: 4 }).map(terms => terms.join('')))

function branches(branch: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.array(branch, { minLength: 1, maxLength: 3 }).map(list => list.join('|'))
}

const text = fc.string({
  maxLength: 5,
  unit: fc.constantFrom(
    'a',
    'b',
    'c',
    'A',
    '1',
    '_',
    '-',
    ' ',
    '\n',
    '\r',
    '\u2028',
    '\u00a0',
    '\v',
    'é',
    '😀',
    '😁',
    '.',
    '/',
  ),
})

/** Throws with pattern and text when RE2 and ECMAScript disagree. */
export async function fuzz(budgetMs: number): Promise<{ name: string; runs: number }> {
  const until = performance.now() + budgetMs
  let runs = 0
  do {
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 6 }), (source, texts) => {
        // A name may be given once.
        fc.pre(source.split('(?<name>').length <= 2)
        const theirs = new RegExp(source, 'u')
        let ours: (text: string) => boolean
        try {
          ours = compilePattern(source)
        } catch (error) {
          // RE2 bounds the size of repetitions; refused at load is safe.
          if (/repeat|too large|nested/i.test((error as Error).message)) return
          throw error
        }
        for (const one of texts) {
          runs++
          if (ours(one) !== theirs.test(one)) throw new Error(`${source} on ${JSON.stringify(one)}: RE2 ${ours(one)}`)
        }
      }),
      { numRuns: 500, endOnFailure: true, interruptAfterTimeLimit: Math.max(1, until - performance.now()) },
    )
  } while (performance.now() < until)
  return { name: 'ecma-pattern', runs }
}
