import assert from 'node:assert/strict'
import { it } from 'node:test'
import { fuzzers } from './fuzzers.ts'

/** Enough to notice a fuzzer that is broken or a fault that is near; `npm run fuzz` looks longer. */
const BUDGET_MS = 2_000

for (const [name, load] of fuzzers) {
  it(`fuzz ${name}: nothing found in a short run`, { timeout: 60_000 }, async () => {
    const { runs } = await (await load()).fuzz(BUDGET_MS)
    assert.ok(runs > 0, 'it ran')
  })
}
