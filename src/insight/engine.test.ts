import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { it } from 'node:test'
import { seenExchange } from '../../test/support/seen-exchange.ts'
import { type Engine, openEngine } from './engine.ts'

const log = { info() {}, warn() {}, error: (text: string) => assert.fail(text) }

it('an engine that closes keeps every actor, more than it writes at once', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'portcullis-engine-'))
  const open = (): Promise<Engine> =>
    openEngine(
      {
        folder,
        memoryBytesMax: 256 * 1024 * 1024,
        retentionMs: Number.POSITIVE_INFINITY,
        historyBytesMax: Number.POSITIVE_INFINITY,
        record: null,
      },
      log,
    )
  try {
    const engine = await open()
    for (let n = 0; n < 5000; n++) {
      const principal = { subject: `user ${n}`, method: 'jwt', issuer: 'i' }
      engine.learner.take(seenExchange('GET', '/', n, { event: { principal }, observation: null }))
    }
    const known = engine.parts.detection.counts().actors
    assert.equal(known, 5001)
    await engine.close()
    const again = await open()
    assert.equal(again.parts.detection.counts().actors, known)
    await again.close()
  } finally {
    rmSync(folder, { recursive: true })
  }
})
