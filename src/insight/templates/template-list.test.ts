import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { testData } from '../../../test/support/test-data.ts'
import { templatesOfLines } from './template-list.ts'
import { parseUrlLine } from './url-line.ts'

const lines = [
  'https://api.example.com/users/17?full=true',
  'https://api.example.com/users/18#top',
  'https://other.example.com/users/19',
  '/users/20',
  'GET /users/21',
  'GET /users/22',
  'DELETE /users/22',
  'GET:/users/23',
  'users/24',
  'haha',
  '',
  'free text, no URL',
  '/',
  '//',
  'http://[::1]:8080/users/25',
  'HTTP://api.example.com',
]

test('one answer for each line, in order, with scheme, host and method', () => {
  const answers = [...templatesOfLines(lines)]
  assert.deepEqual(
    answers.map(({ path }) => path),
    lines,
  )
  assert.deepEqual(
    answers.map(({ template }) => template),
    [
      'https://api.example.com/users/{id}',
      'https://api.example.com/users/{id}',
      'https://other.example.com/users/{id}',
      '/users/{id}',
      'GET /users/{id}',
      'GET /users/{id}',
      'DELETE /users/{id}',
      'GET:/users/{id}',
      'users/{id}',
      'haha',
      '',
      'free text, no URL',
      '/',
      '//',
      'http://[::1]:8080/users/{id}',
      'HTTP://api.example.com/',
    ],
  )
  for (const { path, template, confidence } of answers) {
    assert.ok(confidence >= 0 && confidence <= 1)
    assert.equal(confidence === 0, parseUrlLine(path) === null, `${path} ${template}`)
  }
})

test('the order of the lines changes no answer, not even when there are more than can be kept', () => {
  const many = Array.from({ length: 30_000 }, (_, i) => [
    `/a${i % 300}/w${(i * 7919) % 10_007}x/${i}`,
    `/users/name${'abcdefgh'[i % 8]}q${(i * 31) % 977}/posts`,
  ])
  const straight = many.flat()
  const shuffled = straight
    .map((line, i) => [(i * 48_271) % 65_537, line] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, line]) => line)
  assert.notDeepEqual(shuffled, straight)
  const answers = new Map([...templatesOfLines(straight)].map(({ path, template }) => [path, template]))
  for (const { path, template } of templatesOfLines(shuffled)) assert.equal(template, answers.get(path), path)
})

test('a literal that is called often keeps apart from thousands of values beside it', () => {
  const values = Array.from(
    { length: 3_000 },
    (_, i) => `/domains/${(i * 7_919 + 52_711).toString(36)}xq${'abcdefghij'[i % 10]}`,
  )
  const lines = [...values, ...Array.from({ length: 30 }, () => '/domains/suggest')]
  const templates = new Map([...templatesOfLines(lines)].map(({ path, template }) => [path, template]))
  assert.equal(templates.get('/domains/suggest'), '/domains/suggest')
  assert.equal(templates.get(values[17] as string), '/domains/{id}')
})

test('R3: what must stay literal does, and the small list is grouped as listed', t => {
  const folder = testData('r3-urls')
  if (folder === null) return t.skip('no test data r3-urls')
  const read = (file: string) => [
    ...new Set(
      readFileSync(path.join(folder, file), 'utf8')
        .split('\n')
        .filter(line => line !== ''),
    ),
  ]
  const literal = read('Endpoint100_counterexamples.txt')
  assert.equal(literal.length, 15)
  assert.equal(new Set([...templatesOfLines(literal)].map(({ template }) => template)).size, 15)
  const byTemplate = Map.groupBy(templatesOfLines(read('Endpoint100_trivial.txt')), ({ template }) => template)
  const members = (template: string) => byTemplate.get(template)?.length ?? 0
  assert.equal(members('/api/v1/users/{id}'), 12)
  assert.equal(members('/api/v1/posts/{id}'), 10)
  assert.equal(members('/api/v1/orders/{id}'), 8)
  assert.equal(members('/api/v1/accounts/{id}'), 8)
  assert.equal(members('/api/v1/invoices/{id}'), 6)
  assert.equal(members('/user/{id}/post/{postId}'), 6)
})
