import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AnyDetector, EndedTree } from '../detectors/detector.ts'
import { chainStructure } from '../detectors/chain-structure/detector.ts'
import { chainTiming } from '../detectors/chain-timing/detector.ts'
import { buildTrees, type CallTree } from '../traces/call-tree.ts'
import { createParts } from '../parts.ts'
import { createChainWatch, workPerMinute } from './chain-watch.ts'
import { Detection } from './detection.ts'
import { usualDetection } from './settings.ts'
import { cartSpans } from '../../../test/support/cart-spans.ts'

/** `GET /cart` with these calls below it. */
function ended(trace: string, callees: readonly string[] = ['price'], timeMs = 1_000): EndedTree {
  return { tree: buildTrees(cartSpans(trace, callees))[0] as CallTree, timeMs }
}

describe('chains that several detectors look at', () => {
  it('are read once, and learnt once when all of them accept', () => {
    const watch = createChainWatch()
    watch.join()
    watch.join()
    const tree = ended('a')
    const watched = watch.read(tree)
    assert.equal(watch.read(tree), watched)
    watch.accept(watched)
    assert.equal(watch.store.total, 0)
    watch.accept(watched)
    assert.equal(watch.store.total, 1)
    const refused = watch.read(ended('b'))
    watch.accept(refused)
    const next = watch.read(ended('c'))
    watch.accept(next)
    watch.accept(refused)
    assert.equal(watch.store.total, 1, 'what one of them refused is not made up for by the next')
  })

  it('are learnt by one that looks alone', () => {
    const watch = createChainWatch()
    watch.join()
    watch.accept(watch.read(ended('a')))
    assert.equal(watch.store.total, 1)
  })

  it('count what has no room', () => {
    const watch = createChainWatch()
    watch.join()
    for (let i = 0; i < 4_200; i++) watch.accept(watch.read(ended(`t${i}`, [`call${i}`])))
    assert.ok(watch.lost >= 410, `${watch.lost}`)
    const { chain } = watch.read(ended('new', ['unheard', 'of']))
    const before = watch.lost
    let compared = 0
    while (watch.affords(chain, 60_000)) compared++
    assert.ok(compared * 3 <= workPerMinute)
    assert.equal(watch.lost, before + 1)
  })

  it('stand once in what survives the process, whichever detectors run', () => {
    const settings = usualDetection
    const rowsOf = (list: readonly AnyDetector[]) => {
      const parts = createParts({ ...settings, enabled: false })
      const detection = new Detection(parts, settings, list)
      for (let i = 0; i < 10; i++) parts.traces.onTree?.(ended(`t${i}`).tree)
      return { rows: [...detection.changes()].filter(([key]) => key.includes('|s ')), counts: detection.counts() }
    }
    const both = rowsOf([chainStructure, chainTiming])
    assert.equal(both.rows.length, 1)
    assert.deepEqual(rowsOf([chainTiming]).rows, both.rows)
    assert.deepEqual(rowsOf([chainStructure]).rows, both.rows)
    assert.equal(both.counts.detectorsWithoutRoom, 0)
  })
})
