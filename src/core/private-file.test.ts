import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { it } from 'node:test'
import { privateFile } from './private-file.ts'

const form = /^[a-z]{4}$/

it('refuses a private file that others may open, that is broken or that is no file', t => {
  const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-private-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const mode of [0o604, 0o640, 0o660, 0o610, 0o777]) {
    writeFileSync(path.join(folder, 'a'), 'abcd\n')
    chmodSync(path.join(folder, 'a'), mode)
    assert.throws(() => privateFile(folder, 'a', () => 'wxyz', form), /open to others/)
  }
  chmodSync(path.join(folder, 'a'), 0o600)
  assert.equal(
    privateFile(folder, 'a', () => 'wxyz', form),
    'abcd',
  )
  for (const content of ['', 'abc', 'abcde\n', 'abcd\nefgh\n', ' abcd\n']) {
    writeFileSync(path.join(folder, 'a'), content)
    assert.throws(() => privateFile(folder, 'a', () => 'wxyz', form), /does not hold what it should/)
  }
  mkdirSync(path.join(folder, 'b'))
  assert.throws(() => privateFile(folder, 'b', () => 'wxyz', form), /is not a file/)
  assert.throws(() => privateFile(path.join(folder, 'a'), 'c', () => 'wxyz', form), /is stateDir writable/)
})

it('makes it once, for its owner alone, and leaves nothing else behind', t => {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'portcullis-private-')), 'deep')
  t.after(() => rmSync(path.dirname(folder), { recursive: true }))
  assert.equal(
    privateFile(folder, 'a', () => 'abcd', form),
    'abcd',
  )
  assert.equal(
    privateFile(folder, 'a', () => 'wxyz', form),
    'abcd',
  )
  assert.deepEqual(readdirSync(folder), ['a'])
  assert.equal(statSync(path.join(folder, 'a')).mode & 0o777, 0o600)
  assert.equal(statSync(folder).mode & 0o077, 0)
})
