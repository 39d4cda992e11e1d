import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TemplateSet } from './template-set.ts'

const paths = [
  '/',
  '/users/1',
  '/users/2',
  '/users/me',
  '/files/a.pdf',
  '/Orders(1)/lines',
  '/v1/users/alice/posts/7',
  '/orders/7:cancel',
  '/__proto__/constructor',
]

function learnt(): TemplateSet {
  const set = new TemplateSet()
  for (const [i, path] of paths.entries()) set.learn(path, { status: 200 + i, keys: `a,b${i}` })
  return set
}

test('what was learnt comes back from its rows: leaves, templates, counts', () => {
  const set = learnt()
  const rows = [...set.changes()] as Array<[string, string]>
  const again = new TemplateSet()
  assert.equal(again.restore(rows.toReversed()), 0)
  assert.deepEqual(again.templates(), set.templates())
  for (const path of paths) assert.equal(again.leafOf(path), set.leafOf(path))
  assert.deepEqual([...again.changes()], [])
  assert.equal(again.learn('/users/3'), set.learn('/users/3'))
  assert.deepEqual([...again.changes()], [...set.changes()])
})

test('only rows that changed are written again', () => {
  const set = learnt()
  const all = [...set.changes()].length
  assert.ok(all > paths.length)
  set.learn('/users/9')
  assert.equal([...set.changes()].length, 3)
  assert.equal([...set.changes()].length, 0)
})

test('rows that do not read cost themselves and what hangs below them, and are counted', () => {
  const rows = [...learnt().changes()] as Array<[string, string]>
  const users = rows.find(([, value]) => value.includes('"users"')) as [string, string]
  const broken = rows.map(([key, value]) => [key, key === users[0] ? '[0,"users"' : value] as [string, string])
  broken.push(['x', '[]'], ['7', '{}'], ['999999', JSON.stringify([123456, 'a', null, '', 1, 1, -1, null, null, null])])
  const set = new TemplateSet()
  // `/users`, its integers and `me`, and the three that were never rows.
  assert.equal(set.restore(broken), 6)
  assert.equal(set.leafOf('/users/1'), null)
  assert.notEqual(set.leafOf('/files/a.pdf'), null)
  // The next rows replace all that was there.
  const store = new Map<string, string>(broken)
  for (const [key, value] of set.changes()) {
    if (value === null) store.delete(key)
    else store.set(key, value)
  }
  const again = new TemplateSet()
  for (const key of ['x']) store.delete(key)
  assert.equal(again.restore(store), 0)
  assert.deepEqual(again.templates(), set.templates())
})
