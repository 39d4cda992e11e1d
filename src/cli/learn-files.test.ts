import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { portcullis } from '../../test/support/command.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'portcullis-files-'))
after(() => rmSync(folder, { recursive: true }))

test('no incidents in a file of which nothing was read is no good news: what did not read is told, with its place', async () => {
  const good = { time: '2026-11-22T10:00:00Z', method: 'GET', path: '/orders/1', status: 200 }
  writeFileSync(
    path.join(folder, 'half.ndjson'),
    [good, { ...good, time: 1_795_341_600_000 }, { ...good, time: 'noon' }]
      .map(line => `${JSON.stringify(line)}\n`)
      .join(''),
  )
  for (const command of ['incidents', 'baselines']) {
    const { code, stderr } = await portcullis(folder, [command, 'half.ndjson'], 512)
    assert.equal(code, 0, stderr)
    assert.match(stderr, /half\.ndjson: 2 items did not read: 2 × time is not RFC 3339.*\(first at line 2\)/)
  }
})
