import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { loadWritten } from '../../test/support/configuration.ts'
import { formatIssue } from '../core/config-error.ts'
import { parseYaml } from '../core/yaml.ts'

const secret = 'xyzzy-inline-s3cret'
const base = `version: 1
workers: 2
listeners:
  - { name: main, address: 127.0.0.1:8080, limits: { head: 16KiB, headTimeout: 5s } }
stores:
  shared: { redis: "redis://:${secret}@127.0.0.1:6379", timeout: 100ms }
services:
  origin:
    targets: [http://127.0.0.1:9000, "unix:/run/a.sock"]
    policies: [{ use: mtls }]
policies:
  - use: limit
    with: { limit: 100/min, by: address }
routes:
  - name: one
    match: { host: api.test, path: "/one/{id}", methods: [GET, POST], headers: { x-a: b } }
    service: origin
    disable: [mtls]
    policies:
      - { use: token, with: { issuer: https://a.test/, secret: ${secret}, algorithms: [RS256] } }
      - use: keys
        with:
          keys: { keys: [{ id: a, digest: ${secret} }] }
  - name: two
    match: { path: /two/** }
    service: origin
    policies: [{ use: anonymous }, { use: fussy, with: { rules: [a, b] } }]
`

const pieces = [
  '',
  ' ',
  '\n',
  '\n  ',
  ': ',
  '- ',
  '{',
  '}',
  '[',
  ']',
  ',',
  '"',
  "'",
  '#',
  '&a ',
  '*a',
  '!!str ',
  '|\n',
  '>\n',
  '~',
  'null',
  'true',
  '0',
  '-1',
  '1e9',
  '.inf',
  '10s',
  'env:X',
  'file:x',
  'file:/dev/zero',
  'vault:x',
  'literal:',
  '__proto__: 1',
  'constructor: 1',
  '<<: *a',
  '\t',
  '\r\n',
  '\u0000',
  '\ud800',
  'é',
  '/**',
  '{id}',
  '%2F',
  '..',
  '? ',
  '---\n',
  '%YAML 1.1\n',
  '*',
  '@',
  '`',
]

/** Loads a text and proves that the answer is a configuration or issues with places, and that no secret is in the words. */
async function survives(text: string): Promise<boolean> {
  const { loaded, issues } = await loadWritten({ files: { 'portcullis.yaml': text } })
  if (loaded !== null) {
    assert.ok(Object.isFrozen(loaded.config))
    assert.ok(
      !JSON.stringify([loaded.config, loaded.warnings, loaded.authored]).includes(secret) || !text.includes(secret),
    )
    return true
  }
  assert.ok(issues.length > 0)
  for (const issue of issues) {
    assert.ok(
      issue.reason !== '' && issue.place !== undefined && issue.place.line >= 1 && issue.place.column >= 1,
      JSON.stringify(issue),
    )
    assert.ok(issue.place.line <= text.split('\n').length + 1)
    // Whoever writes a secret as a name (a key, a service, a policy) has it in the pointer; the values of settings never are.
    if (issue.pointer.startsWith('/stores/shared/redis'))
      assert.ok(!formatIssue(issue).includes(secret), formatIssue(issue))
  }
  return false
}

test('a text with pieces cut out and put in gives a configuration or its mistakes, never a crash or a hang', {
  timeout: 120_000,
}, async () => {
  assert.ok(await survives(base), 'the unchanged text must load')
  let accepted = 0
  const edit = fc.record({ at: fc.nat(base.length), drop: fc.nat(6), put: fc.constantFrom(...pieces) })
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async edits => {
      let text = base
      for (const { at, drop, put } of edits) text = text.slice(0, at) + put + text.slice(at + drop)
      if (await survives(text)) accepted++
    }),
    { numRuns: 400 },
  )
  assert.ok(accepted > 0)
})

test('a value of any kind in any place gives a configuration or its mistakes', { timeout: 120_000 }, async () => {
  const parsed = parseYaml(base)
  assert.ok('value' in parsed)
  const places: (string | number)[][] = []
  const visit = (value: unknown, at: (string | number)[]): void => {
    places.push(at)
    if (value === null || typeof value !== 'object') return
    for (const [key, inner] of Object.entries(value)) visit(inner, [...at, Array.isArray(value) ? Number(key) : key])
  }
  visit(parsed.value, [])
  const anything = fc.oneof(
    fc.constantFrom<unknown>(
      null,
      true,
      0,
      -1,
      1.5,
      1e300,
      '',
      [],
      {},
      [[]],
      [null],
      { a: {} },
      'env:X',
      'x'.repeat(5000),
      ['a', 1],
      { use: 'anonymous' },
      { use: 5 },
      '/**',
      ':99999',
      'http://',
    ),
    fc.jsonValue({ maxDepth: 2 }),
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...places), anything, async (at, value) => {
      const copy = structuredClone(parsed.value) as Record<string | number, unknown>
      let holder = copy
      for (const step of at.slice(0, -1)) holder = holder[step] as Record<string | number, unknown>
      const last = at.at(-1)
      if (last !== undefined) holder[last] = value
      await survives(JSON.stringify(last === undefined ? value : copy))
    }),
    { numRuns: 400 },
  )
})

test('texts that are no configuration at all are refused in bounded time', { timeout: 60_000 }, async () => {
  const hostile = [
    '',
    '\u0000',
    '{'.repeat(511),
    '[{'.repeat(200),
    '- '.repeat(5_000),
    'a: '.repeat(2_000),
    `${'? '.repeat(3_000)}a`,
    `a: ${'"'.repeat(20_001)}`,
    `"${'\\'.repeat(50_001)}`,
    `version: 1\n${'k: v\n'.repeat(3_000)}`,
    `version: 1\nroutes:\n${'  - {}\n'.repeat(3_000)}`,
    `version: 1\nreserved: [${'a,'.repeat(20_000)}]`,
    `${' '.repeat(100_000)}a: b`,
    `&a [${'*a,'.repeat(500)}]`,
    '!!binary aGVsbG8=',
    '%TAG ! tag:x,2000:\n---\n!foo bar',
  ]
  for (const text of hostile) assert.equal(await survives(text), false, JSON.stringify(text.slice(0, 40)))
})

test('references to odd files and variables are refused, not followed', async () => {
  for (const written of [
    'file:/dev/zero',
    'file:/dev/stdin',
    'file:.',
    'file:',
    'file:../../../../../../../../proc/self/mem',
    'file:a\\0b',
    'env:',
    'env:A-B',
    'env:__proto__',
    'env:constructor',
    'vault:x',
  ]) {
    const { issues } = await loadWritten({
      files: {
        'portcullis.yaml': `version: 1\nlisteners: [{ name: a, address: 127.0.0.1:1 }]\nstateDir: "${written}"\n`,
      },
    })
    assert.equal(issues?.length, 1, written)
    assert.equal(issues[0]?.pointer, '/stateDir', written)
  }
})

test('the shared example of the syntax is among what is tried', {
  skip: readable('../shared/fixture/fixture.yaml') ? false : 'the fixture is not here',
}, async () => {
  const text = readFileSync(path.resolve(import.meta.dirname, '../../../shared/fixture/fixture.yaml'), 'utf8')
  await fc.assert(
    fc.asyncProperty(fc.nat(text.length), fc.nat(8), fc.constantFrom(...pieces), async (at, drop, put) => {
      const { loaded, issues } = await loadWritten({
        files: { 'portcullis.yaml': text.slice(0, at) + put + text.slice(at + drop) },
      })
      assert.ok(loaded !== null || issues.length > 0)
    }),
    { numRuns: 100 },
  )
})

function readable(file: string): boolean {
  try {
    readFileSync(path.resolve(import.meta.dirname, '../..', file))
    return true
  } catch {
    return false
  }
}
