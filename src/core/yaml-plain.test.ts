import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { isMap, isScalar, isSeq } from 'yaml'
import { parseYamlDocument, parseYamlFully } from './yaml.ts'
import { readPlainYaml } from './yaml-plain.ts'

const root = path.resolve(import.meta.dirname, '../..')

/** The guarantee: what the quick reader reads, the full parser reads alike, with the same offsets. Gives whether it was read. */
function agrees(text: string): boolean {
  const plain = readPlainYaml(text)
  if (plain === null) return false
  const { document } = parseYamlDocument(text)
  const full = parseYamlFully(text)
  assert.ok('value' in full, `the full parser refuses what the quick one read: ${JSON.stringify(text)}`)
  assert.deepStrictEqual(plain.value, full.value, JSON.stringify(text))
  const visit = (node: unknown, value: unknown, key: number): void => {
    if (!isMap(node) && !isSeq(node)) return
    const at = plain.offsets.get(value as object)
    assert.deepStrictEqual(at, { start: node.range?.[0], key }, JSON.stringify(text))
    if (isSeq(node)) node.items.forEach((item, i) => visit(item, (value as unknown[])[i], -1))
    else {
      for (const { key: name, value: inner } of node.items) {
        assert.ok(isScalar(name))
        visit(inner, (value as Record<string, unknown>)[String(name.value)], name.range?.[0] ?? -1)
      }
    }
  }
  visit(document.contents, plain.value, -1)
  return true
}

const everyday = [
  'a: 1\nb: two\n',
  "a:\n  - x\n  - y: 1\n    z: {p: q, \"r\": [1, 2, 'it''s']}\n# end\n",
  'a:\n- 1\n-   b: 2\n    c:\n- - 1\n  - 2\n',
  '{"a": [1, true, null, "x\\n"], "b": {"c": "d"}}\n',
  'list: [\n  a,\n  b, # comment\n]\nnext: :443\n',
  'a: "x: y" # comment\nb: http://h:80/p#frag\nc:\nd: ~\n',
  'limit: 100/min\naddress: 127.0.0.1:18080\nneg: -5s\npath: /x/:id/**\n',
  '- { use: jwt, with: { issuer: https://a.b/, n: [] } }\n- use: x\n',
]

test('everyday configuration is read by the quick reader and read alike', () => {
  for (const text of everyday) {
    // A list of maps whose continuation the full parser must decide is allowed to be left to it, but not these.
    if (text.startsWith('list: [')) continue
    assert.ok(agrees(text), `left to the full parser: ${JSON.stringify(text)}`)
  }
})

test('real configurations take the quick way', () => {
  const files = globSync('examples/**/*.{yaml,json}', { cwd: root })
  assert.ok(files.length >= 5)
  for (const file of files) {
    const text = readFileSync(path.join(root, file), 'utf8')
    // Documents of APIs lie there too.
    if (!text.startsWith('openapi:')) assert.ok(agrees(text), `left to the full parser: ${file}`)
  }
})

test('what is not surely plain is left to the full parser', () => {
  const unsure = [
    '',
    'a: &x 1\nb: *x\n',
    'a: !!str 1\n',
    'a: |\n  text\n',
    'a: >-\n  text\n',
    'a: b\n c\n',
    'a:\tb\n',
    'a: 0755\n',
    'a: 1.5\n',
    'a: 1\na: 2\n',
    '__proto__: {}\n',
    'a: {b: /x/{id}}\n',
    '---\na: 1\n',
    'a: [b: c]\n',
    'a: b: c\n',
    'a: "x\n  y"\n',
    'a:\n    b: 1\n  c: 2\n',
    'true: 1\n',
    '? a\n: b\n',
    'a: @x\n',
    'just words\n',
    '\ufeffa: 1\n',
    'a: 1\r\nb: 2\r\n',
    'a: ["b": c]\n',
    'a: {b}\n',
    `${'['.repeat(70)}${']'.repeat(70)}`,
  ]
  for (const text of unsure) assert.equal(readPlainYaml(text), null, JSON.stringify(text))
})

test('mutated everyday text is read alike or left to the full parser', () => {
  let read = 0
  fc.assert(
    fc.property(
      fc.constantFrom(...everyday),
      fc.array(
        fc.record({
          at: fc.nat(200),
          drop: fc.nat(3),
          put: fc.constantFrom(
            '',
            ' ',
            '  ',
            '\n',
            '\n  ',
            '- ',
            ': ',
            ':',
            '{',
            '}',
            '[',
            ']',
            ',',
            '"',
            "'",
            '#',
            ' #',
            'a',
            '0',
            '~',
            '/',
            '&',
            '*',
            '-',
            '\\',
            'null',
            '.',
            'é',
            '\n- ',
            'b: c',
            '?',
            '|',
            '%',
            '<<: ',
          ),
        }),
        { minLength: 1, maxLength: 4 },
      ),
      (start, edits) => {
        let text = start
        for (const { at, drop, put } of edits) {
          const i = at % (text.length + 1)
          text = text.slice(0, i) + put + text.slice(i + drop)
        }
        if (agrees(text)) read++
      },
    ),
    { numRuns: 4000 },
  )
  assert.ok(read > 200, `only ${read} of the mutated texts were read at all`)
})

test('text made of tokens is read alike or left to the full parser', () => {
  const token = fc.constantFrom(
    'a',
    'b',
    ': ',
    ':',
    ':\n',
    '\n',
    '\n  ',
    '\n    ',
    ' ',
    '- ',
    '-',
    '{',
    '}',
    '[',
    ']',
    ', ',
    ',',
    '"s"',
    "'t'",
    '# c',
    ' # c',
    '1',
    'x y',
    '{ a: b }',
    '[1, 2]',
    'a: b',
    '\n- ',
    '~',
  )
  let read = 0
  fc.assert(
    fc.property(fc.array(token, { maxLength: 14 }), tokens => {
      if (agrees(tokens.join(''))) read++
    }),
    { numRuns: 6000 },
  )
  assert.ok(read > 100, `only ${read} texts were read at all`)
})
