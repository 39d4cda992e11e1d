import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TemplateSet } from './template-set.ts'

function learnt(paths: readonly string[]): TemplateSet {
  const set = new TemplateSet()
  for (const path of paths) set.learn(path)
  return set
}

function templatesOf(paths: readonly string[]): string[] {
  const set = learnt(paths)
  return paths.map(path => set.templateOf(path).template)
}

test('typed values are variables from the first sample on', () => {
  const paths = [
    '/orders/17',
    '/users/0b9a1c6e-2f1d-4f0e-9a53-7f1f3a0c9d11/address',
    '/events/01ARZ3NDEKTSV4RRFFQ69G5FAV',
    '/reports/2024-05-17',
    '/people/{email:0123456789abcdef}',
  ]
  assert.deepEqual(templatesOf(paths), [
    '/orders/{id}',
    '/users/{id}/address',
    '/events/{id}',
    '/reports/{date}',
    '/people/{email}',
  ])
})

test('words of an API stay literals beside the variable of their place', () => {
  const paths = ['/users/17', '/users/18', '/users/search', '/users/me', '/users/me/settings', '/users/19/settings']
  assert.deepEqual(templatesOf(paths), [
    '/users/{id}',
    '/users/{id}',
    '/users/search',
    '/users/me',
    '/users/me/settings',
    '/users/{id}/settings',
  ])
})

test('a leaf keeps its number and knows its template', () => {
  const set = new TemplateSet()
  const first = set.learn('/orders/1')
  assert.equal(set.learn('/orders/2'), first)
  assert.notEqual(set.learn('/orders'), first)
  assert.equal(set.templateOfLeaf(first).template, '/orders/{id}')
  assert.deepEqual(
    set.templates().map(({ template, leaves, calls }) => [template, leaves, calls]),
    [
      ['/orders/{id}', [0], 2],
      ['/orders', [1], 1],
    ],
  )
})

test('a random value that looks like a version is one of the values', () => {
  const values = [
    'x81kq',
    'p0zz7a',
    'k3m1wq',
    'zt40bd',
    'q9rr2',
    'jh2k8d',
    'w7c3xp',
    'bq5v0t',
    'n4d8sk',
    'v27h',
    'c6yy1m',
  ]
  const paths = values.flatMap(value => [`/api/volumes/${value}`, `/api/volumes/${value}/copy`])
  assert.deepEqual([...new Set(templatesOf(paths))], ['/api/volumes/{id}', '/api/volumes/{id}/copy'])
})

test('versions beside values stay apart where they stand near the root, or are called far more often', () => {
  const values = ['x81kq', 'p0zz7a', 'k3m1wq', 'zt40bd', 'q9rr2', 'jh2k8d', 'w7c3xp', 'bq5v0t', 'n4d8sk', 'c6yy1m']
  const root = [...values, 'v2'].map(value => `/${value}/orders`)
  assert.equal(new Set(templatesOf(root)).size, 2)
  const deep = [...values, ...Array.from({ length: 40 }, () => 'v2')].map(value => `/api/volumes/${value}`)
  assert.deepEqual([...new Set(templatesOf(deep))], ['/api/volumes/{id}', '/api/volumes/v2'])
})

test('where values of several shapes stand, a text that is a value elsewhere is one', () => {
  const paths = [
    '/api/v1/users/123',
    '/api/v1/users/12019ab',
    '/api/v1/users/abc',
    '/api/v1/users/search',
    '/api/v2/data/users/123',
    ...['abc', 'kqjw', 'wzk', 'xkcqd', 'qrtz', 'pzw'].map(value => `/api/v2/data/users/${value}`),
  ]
  assert.equal(templatesOf(paths)[2], '/api/v1/users/{id}')
  assert.equal(templatesOf(paths)[3], '/api/v1/users/search')
})
