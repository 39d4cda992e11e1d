import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { generators, root } from './generate.ts'

for (const { file, make } of generators) {
  test(`${file} is what the source says (npm run docs)`, async () => {
    const [written, made] = await Promise.all([readFile(path.join(root, file), 'utf8').catch(() => ''), make()])
    // A short message: the whole pages would bury it.
    assert.ok(written === made, `${file} is stale: run npm run docs and commit it`)
  })
}
