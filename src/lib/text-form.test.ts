import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTextForm } from './text-form.ts'

test('signs stay, words and numbers do not', () => {
  const form = createTextForm()
  const rows: ReadonlyArray<readonly [text: string, form: string]> = [
    ["1' OR Name=17--", "0' a a=0--"],
    ['../../etc/passwd', '../../a/a'],
    ['a\r\nb', 'a␀␀a'],
    ['${jndi:ldap://x9/a}', '${a:a://a0/a}'],
    ['', ''],
  ]
  for (const [text, expected] of rows) assert.equal(form(text), expected)
})

test('a long text gives at most 64 characters, and signs behind its beginning are still told', () => {
  const form = createTextForm()(`${'a, '.repeat(400)}' or 1=1;`)
  assert.ok(form.length <= 64)
  for (const sign of ["'", '=', ';']) assert.ok(form.includes(sign), form)
})
