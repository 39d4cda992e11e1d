import { idSchema } from '../ids.ts'
import { forService } from '../operation.ts'
import { serviceOf } from '../service.ts'
import {
  city,
  country,
  email,
  familyName,
  few,
  givenName,
  nowTime,
  object,
  oneOf,
  optional,
  own,
  past,
  postcode,
  price,
  prose,
  ref,
  self,
  since,
  street,
  whole,
  withHidden,
  yes,
} from '../shape.ts'

const orderId = self('orderId', idSchema('orderId'))
const orderRef = self('orderRef', idSchema('orderRef'))
const currency = oneOf('EUR', 'CHF')
const state = oneOf('open', 'paid', 'packed', 'sent', 'delivered', 'cancelled')
const line = object({ product: ref('productId', idSchema('productId')), quantity: few(1, 20), price })
const recipient = object({ givenName, familyName, street, postcode, city, country })
const brief = object({ id: orderId, state, total: price, currency, placed: past })
const order = object({
  id: orderId,
  reference: ref('orderRef', idSchema('orderRef')),
  state,
  lines: own(line, 50, 2),
  recipient,
  total: price,
  currency,
  placed: past,
  giftWrapped: since(2, yes),
})
const note = object({ id: self('noteId', idSchema('noteId')), text: prose(300), written: past })
const returned = object({
  id: self('returnId', idSchema('returnId')),
  order: ref('orderId', idSchema('orderId')),
  reason: oneOf('broken', 'wrong', 'late', 'other'),
  opened: past,
})
const paging = { page: optional(whole(1, 20), 0.5), limit: optional(whole(1, 50), 0.4) }

const { made, get, post, put, patch, remove } = forService('orders')

post('/orders', {
  topic: 'none',
  proof: 'service',
  body: object({
    cart: ref('cartId', idSchema('cartId')),
    customer: ref('userId', idSchema('userId')),
    method: ref('methodId', idSchema('methodId')),
    currency,
  }),
  answer: object({ id: orderId, reference: orderRef, state, placed: nowTime }),
  calls: [
    'carts GET /carts/{cartId}/contents',
    'catalogue GET /stock/{stockId}',
    'catalogue POST /stock/{stockId}/reservations',
    'payments POST /charges',
    'shipping POST /shipments',
    'notifications POST /messages',
  ],
  needlessly: ['search', 'catalogue'],
})
get('/orders', {
  topic: 'account',
  often: 0.95,
  query: { ...paging, state: optional(state, 0.3) },
  answer: object({ items: own(brief, 50, 3), total: whole(0, 100_000) }),
})
get('/orders/{orderId}', { topic: 'account', often: 0.9, answer: order, plaintext: true, weak: ['plaintext-calls'] })
get('/orders/{orderId}/items', { topic: 'account', often: 0.4, answer: own(line, 50, 2) })
get('/orders/{orderId}/history', { topic: 'account', often: 0.3, answer: own(object({ at: past, state }), 50, 3) })
post('/orders/{orderId}/cancellation', {
  topic: 'returns',
  often: 0.3,
  body: object({ reason: oneOf('mistake', 'late', 'other'), comment: optional(prose(300)) }),
  answer: object({ id: orderId, state }),
  calls: ['payments POST /charges/{paymentId}/reversal', 'catalogue DELETE /stock/{stockId}/reservations/{orderRef}'],
})
post('/orders/{orderId}/returns', {
  topic: 'returns',
  often: 0.8,
  body: object({
    reason: oneOf('broken', 'wrong', 'late', 'other'),
    lines: own(object({ product: ref('productId', idSchema('productId')), quantity: few(1, 20) }), 50, 1),
  }),
  answer: returned,
  calls: ['shipping POST /labels'],
})
get('/returns', {
  topic: 'returns',
  often: 0.6,
  query: paging,
  answer: object({ items: own(returned, 50, 2), total: whole(0, 1_000) }),
})
get('/returns/{returnId}', { topic: 'returns', often: 0.8, answer: returned })
put('/returns/{returnId}/reason', {
  topic: 'returns',
  often: 0.4,
  body: object({ reason: oneOf('broken', 'wrong', 'late', 'other') }),
  answer: returned,
})
get('/orders/{orderId}/notes', { topic: 'notes', often: 0.9, answer: own(note, 50, 2) })
post('/orders/{orderId}/notes', { topic: 'notes', often: 0.7, body: object({ text: prose(300) }), answer: note })
remove('/orders/{orderId}/notes/{noteId}', { topic: 'notes', often: 0.5 })
get('/fulfilments/{orderRef}', {
  topic: 'none',
  proof: 'service',
  answer: object({ reference: orderRef, lines: own(line, 50, 2), recipient }),
  needlessly: ['payments', 'accounts'],
})
put('/fulfilments/{orderRef}/state', {
  topic: 'none',
  proof: 'service',
  body: object({ state }),
  answer: object({ reference: orderRef, state }),
  needlessly: ['notifications'],
})
get('/admin/orders', {
  topic: 'care',
  often: 0.8,
  proof: 'operator',
  query: { page: whole(1, 400), state: optional(state, 0.4) },
  answer: object({ items: own(brief, 50, 5), total: whole(0, 100_000) }),
})
patch('/admin/orders/{orderId}', {
  topic: 'care',
  often: 0.6,
  proof: 'operator',
  body: object({ state: optional(state, 0.8), remark: optional(prose(200)) }),
  answer: brief,
})
get('/partner/orders', {
  topic: 'partner',
  often: 0.8,
  proof: 'key',
  query: { page: whole(1, 400) },
  answer: object({ items: own(brief, 50, 5), total: whole(0, 100_000) }),
  needlessly: ['kontor'],
})
get('/receipts/{orderRef}', {
  topic: 'account',
  often: 0.35,
  answer: object({ reference: orderRef, recipient, email, total: price, currency }),
  route: { unguarded: true },
  weak: ['object-access-unbound'],
})
get('/orders/{orderId}/estimate', {
  topic: 'notes',
  often: 0.7,
  answer: object({ id: orderId, days: whole(1, 30) }),
  trouble: {
    share: 0.06,
    status: 500,
    body: { error: 'SQLSTATE[42P01]: undefined table: 7 ERROR: relation "estimates" does not exist' },
  },
  weak: ['stack-traces'],
})
get('/summaries/{orderRef}', {
  topic: 'summary',
  often: 1,
  proof: 'optional',
  answer: object({ reference: orderRef, givenName, email, state }),
  weak: ['mixed-authentication'],
})
put('/summaries/{orderRef}/rating', {
  topic: 'summary',
  often: 0.7,
  proof: 'token',
  body: object({ stars: whole(1, 5) }),
  answer: object({ stars: whole(1, 5) }),
  route: { alsoAnonymous: true },
  weak: ['route anonymous-beside-proof'],
  also: ['route anonymous-route', 'declared-without-security'],
})
get('/orders/{orderId}/slip', {
  topic: 'account',
  often: 0.3,
  answer: object({ id: orderId, recipient, email }),
  sends: () => ({ 'cache-control': 'public, max-age=3600' }),
  weak: ['cacheable-personal-data'],
})
const gift = object({ id: orderId, message: prose(200), wrapped: yes })
get('/orders/{orderId}/gift', {
  topic: 'account',
  often: 0.3,
  answer: withHidden(gift, { paper: oneOf('plain', 'stars', 'stripes') }),
  weak: ['undeclared-response-fields'],
})
get('/orders/{orderId}/state', {
  topic: 'account',
  often: 0.4,
  state: 'deprecated',
  answer: object({ state }),
  sends: () => ({ deprecation: '@1767225600', sunset: 'Wed, 30 Sep 2026 00:00:00 GMT' }),
  weak: ['retired-in-use'],
})
post('/orders/{orderId}/recalculation', {
  topic: 'notes',
  often: 0.5,
  documented: false,
  body: object({ currency }),
  answer: object({ total: price, currency }),
  weak: ['shadow-operation'],
})
post('/orders/{orderId}/split', {
  topic: 'account',
  documented: 'unused',
  body: object({ parts: whole(2, 5) }),
  answer: brief,
  weak: ['unused-operation'],
})
post('/orders/{orderId}/messages', {
  topic: 'notes',
  often: 0.5,
  body: object({ text: prose(300) }),
  answer: object({ received: nowTime }),
  route: {
    schema: {
      type: 'object',
      additionalProperties: false,
      required: ['text'],
      properties: { text: { type: 'string', minLength: 1 } },
    },
  },
  weak: ['route unbounded-string'],
})
get('/calendar', {
  topic: 'account',
  often: 0.4,
  proof: 'nobody',
  answer: own(object({ day: oneOf('mon', 'tue', 'wed', 'thu', 'fri'), open: yes }), 7, 2),
  route: { anyHost: true },
  weak: ['route wide-host'],
})
post('/returns/{returnId}/adjustments', {
  topic: 'returns',
  often: 0.4,
  body: object({ amount: price, approved: optional(yes, 0.2) }),
  answer: object({ amount: price }),
  route: { unguarded: true },
  weak: ['route mass-assignment'],
})
post('/orders/{orderId}/attachments', {
  topic: 'returns',
  often: 0.35,
  body: object({ title: prose(80), lines: own(prose(120), 20, 2) }),
  answer: object({ received: nowTime }),
  route: { bufferedBody: '64MiB' },
  weak: ['route large-buffer'],
})

export const orders = serviceOf('orders', 'fulfilment', {
  operations: made,
  replicas: 3,
})
