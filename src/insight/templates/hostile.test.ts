import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TemplateSet } from './template-set.ts'
import { trieLimits } from './trie.ts'

/** A small generator of our own: Math.random could not be run again. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return state >>> 8
  }
}

function word(next: () => number): string {
  let made = ''
  for (let i = 0; i < 10; i++) made += String.fromCharCode(97 + (next() % 26))
  return made
}

test('a million distinct paths of random words stay within the bound and are counted', () => {
  const next = numbers(1)
  const set = new TemplateSet()
  for (let i = 0; i < 1_000_000; i++) set.learn(`/${word(next)}/${word(next)}/${word(next)}`)
  assert.ok(set.size <= trieLimits.nodesMax * 1.2, `${set.size} nodes`)
  assert.ok(set.overflowed > 900_000, `${set.overflowed} counted`)
  assert.equal(
    set.templates().reduce((sum, { calls }) => sum + calls, 0),
    1_000_000,
  )
})

test('a bomb in one place leaves room for what comes after it elsewhere', () => {
  const next = numbers(2)
  const set = new TemplateSet()
  for (let i = 0; i < 200_000; i++) set.learn(`/search/${word(next)}/${word(next)}`)
  for (let i = 0; i < 50; i++) {
    set.learn(`/orders/${i}`)
    set.learn(`/orders/${i}/items`)
  }
  assert.equal(set.templateOf('/orders/77').template, '/orders/{id}')
  assert.equal(set.templateOf('/orders/77/items').template, '/orders/{id}/items')
  assert.match(set.templateOf(`/search/${word(next)}/${word(next)}`).template, /^\/search\/\{\w+\}\/\{\w+\}$/)
})

test('a path of ten thousand segments counts as one of a bounded depth', () => {
  const set = new TemplateSet()
  const path = '/deep'.repeat(10_000)
  const leaf = set.learn(path)
  assert.ok(set.size <= trieLimits.depthMax + 2)
  assert.equal(set.leafOf(path), leaf)
  assert.match(set.templateOf(path).template, /^(?:\/deep){32}\/\*\*$/)
  assert.equal(set.templateOf(path).template, set.templateOfLeaf(leaf).template)
})

test('segments of 8 KiB are values and are not kept', () => {
  const set = new TemplateSet()
  for (const letter of 'abcdefgh') set.learn(`/files/${letter.repeat(8192)}/x`)
  assert.equal(set.templateOf(`/files/${'z'.repeat(8192)}/x`).template, '/files/{id}/x')
  assert.ok(![...set.changes()].some(([, value]) => (value ?? '').length > 1000))
})

test('odd bytes are values, whatever they are', () => {
  for (const odd of [
    '\0',
    'a\0b',
    '\u0001integer',
    '%00',
    '%ff%fe',
    '%E0%A4%A',
    '%',
    '\ud800',
    'ä',
    '\u202egnp',
    "'",
    '"',
    '<script>',
    '..%2f',
    ' ',
  ]) {
    const set = new TemplateSet()
    const leaf = set.learn(`/x/${odd}/y`)
    assert.equal(set.templateOfLeaf(leaf).template, '/x/{id}/y', JSON.stringify(odd))
  }
})

test('names of Object.prototype are words like others', () => {
  const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf']
  const set = new TemplateSet()
  for (const name of names) {
    set.learn(`/${name}`)
    set.learn(`/${name}/${name}`)
  }
  for (const name of names) {
    assert.notEqual(set.leafOf(`/${name}`), null)
    assert.notEqual(set.leafOf(`/${name}/${name}`), null)
    assert.equal(set.templateOf(`/${name}/7`).template, `/${name}/{id}`)
  }
  assert.equal(set.leafOf('/isPrototypeOf'), null)
})

test('text that looks like our own marks does not become one', () => {
  const set = new TemplateSet()
  set.learn('/a/{}')
  set.learn('/a/{id}')
  set.learn('/a/**')
  set.learn('/b({})')
  set.learn('/**')
  for (const { template } of set.templates()) assert.ok(template.startsWith('/'), template)
  assert.equal(set.templateOf('/a/5').template, '/a/{id}')
})

// Quadratic or worse reading takes hours here.
test('segments made to be slow to read are read in linear time', { timeout: 120_000 }, () => {
  const set = new TemplateSet()
  const slow = [
    'a-'.repeat(60),
    'a.'.repeat(60),
    '1-'.repeat(60),
    `${'a'.repeat(60)}(${'b,'.repeat(30)}`,
    'aA'.repeat(60),
    '0x'.repeat(60),
    'getset'.repeat(20),
    '@'.repeat(120),
    ':a'.repeat(60),
  ]
  for (let i = 0; i < 2_000; i++) for (const text of slow) set.learn(`/${text}${i}`)
  assert.equal(
    set.templates().reduce((sum, { calls }) => sum + calls, 0),
    2_000 * slow.length,
  )
})
