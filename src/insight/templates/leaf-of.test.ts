import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TemplateSet } from './template-set.ts'

const paths = [
  '/',
  '/1.1/statuses',
  '/api/2/issue/17',
  '/orders/17',
  '/orders/17/items/9f1b2c3d-0000-4000-8000-000000000001',
  '/orders/17:cancel',
  '/orders.json',
  '/files/report-2026.pdf',
  '/Orders(123)',
  '/users/me',
  `/users/${'x'.repeat(300)}`,
  `/${Array(50).fill('deep').join('/')}`,
]

test('finds the leaf that learning gave, and learns nothing by it', () => {
  // Few words and little depth, so that the shared places are met too.
  for (const limits of [{}, { wordsMax: 2, depthMax: 4 }, { nodesMax: 8 }]) {
    const set = new TemplateSet(limits)
    for (const path of paths) assert.equal(set.leafOf(path), null)
    assert.equal(set.size, 1)
    const leaves = paths.map(path => set.learn(path))
    const { version } = set
    assert.deepEqual(
      paths.map(path => set.leafOf(path)),
      leaves,
    )
    assert.equal(set.version, version)
  }
})

test('values of one shape are found where others of it were seen, words that were not seen are not', () => {
  const set = new TemplateSet()
  const leaf = set.learn('/orders/17/items')
  assert.equal(set.leafOf('/orders/99/items'), leaf)
  assert.equal(set.leafOf('/orders/99'), null)
  assert.equal(set.leafOf('/orders/mine/items'), null)
  assert.equal(set.leafOf('/.env'), null)
})
