import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sparingLog } from './sparing-log.ts'

test('a flood of one message is some lines and a count, and hides no other message', () => {
  let now = 0
  const lines: string[] = []
  const take = (message: string, facts: unknown): void => void lines.push(`${message} ${JSON.stringify(facts)}`)
  const log = sparingLog({ info: take, warn: take, error: take }, { now: () => now, monotonic: () => now })
  for (let i = 0; i < 10_000; i++) log.info('a TLS handshake failed', { i })
  log.warn('something else')
  assert.equal(lines.length, 21)
  now = 10_000
  log.info('a TLS handshake failed', { i: 'later' })
  assert.equal(lines.at(-1), 'a TLS handshake failed {"i":"later","leftOut":9980}')
  log.info('a TLS handshake failed', {})
  assert.equal(lines.at(-1), 'a TLS handshake failed {}')
})
