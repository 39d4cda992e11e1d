import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseYaml, YAML_TEXT_MAX } from './yaml.ts'

function reasonOf(text: string): string {
  const result = parseYaml(text)
  return 'issues' in result
    ? `${result.issues[0]?.line}:${result.issues[0]?.column} ${result.issues[0]?.reason}`
    : `read as ${JSON.stringify(result.value)}`
}

test('what two readers could take differently, or what would take forever, is refused', () => {
  const bomb = `a: &a [x, x]\n${[...'bcdefghijklmnop'].map((key, i) => `${key}: &${key} [${`*${'abcdefghijklmno'[i]}, `.repeat(9)}]`).join('\n')}\n`
  const cases: ReadonlyArray<readonly [text: string, says: RegExp]> = [
    ['a: 1\nb: 2\na: 3\n', /^3:1 keys must be unique/],
    ['{"a": 1, "a": 2}', /^1:10 keys must be unique/],
    ['1: a\n"1": b\n', /^2:1 keys must be unique/],
    ['__proto__: 1\n', /^1:1 this key is not allowed/],
    ['a: { "__proto__": 1 }\n', /^1:6 this key is not allowed/],
    ['? [a]\n: b\n', /^1:3 a key must be a plain word/],
    ['a: &x [*x]\n', /^1:8 this alias stands inside its own anchor/],
    ['a: *x\n', /^1:4 /],
    [bomb, /aliases repeat too much/],
    ['a: !foo b\n', /^1:4 not valid YAML/],
    ['%YAML 1.1\n---\na: yes\n', /YAML 1\.2/],
    [`${'- '.repeat(100)}a`, /nested too deeply|call stack/],
    [`${'- '.repeat(20_000)}a`, /nested too deeply|call stack/],
    ['['.repeat(600), /nested too deeply/],
    ['#'.repeat(YAML_TEXT_MAX + 1), /larger than/],
    ['a: 1\n---\nb: 2\n', /^2:1 not valid YAML.*multiple documents/],
  ]
  for (const [text, says] of cases) assert.match(reasonOf(text), says, text.slice(0, 60))
})

test('an alias stands for its anchor, as often as is sensible', () => {
  const text = 'base: &base { a: 1, list: [x] }\none: *base\ntwo: { inner: *base }\n'
  assert.deepEqual(parseYaml(text), {
    value: { base: { a: 1, list: ['x'] }, one: { a: 1, list: ['x'] }, two: { inner: { a: 1, list: ['x'] } } },
  })
})

test('values are those of the core schema of YAML 1.2: only true and false are truth values', () => {
  const text =
    'a: yes\nb: on\nc: True\nd: 0o17\ne: 0x1F\nf: 1e3\ng: .5\nh: 2020-01-01\ni: 12:30\nj: 017\nk: |\n  text\nl: "\\u00e9"\n'
  assert.deepEqual(parseYaml(text), {
    value: {
      a: 'yes',
      b: 'on',
      c: true,
      d: 15,
      e: 31,
      f: 1000,
      g: 0.5,
      h: '2020-01-01',
      i: '12:30',
      j: 17,
      k: 'text\n',
      l: 'é',
    },
  })
})
