import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { seenExchange } from '../../../test/support/seen-exchange.ts'
import { Inventory } from '../inventory/inventory.ts'
import { OperationNames } from './operation-names.ts'

/** An inventory whose calls are named one by one; `readings`: how often the templates were worked out for it. */
function world() {
  const inventory = new Inventory()
  const names = new OperationNames(inventory)
  let readings = 0
  let watched = false
  return {
    call(path: string): string | null {
      const record = seenExchange('GET', path)
      inventory.take(record)
      const service = inventory.locate(record)?.service
      if (!watched && service !== undefined) {
        watched = true
        const { templates } = service
        const { templateOfLeaf } = templates
        templates.templateOfLeaf = leaf => {
          if (leaf === 0) readings++
          return templateOfLeaf.call(templates, leaf)
        }
      }
      return names.nameOf(record)
    },
    readings: () => readings,
  }
}

describe('names of operations', () => {
  it('are not worked out again and again while nothing is added', () => {
    const { call, readings } = world()
    for (let n = 0; n < 2_000; n++) call(`/orders/${n}`)
    const before = readings()
    for (let n = 0; n < 20_000; n++) assert.equal(call(`/orders/${n}`), 'shop GET /orders/{id}')
    // Once for each quarter of calls more: 11 times for eleven times as many.
    assert.ok(readings() - before <= 12, `${readings() - before}`)
  })

  it('are worked out again soon when an operation is added', () => {
    const { call } = world()
    for (let n = 0; n < 2_000; n++) call(`/orders/${n}`)
    let waited = 0
    while (call(`/carts/${waited}/items`) !== 'shop GET /carts/{id}/items') {
      call('/orders/1')
      assert.ok(waited++ < 50)
    }
  })
})
