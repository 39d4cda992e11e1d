import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authorOf } from './author.ts'
import { UserError } from './fail.ts'

test('who is named is the author, else the user of this machine', () => {
  assert.equal(
    authorOf({ author: 'ann' }, () => 'root'),
    'ann',
  )
  assert.equal(
    authorOf({}, () => 'root'),
    'root',
  )
})

test('a user without a name, as containers have them, is asked who it is', () => {
  const nameless = (): never => {
    throw new Error('uv_os_get_passwd returned ENOENT')
  }
  assert.throws(
    () => authorOf({}, nameless),
    error => error instanceof UserError && error.message.includes('--author'),
  )
  assert.equal(authorOf({ author: 'ann' }, nameless), 'ann')
})
