import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TemplateEdit } from './path-template.ts'
import { TemplateSet } from './template-set.ts'

const paths = [
  ...Array.from({ length: 40 }, (_, i) => `/users/${i}`),
  ...Array.from({ length: 40 }, (_, i) => `/users/${i}/posts`),
  '/users/octocat9',
  '/users/octocat9/posts',
  '/users/search',
  '/reports/daily',
  '/reports/weekly',
  '/reports/2024-05-17',
  '/export.json',
]

function learnt(): TemplateSet {
  const set = new TemplateSet()
  for (const path of paths) set.learn(path)
  return set
}

/** All that a reader can see. */
function seen(set: TemplateSet) {
  return [set.templates(), paths.map(path => set.templateOf(path))]
}

test('an undone edit leaves nothing behind', () => {
  const set = learnt()
  const before = seen(set)
  const edits: TemplateEdit[] = [
    { kind: 'declare', template: '/reports/{period}', origin: 'operator' },
    { kind: 'declare', template: '/users/{user}/posts', origin: 'openapi' },
    { kind: 'split', template: '/users/{id}', variable: 'id', value: 'octocat9' },
    { kind: 'rename', template: '/users/{id}', variable: 'id', name: 'userId' },
  ]
  for (const edit of edits) {
    const carry =
      edit.kind === 'declare'
        ? () => set.declare(edit.template, edit.origin)
        : edit.kind === 'split'
          ? () => set.split(edit.template, edit.variable, edit.value)
          : () => set.rename(edit.template, edit.variable, edit.name)
    assert.equal(carry(), true)
    assert.notDeepEqual(seen(set), before, edit.kind)
    assert.deepEqual(set.edits, [edit])
    assert.equal(set.undo(edit), true)
    assert.deepEqual(seen(set), before, edit.kind)
    assert.equal(set.undo(edit), false)
  }
})

test('a declared template joins what was apart, with its own names, and keeps every call', () => {
  const set = learnt()
  set.merge('/reports/{period}')
  for (const period of ['daily', 'weekly', '2024-05-17', 'never-seen']) {
    const found = set.templateOf(`/reports/${period}`)
    assert.equal(found.template, '/reports/{period}')
    assert.equal(found.origin, 'operator')
    assert.equal(found.confidence, 1)
  }
  const group = set.templates().find(({ template }) => template === '/reports/{period}')
  assert.equal(group?.calls, 3)
  assert.equal(group?.leaves.length, 3)
})

test('a split value has its own calls, and what lies below it follows', () => {
  const set = learnt()
  const calls = (template: string) => set.templates().find(one => one.template === template)?.calls
  assert.equal(calls('/users/{id}'), 41)
  set.split('/users/{id}', 'id', 'octocat9')
  assert.equal(calls('/users/{id}'), 40)
  assert.equal(calls('/users/octocat9'), 1)
  assert.equal(calls('/users/octocat9/posts'), 1)
  assert.equal(calls('/users/{id}/posts'), 40)
})

test('a value of a typed shape is kept apart from the split on', () => {
  const set = learnt()
  set.split('/users/{id}', 'id', '7')
  const leaf = set.learn('/users/7')
  assert.equal(set.templateOfLeaf(leaf).template, '/users/7')
  assert.equal(set.templateOf('/users/8').template, '/users/{id}')
})

test('an operator outweighs a document, a document what is inferred, in whatever order they speak', () => {
  for (const order of [
    ['operator', 'openapi'],
    ['openapi', 'operator'],
  ] as const) {
    const set = learnt()
    for (const origin of order) set.declare(`/users/{${origin}Id}`, origin)
    assert.equal(set.templateOf('/users/5').template, '/users/{operatorId}')
    set.undo({ kind: 'declare', template: '/users/{operatorId}', origin: 'operator' })
    assert.equal(set.templateOf('/users/5').template, '/users/{openapiId}')
    assert.equal(set.templateOf('/users/5').origin, 'openapi')
  }
})

test('declared literals win over declared variables, and templates that were never called are known', () => {
  const set = new TemplateSet()
  for (const template of [
    '/pets/{petId}',
    '/pets/findByStatus',
    '/pets/{petId}/photos/{photo}.jpg',
    '/files/{name}:rename',
  ])
    assert.equal(set.declare(template, 'openapi'), true)
  assert.equal(set.templateOf('/pets/findByStatus').template, '/pets/findByStatus')
  assert.equal(set.templateOf('/pets/rex').template, '/pets/{petId}')
  assert.equal(set.templateOf('/pets/7/photos/8.jpg').template, '/pets/{petId}/photos/{photo}.jpg')
  assert.equal(set.templateOf('/files/a:rename').template, '/files/{name}:rename')
  assert.equal(set.templateOf('/pets/rex/toys').origin, 'inferred')
  assert.equal(set.templateOf('/pets/rex/toys').template, '/pets/{petId}/toys')
})

test('a new name changes the name alone', () => {
  const set = learnt()
  set.rename('/users/{id}', 'id', 'user')
  assert.equal(set.templateOf('/users/5').template, '/users/{user}')
  assert.equal(set.templateOf('/users/5/posts').template, '/users/{user}/posts')
  assert.equal(set.templateOf('/users/search').template, '/users/search')
})

test('a declared variable may get another name too', () => {
  const set = learnt()
  set.declare('/users/{user_id}/posts', 'openapi')
  set.rename('/users/{user_id}/posts', 'user_id', 'author')
  assert.equal(set.templateOf('/users/5/posts').template, '/users/{author}/posts')
  assert.equal(set.templateOf('/users/5').template, '/users/{author}')
})

test('what is no edit is refused', () => {
  const set = learnt()
  assert.equal(set.declare('users/{id}', 'operator'), false)
  assert.equal(set.split('/users/{id}', 'name', 'x'), false)
  assert.equal(set.rename('/users/{id}', 'id', 'not a name'), false)
  assert.deepEqual(set.edits, [])
})
