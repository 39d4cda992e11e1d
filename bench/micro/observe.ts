// Insight sees every exchange of learning routes: about five times what JSON.parse takes for the same body.
import { createReducer } from '../../src/insight/observe/reduce.ts'
import { SchemaModel } from '../../src/insight/observe/schema-model.ts'
import { rawExchange } from '../../quality/traffic/raw-exchange.ts'
import type { Shape } from '../../src/insight/model/observation.ts'
import type { MicroCase } from './micro-case.ts'

const count = 512

/** About 900 bytes: an order with a customer, an address and three lines; three identifiers of its own. */
const exchanges = Array.from({ length: count }, (_, i) => rawExchange(order(i)))
const reduce = createReducer({ hashKey: new Uint8Array(32).fill(7) })
const shapes = exchanges.map(raw => reduce(raw).request?.shape as Shape)
const model = new SchemaModel()
let at = 0

export const cases: readonly MicroCase[] = [
  {
    name: 'observe parse 900 bytes (for comparison)',
    run: () => JSON.parse(Buffer.from(next().requestBody as Uint8Array).toString()),
  },
  { name: 'observe reduce 900 bytes', run: () => reduce(next()) },
  {
    name: 'observe fuse 900 bytes',
    run: () => {
      at = (at + 1) % count
      model.add(shapes[at] as Shape)
      return model
    },
  },
]

function next(): (typeof exchanges)[number] {
  at = (at + 1) % count
  return exchanges[at] as (typeof exchanges)[number]
}

function order(i: number): unknown {
  return {
    id: `a3f1c2de-6f1b-4d3e-8a5c-${String(i).padStart(12, '0')}`,
    orderNumber: `ORD-${10_000 + i}`,
    status: ['pending', 'paid', 'shipped'][i % 3],
    total: (i * 37) / 100,
    currency: 'EUR',
    customer: {
      id: i % 97,
      name: 'Ada Lovelace',
      email: `ada${i}@example.com`,
      phone: '+44 20 7946 0958',
      address: { street: '12 St James Square', city: 'London', postcode: 'SW1Y 4JH', country: 'GB' },
    },
    items: [
      { sku: 'TSHIRT-BLUE-M', title: 'Blue T-Shirt, size M', quantity: 2, price: 19.5, taxRate: 0.2 },
      { sku: 'MUG-WHITE', title: 'White mug with the logo of the shop', quantity: 1, price: 9, taxRate: 0.2 },
      { sku: 'POSTER-A2', title: 'Poster of a mountain in winter', quantity: 1, price: 14.25, taxRate: 0.2 },
    ],
    createdAt: '2026-11-22T10:00:00Z',
    updatedAt: '2026-11-22T10:04:00Z',
    shipping: {
      method: 'express',
      carrier: 'dhl',
      trackingUrl: 'https://tracking.example.com/parcels/1Z999AA10123456784',
    },
    notes: 'Please leave the parcel at the door if nobody is at home, thank you.',
    paid: true,
    discount: null,
  }
}
