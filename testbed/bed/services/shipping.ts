import { idSchema } from '../ids.ts'
import { forService } from '../operation.ts'
import { serviceOf } from '../service.ts'
import {
  city,
  country,
  day,
  email,
  familyName,
  few,
  givenName,
  list,
  nowTime,
  object,
  oneOf,
  optional,
  own,
  past,
  phone,
  postcode,
  price,
  prose,
  ref,
  self,
  street,
  whole,
  yes,
} from '../shape.ts'

const state = oneOf('announced', 'collected', 'moving', 'delivered', 'lost')
const recipient = object({ givenName, familyName, street, postcode, city, country })
const shipment = object({
  id: self('shipmentId', idSchema('shipmentId')),
  code: ref('trackingCode', idSchema('trackingCode')),
  state,
  parcels: few(1, 9),
  recipient,
  expected: day,
})
const brief = object({ id: self('shipmentId', idSchema('shipmentId')), state, expected: day })
const depot = object({ id: self('depotId', idSchema('depotId')), title: prose(60), country, open: yes })
const tracking = object({
  code: self('trackingCode', idSchema('trackingCode')),
  state,
  steps: list(object({ at: past, state }), 30, 2),
})
const label = object({ id: self('labelId', idSchema('labelId')), format: oneOf('pdf', 'zpl'), made: nowTime })
const paging = { page: optional(whole(1, 20), 0.5), limit: optional(whole(1, 50), 0.4) }
const grams = whole(10, 40_000)

const { made, get, post, put, patch, remove } = forService('shipping')

post('/shipments', {
  topic: 'none',
  proof: 'service',
  body: object({ order: ref('orderRef', idSchema('orderRef')), recipient, grams }),
  answer: brief,
  calls: ['orders GET /fulfilments/{orderRef}', 'accounts GET /users/{userId}/contact'],
  needlessly: ['carts', 'payments'],
})
post('/labels', {
  topic: 'none',
  proof: 'service',
  body: object({ order: ref('orderRef', idSchema('orderRef')), format: oneOf('pdf', 'zpl') }),
  answer: label,
  needlessly: ['payments'],
})
post('/rates/quotes', {
  topic: 'none',
  proof: 'service',
  body: object({ country, grams }),
  answer: object({ amount: price, days: whole(1, 14) }),
  needlessly: ['search', 'accounts'],
})
get('/shipments', {
  topic: 'tracking',
  often: 0.9,
  query: paging,
  answer: object({ items: own(brief, 50, 3), total: whole(0, 10_000) }),
})
get('/shipments/{shipmentId}', {
  topic: 'tracking',
  often: 0.9,
  answer: shipment,
  plaintext: true,
  weak: ['plaintext-calls'],
})
get('/tracking/{trackingCode}', { topic: 'tracking', often: 0.8, proof: 'nobody', answer: tracking })
get('/track/{trackingCode}', {
  topic: 'tracking',
  often: 0.3,
  proof: 'nobody',
  state: 'retired',
  answer: tracking,
  sends: () => ({ deprecation: '@1735689600', sunset: 'Wed, 31 Dec 2025 00:00:00 GMT' }),
  weak: ['retired-in-use'],
})
put('/shipments/{shipmentId}/delivery-window', {
  topic: 'tracking',
  often: 0.5,
  body: object({ from: whole(7, 20), hours: whole(1, 4), day: optional(day) }),
  answer: brief,
})
post('/shipments/{shipmentId}/complaints', {
  topic: 'tracking',
  often: 0.35,
  body: object({ kind: oneOf('late', 'damaged', 'missing'), text: prose(300) }),
  answer: object({ received: nowTime }),
  route: { schema: false },
  weak: ['route no-request-schema'],
})
remove('/shipments/{shipmentId}/instructions/{labelId}', {
  topic: 'tracking',
  often: 0.35,
  route: { unguarded: true },
  weak: ['object-access-unbound'],
})
get('/shipments/{shipmentId}/route-plan', {
  topic: 'tracking',
  often: 0.4,
  answer: object({ stops: few(1, 30), planner: prose(40) }),
  sends: () => ({ 'x-served-by': 'planner' }),
  trouble: { share: 0.3, status: 200, body: { stops: 4, planner: 'http://10.20.9.4:8080/plans' } },
  weak: ['internals-in-responses'],
})
get('/shipments/{shipmentId}/driver', {
  topic: 'tracking',
  often: 0.3,
  documented: false,
  answer: object({ givenName, phone }),
  weak: ['shadow-operation'],
})
get('/recipients/{trackingCode}', {
  topic: 'tracking',
  often: 0.35,
  proof: 'nobody',
  answer: object({ givenName, familyName, street, postcode, city }),
  sends: () => ({ 'cache-control': 'no-store' }),
  weak: ['missing-authentication'],
})
get('/parcels/{parcelNumber}/recipient', {
  topic: 'tracking',
  often: 0.35,
  answer: object({ givenName, familyName, email }),
  route: { unguarded: true },
  weak: ['sequential-ids'],
  also: ['object-access-unbound'],
})
get('/deliveries', {
  topic: 'tracking',
  often: 0.35,
  query: paging,
  answer: object({
    items: list(object({ id: ref('shipmentId', idSchema('shipmentId')), email, state }), 50, 4),
    total: whole(0, 10_000),
  }),
  route: { unguarded: true },
  weak: ['personal-data-in-lists'],
})
get('/customs/{shipmentId}', {
  topic: 'tracking',
  often: 0.35,
  answer: object({ cleared: yes, duty: price }),
  route: { anyAudience: true },
  weak: ['route jwt-any-audience'],
})
get('/depots', {
  topic: 'tracking',
  often: 0.3,
  proof: 'nobody',
  query: { country: optional(country) },
  answer: list(depot, 100, 5),
})
get('/depots/{depotId}', { topic: 'tracking', often: 0.3, proof: 'nobody', answer: depot })
get('/depots/{depotId}/slots', {
  topic: 'tracking',
  often: 0.3,
  proof: 'nobody',
  answer: list(object({ from: whole(6, 20), free: few(0, 50) }), 30, 3),
  sends: () => ({ server: 'Jetty/9.4.31' }),
  weak: ['route software-versions'],
})
get('/depots/{depotId}/staff', {
  topic: 'tracking',
  documented: 'unused',
  answer: object({ count: few(0, 200) }),
  weak: ['unused-operation'],
})
get('/rates', {
  topic: 'basket',
  often: 0.4,
  proof: 'nobody',
  query: { country, grams },
  answer: list(object({ service: oneOf('standard', 'express', 'pickup'), price, days: whole(1, 14) }), 10, 2),
})
get('/rates/live', {
  topic: 'basket',
  often: 0.4,
  proof: 'nobody',
  query: { country, grams },
  answer: object({ price, days: whole(1, 14) }),
  sends: ({ random }) => ({
    'access-control-allow-origin':
      `https://www.${random.pick(['shop-one', 'shop-two', 'shop-three', 'shop-four', 'shop-five', 'shop-six'])}.example`.replace(
        '.example',
        random.pick(['.com', '.net', '.org']),
      ),
    'access-control-allow-credentials': 'true',
  }),
  weak: ['cors-reflected-origin'],
})
get('/sandbox/rates', {
  topic: 'basket',
  often: 0.25,
  proof: 'nobody',
  query: { country, grams },
  answer: object({ price }),
  route: { host: 'staging.fulfilment.example' },
  weak: ['route environment-mix'],
})
get('/labels/{labelId}', { topic: 'dispatch', often: 0.9, proof: 'operator', answer: label })
get('/shipments/{shipmentId}/label', { topic: 'dispatch', often: 0.8, proof: 'operator', answer: label })
get('/admin/capacity', {
  topic: 'dispatch',
  often: 0.8,
  proof: 'operator',
  answer: list(object({ depot: ref('depotId', idSchema('depotId')), parcels: few(0, 9_000) }), 100, 5),
})
put('/admin/capacity/{depotId}', {
  topic: 'dispatch',
  often: 0.7,
  proof: 'operator',
  body: object({ parcels: few(0, 9_000), until: optional(day) }),
  answer: object({ depot: self('depotId', idSchema('depotId')), parcels: few(0, 9_000) }),
})
get('/partner/shipments', {
  topic: 'partner',
  often: 0.8,
  proof: 'key',
  query: { page: whole(1, 400), state: optional(state, 0.4) },
  answer: object({ items: own(brief, 50, 4), total: whole(0, 100_000) }),
})
patch('/partner/shipments/{shipmentId}', {
  topic: 'partner',
  often: 0.7,
  proof: 'key',
  body: object({ state, at: optional(past) }),
  answer: brief,
  needlessly: ['vergleich'],
  calls: ['orders PUT /fulfilments/{orderRef}/state', 'payments POST /charges/{paymentId}/capture'],
})
get('/partner/manifests', {
  topic: 'partner',
  often: 0.7,
  proof: 'key',
  answer: list(object({ day, parcels: few(0, 900) }), 60, 3),
  route: { endlessKeys: true },
  weak: ['route api-key-without-expiry'],
})
post('/partner/scans', {
  topic: 'partner',
  often: 0.7,
  proof: 'key',
  body: object({ codes: list(ref('trackingCode', idSchema('trackingCode')), 100, 3) }),
  answer: object({ received: nowTime }),
  route: {
    schema: {
      type: 'object',
      additionalProperties: false,
      required: ['codes'],
      properties: { codes: { type: 'array', items: idSchema('trackingCode') } },
    },
  },
  weak: ['route unbounded-array'],
})

export const shipping = serviceOf('shipping', 'fulfilment', {
  operations: made,
  replicas: 2,
  plainServer: true,
  slow: true,
})
