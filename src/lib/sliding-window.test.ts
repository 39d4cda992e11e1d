import assert from 'node:assert/strict'
import { it } from 'node:test'
import * as fc from 'fast-check'
import { windowShape } from './sliding-window.ts'

it('the cells hold the limit to the last request, in at most the cells there are', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500_000_000 }), fc.integer({ min: 1, max: 1024 }), (amount, cellsMax) => {
      const shape = windowShape({ amount, windowMs: 1_000 }, cellsMax)
      assert.ok(shape.cells <= cellsMax)
      assert.ok(shape.inLastCell >= 1 && shape.inLastCell <= shape.perCell)
      assert.equal((shape.cells - 1) * shape.perCell + shape.inLastCell, amount)
      if (amount <= cellsMax) assert.equal(shape.perCell, 1)
    }),
  )
})
