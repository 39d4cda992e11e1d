import { idSchema } from '../ids.ts'
import { forService } from '../operation.ts'
import { serviceOf } from '../service.ts'
import {
  few,
  nowTime,
  object,
  oneOf,
  optional,
  own,
  past,
  price,
  prose,
  ref,
  self,
  shape,
  since,
  uuid,
  whole,
  yes,
} from '../shape.ts'

const productId = ref('productId', idSchema('productId'))
const currency = oneOf('EUR', 'CHF')
const line = object({ id: self('lineId', idSchema('lineId')), product: productId, quantity: few(1, 20), price })
const cart = object({
  id: self('cartId', idSchema('cartId')),
  lines: own(line, 50, 2),
  currency,
  changed: past,
  saved: since(2, price),
})
const lineBody = object({ product: productId, quantity: few(1, 20) })
const wishlist = object({
  id: self('wishlistId', idSchema('wishlistId')),
  title: prose(60),
  entries: own(productId, 100, 3),
  open: yes,
})

const { made, get, post, put, remove } = forService('carts')

post('/carts', { topic: 'basket', often: 0.9, body: object({ currency }), answer: cart })
get('/carts/{cartId}', { topic: 'basket', often: 0.9, answer: cart, plaintext: true, weak: ['plaintext-calls'] })
post('/carts/{cartId}/lines', {
  topic: 'basket',
  often: 0.9,
  body: lineBody,
  answer: line,
  calls: ['catalogue POST /prices/quotes'],
})
put('/carts/{cartId}/lines/{lineId}', {
  topic: 'basket',
  often: 0.5,
  body: object({ quantity: few(1, 20) }),
  answer: line,
})
remove('/carts/{cartId}/lines/{lineId}', { topic: 'basket', often: 0.4 })
put('/carts/{cartId}/lines', {
  topic: 'basket',
  often: 0.3,
  body: object({ lines: own(lineBody, 50, 2) }),
  answer: cart,
  route: {
    schema: {
      type: 'object',
      additionalProperties: false,
      required: ['lines'],
      properties: { lines: { type: 'array', items: lineBody.schema } },
    },
  },
  weak: ['route unbounded-array'],
})
get('/carts/{cartId}/totals', {
  topic: 'basket',
  often: 0.6,
  answer: object({ goods: price, shipping: price, total: price, currency }),
  calls: ['catalogue POST /prices/quotes', 'shipping POST /rates/quotes'],
})
get('/vouchers/{voucher}', {
  topic: 'basket',
  often: 0.3,
  answer: object({ code: self('voucher', idSchema('voucher')), percent: whole(1, 50) }),
  route: { unlimited: true },
  weak: ['route no-rate-limit'],
  also: ['route disabled-protection'],
})
post('/carts/{cartId}/voucher', {
  topic: 'basket',
  often: 0.35,
  body: object({ code: ref('voucher', idSchema('voucher')) }),
  answer: cart,
})
get('/carts/current', {
  topic: 'basket',
  often: 0.4,
  answer: cart,
  sends: ({ random }) => ({ 'set-cookie': `cart_session=${random.hex(32)}; Path=/` }),
  weak: ['cookie-flags'],
})
post('/carts/{cartId}/notes', {
  topic: 'basket',
  often: 0.3,
  body: object({ text: prose(200) }),
  answer: object({ received: nowTime }),
  route: { observed: true },
  weak: ['route observe-mode'],
  also: ['route no-request-schema', 'route no-body-limit'],
})
get('/v2/baskets/{cartId}', { topic: 'basket', often: 0.5, answer: cart })
get('/v1/baskets/{cartId}', {
  topic: 'basket',
  often: 0.3,
  documented: false,
  answer: object({ id: self('cartId', idSchema('cartId')), lines: own(line, 50, 2) }),
  weak: ['version-sprawl'],
})
post('/carts/{cartId}/checkout', {
  topic: 'basket',
  often: 0.5,
  body: object({
    method: ref('methodId', idSchema('methodId')),
    address: ref('addressId', idSchema('addressId')),
    giftNote: optional(prose(160), 0.3),
  }),
  answer: object({ order: ref('orderRef', idSchema('orderRef')), placed: nowTime }),
  calls: ['catalogue POST /prices/quotes', 'orders POST /orders'],
})
remove('/carts/{cartId}', { topic: 'basket', often: 0.3 })
get('/carts/{cartId}/contents', {
  topic: 'none',
  proof: 'service',
  answer: object({ lines: own(line, 50, 2), currency }),
  needlessly: ['shipping', 'notifications'],
})
get('/carts/{cartId}/events', {
  topic: 'basket',
  often: 0.3,
  documented: false,
  answer: own(object({ at: past, kind: oneOf('added', 'changed', 'removed') }), 50, 3),
  weak: ['shadow-operation'],
})
post('/carts/import', {
  topic: 'wishes',
  often: 0.6,
  bodyType: 'text/csv',
  body: shape({ type: 'string', maxLength: 4_000 }, making =>
    Array.from({ length: 4 }, () => `${String(making.id('productId'))},${making.random.between(1, 9)}`).join('\n'),
  ),
  answer: object({ lines: whole(0, 500) }),
  route: { anyBody: true },
  weak: ['route no-body-limit'],
})
get('/wishlists', { topic: 'wishes', often: 0.9, answer: own(wishlist, 30, 2) })
post('/wishlists', { topic: 'wishes', often: 0.6, body: object({ title: prose(60), open: yes }), answer: wishlist })
get('/wishlists/{wishlistId}', { topic: 'wishes', often: 0.8, answer: wishlist })
post('/wishlists/{wishlistId}/entries', {
  topic: 'wishes',
  often: 0.7,
  body: object({ product: productId, remark: optional(prose(120)) }),
  answer: wishlist,
})
remove('/wishlists/{wishlistId}/entries', { topic: 'wishes', documented: 'unused', weak: ['unused-operation'] })
post('/wishlists/{wishlistId}/invitations', {
  topic: 'wishes',
  often: 0.6,
  body: object({ greeting: prose(200), until: optional(past) }),
  answer: object({ id: uuid }),
  route: { schema: false },
  weak: ['route no-request-schema'],
})
remove('/wishlists/{wishlistId}', { topic: 'wishes', often: 0.4 })
post('/gifts', {
  topic: 'wishes',
  often: 0.6,
  body: object({ title: prose(60), price }),
  answer: object({ id: uuid }),
  route: { through: 'carts-gifts' },
})
get('/gifts', {
  topic: 'wishes',
  often: 0.7,
  answer: own(object({ id: uuid, title: prose(60), price }), 50, 2),
  route: { through: 'carts-gifts' },
  weak: ['route catch-all-route'],
})
get('/gift-boxes', {
  topic: 'wishes',
  often: 0.8,
  answer: own(object({ size: oneOf('small', 'medium', 'large'), price }), 10, 2),
  route: { methods: ['GET', 'PUT', 'DELETE'] },
  weak: ['route unused-methods'],
  // PUT would come with a body of any size.
  also: ['route no-body-limit'],
})

export const carts = serviceOf('carts', 'storefront', {
  operations: made,
  replicas: 3,
  plainServer: true,
  routes: { 'carts-gifts': { path: '/gifts/**', methods: ['GET', 'POST'] } },
})
