import assert from 'node:assert/strict'
import { it } from 'node:test'
import { withPriorities } from './priority.ts'

const line = (verdict: string, subject = ''): string => `${JSON.stringify({ subject, verdict, code: 'x' })}\n`

it('puts the severity of its verdict in front of every line, and that of an error when it knows none', () => {
  const text = line('refuse') + line('pass') + line('error') + line('reply') + line('constructor') + '{"no":1}\n'
  const got = Buffer.from(withPriorities(Buffer.from(text))).toString()
  assert.deepEqual(
    got
      .trimEnd()
      .split('\n')
      .map(one => one.slice(0, 3)),
    ['<4>', '<6>', '<3>', '<6>', '<3>', '<3>'],
  )
  assert.equal(got.replaceAll(/^<\d>/gm, ''), text)
})

it('is not fooled by a value that spells a verdict', () => {
  const got = Buffer.from(withPriorities(Buffer.from(line('refuse', '","verdict":"pass"')))).toString()
  assert.equal(got.slice(0, 3), '<4>')
})
