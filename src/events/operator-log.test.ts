import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { testData } from '../../test/support/test-data.ts'
import type { Log } from '../core/host.ts'
import { Secret } from '../core/secret.ts'
import { createOperatorLog } from './operator-log.ts'

function open(format: 'text' | 'json'): { log: Log; lines: string[] } {
  const lines: string[] = []
  const clock = { now: () => Date.UTC(2026, 0, 2), monotonic: () => 0 }
  return { lines, log: createOperatorLog({ format, write: line => lines.push(line), clock }) }
}

describe('operator log', () => {
  it('never prints a secret, however deep', () => {
    for (const format of ['text', 'json'] as const) {
      const { log, lines } = open(format)
      log.error('connect failed', { url: new Secret('redis://:hunter2@h'), deep: { list: [new Secret('hunter2')] } })
      assert.doesNotMatch(lines.join(), /hunter2/)
      assert.match(lines.join(), /\[redacted\]/)
    }
  })

  it('lets no message or fact forge a line or move a terminal', t => {
    const folder = testData('naughty-strings')
    if (folder === null) return t.skip('naughty-strings is not here')
    const strings: string[] = JSON.parse(readFileSync(path.join(folder, 'blns.json'), 'utf8'))
    for (const text of [
      ...strings,
      'a\r\nportcullis ready',
      '\u001b[2J',
      '\u009b',
      '\u2028portcullis ready',
      '\u202e',
      'x\nportcullis ready',
    ]) {
      const plain = open('text')
      plain.log.warn(text, { fact: text, [text]: 1 })
      const [line] = plain.lines as [string]
      assert.doesNotMatch(line, /[\0-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]/)
      assert.ok(line.startsWith('portcullis warning: ') && line.endsWith('\n'))
      assert.doesNotMatch(line.slice(1), /^portcullis /m, 'nothing of a stranger stands at the margin')
      const json = open('json')
      json.log.warn(text, { fact: text })
      assert.match(json.lines[0] as string, /^[ -~]+\n$/)
      assert.deepEqual(JSON.parse(json.lines[0] as string), {
        time: '2026-01-02T00:00:00.000Z',
        level: 'warning',
        message: text,
        facts: { fact: text },
      })
    }
  })

  it('survives every kind of fact', () => {
    const ring: Record<string, unknown> = {}
    ring['self'] = ring
    const { log, lines } = open('text')
    log.info('ready', {
      ring,
      big: 10n,
      none: undefined,
      error: new Error('why'),
      symbol: Symbol('x'),
      port: 8443,
      url: 'https://a.example:1/x',
    })
    assert.equal(lines.length, 1)
    assert.match(
      lines[0] as string,
      /^portcullis ready ring=\{"self":"\[again\]"\} big="10" error="why" symbol=null port=8443 url=https:\/\/a\.example:1\/x\n$/,
    )
  })
})
