import { idSchema } from '../ids.ts'
import { forService } from '../operation.ts'
import { serviceOf } from '../service.ts'
import {
  code,
  day,
  email,
  few,
  list,
  object,
  oneOf,
  optional,
  page,
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

const productId = self('productId', idSchema('productId'))
const categoryId = ref('categoryId', idSchema('categoryId'))
const currency = oneOf('EUR', 'CHF')
const summary = object({ id: productId, title: prose(80), price, currency, available: yes })
const product = object({
  id: productId,
  title: prose(80),
  description: prose(500),
  category: categoryId,
  brand: ref('brandId', idSchema('brandId')),
  price,
  currency,
  available: yes,
  weightGrams: whole(10, 40_000),
  energyClass: since(3, oneOf('A', 'B', 'C', 'D')),
})
const brand = object({ id: self('brandId', idSchema('brandId')), title: prose(60), since: whole(1850, 2026) })
const review = object({
  id: self('reviewId', idSchema('reviewId')),
  stars: whole(1, 5),
  text: prose(400),
  written: past,
})
const productBody = object({
  title: prose(80),
  description: prose(500),
  category: categoryId,
  price,
  currency,
  weightGrams: whole(10, 40_000),
  energyClass: optional(oneOf('A', 'B', 'C', 'D')),
})
const paging = { page: whole(1, 40), limit: optional(whole(1, 100), 0.4) }

/** The whole assortment as text: a megabyte that need not be written anew for each call. */
const everything = { short: assortment(3_200), long: assortment(9_500) } as const

const { made, get, post, put, remove } = forService('catalogue')

get('/categories', {
  topic: 'browse',
  often: 0.5,
  proof: 'nobody',
  answer: list(object({ id: categoryId, title: prose(60) }), 60, 8),
})
get('/categories/{categoryId}', {
  topic: 'browse',
  often: 0.4,
  proof: 'nobody',
  answer: object({ id: self('categoryId', idSchema('categoryId')), title: prose(60), products: whole(0, 5_000) }),
})
get('/categories/{categoryId}/products', {
  topic: 'browse',
  often: 0.6,
  proof: 'nobody',
  query: paging,
  answer: page(summary),
})
get('/products', {
  topic: 'browse',
  often: 0.5,
  proof: 'nobody',
  query: { ...paging, sort: optional(oneOf('price', 'newest', 'popular'), 0.5), category: optional(categoryId, 0.6) },
  answer: page(summary),
})
get('/products/{productId}', { topic: 'browse', often: 0.95, proof: 'nobody', answer: product })
get('/products/{productId}/reviews', {
  topic: 'browse',
  often: 0.4,
  proof: 'nobody',
  query: { page: optional(whole(1, 40), 0.3) },
  answer: page(review),
})
get('/products/{productId}/variants/{variantId}', {
  topic: 'browse',
  often: 0.25,
  proof: 'nobody',
  answer: object({
    id: self('variantId', idSchema('variantId')),
    colour: oneOf('black', 'blue', 'green', 'red', 'white'),
    price,
    stock: few(0, 500),
  }),
})
get('/products/{productId}/images/{imageId}', {
  topic: 'browse',
  often: 0.3,
  proof: 'nobody',
  answer: object({
    id: self('imageId', idSchema('imageId')),
    width: whole(100, 4_000),
    height: whole(100, 4_000),
    alt: prose(120),
  }),
})
get('/products/{productId}/related', {
  topic: 'browse',
  often: 0.3,
  proof: 'nobody',
  answer: list(summary, 20, 3),
  sends: () => ({ server: 'Apache/2.4.41 (Ubuntu)', 'x-powered-by': 'PHP/7.4.3' }),
  weak: ['route software-versions'],
})
post('/products/{productId}/reviews', {
  topic: 'review',
  often: 0.8,
  body: object({ stars: whole(1, 5), text: prose(400) }),
  answer: review,
})
get('/brands', {
  topic: 'brands',
  often: 0.9,
  proof: 'nobody',
  query: { page: optional(whole(1, 40)) },
  answer: page(brand),
})
get('/brands/{brandId}', { topic: 'brands', often: 0.9, proof: 'nobody', answer: brand })
get('/brands/{brandId}/story', {
  topic: 'brands',
  documented: 'unused',
  proof: 'nobody',
  answer: object({ text: prose(500) }),
  weak: ['unused-operation'],
})
post('/products', {
  topic: 'assortment',
  often: 0.6,
  proof: 'operator',
  body: productBody,
  answer: product,
  calls: ['search POST /index/documents'],
})
put('/products/{productId}', {
  topic: 'assortment',
  often: 0.7,
  proof: 'operator',
  body: productBody,
  answer: product,
  calls: ['search POST /index/documents'],
})
remove('/products/{productId}', {
  topic: 'assortment',
  often: 0.5,
  proof: 'operator',
  calls: ['search DELETE /index/documents/{productId}'],
})
put('/products/{productId}/description', {
  topic: 'assortment',
  often: 0.5,
  proof: 'operator',
  body: object({ text: prose(500), language: oneOf('de', 'en') }),
  answer: object({ text: prose(500) }),
  route: {
    schema: {
      type: 'object',
      required: ['text', 'language'],
      properties: { text: { type: 'string', maxLength: 500 }, language: { type: 'string', enum: ['de', 'en'] } },
    },
  },
  weak: ['route open-object'],
})
put('/products/{productId}/price', {
  topic: 'assortment',
  often: 0.5,
  proof: 'operator',
  body: object({ amount: price, currency }),
  answer: object({ amount: price, currency }),
  route: {
    schema: {
      type: 'object',
      additionalProperties: false,
      required: ['amount', 'currency'],
      properties: { amount: { type: 'number' }, currency: { type: 'string', enum: ['EUR', 'CHF'] } },
    },
  },
  weak: ['route unbounded-number'],
})
get('/stock/{stockId}', {
  topic: 'none',
  proof: 'service',
  answer: object({ id: self('stockId', idSchema('stockId')), onHand: few(0, 900), depot: code('D-99') }),
  needlessly: ['payments', 'notifications'],
})
post('/stock/{stockId}/reservations', {
  topic: 'none',
  proof: 'service',
  body: object({ order: ref('orderRef', idSchema('orderRef')), quantity: few(1, 20) }),
  answer: object({ id: uuid, until: past }),
  needlessly: ['carts'],
})
remove('/stock/{stockId}/reservations/{orderRef}', { topic: 'none', proof: 'service' })
post('/prices/quotes', {
  topic: 'none',
  proof: 'service',
  body: object({ lines: list(object({ product: productId, quantity: few(1, 20) }), 50, 2), currency }),
  answer: object({ total: price, currency }),
  needlessly: ['notifications'],
})
get('/suppliers', {
  topic: 'purchasing',
  often: 0.8,
  proof: 'operator',
  query: { page: optional(whole(1, 40)) },
  answer: page(
    object({
      id: ref('supplierId', idSchema('supplierId')),
      title: prose(60),
      purchasePrice: price,
      internalNotes: prose(100),
    }),
  ),
  weak: ['excess-data'],
})
get('/suppliers/{supplierId}', {
  topic: 'purchasing',
  often: 0.8,
  proof: 'operator',
  answer: object({ id: self('supplierId', idSchema('supplierId')), title: prose(60), leadDays: whole(1, 120) }),
})
get('/suppliers/{supplierId}/contact', {
  topic: 'purchasing',
  often: 0.7,
  proof: 'operator',
  answer: object({
    email,
    phone: optional(
      shape({ type: 'string', pattern: '^\\+[0-9 ]{7,20}$', maxLength: 21 }, ({ person }) => person.phone),
    ),
  }),
  sends: () => ({ 'access-control-allow-origin': '*' }),
  weak: ['cors-any-origin'],
})
get('/products/export', {
  topic: 'assortment',
  often: 0.16,
  proof: 'nobody',
  answer: shape({ type: 'array', maxItems: 20_000, items: summary.schema }, ({ random }) =>
    random.chance(0.3) ? everything.long : everything.short,
  ),
  weak: ['unpaged-collection'],
})
get('/products/{productId}/history', {
  topic: 'brands',
  often: 0.5,
  proof: 'nobody',
  documented: false,
  answer: list(object({ day, price }), 60, 4),
  weak: ['shadow-operation'],
})
get('/catalogue/feed', {
  topic: 'partner',
  often: 0.8,
  proof: 'key',
  query: { page: whole(1, 40) },
  answer: page(summary),
  needlessly: ['kontor'],
})
get('/debug/catalogue', {
  topic: 'purchasing',
  often: 0.4,
  proof: 'operator',
  answer: object({ entries: whole(0, 100_000), hits: whole(0, 1_000_000) }),
  weak: ['debug-endpoint'],
  also: ['route debug-endpoint'],
})

export const catalogue = serviceOf('catalogue', 'storefront', { operations: made, replicas: 3 })

function assortment(count: number): string {
  return JSON.stringify(
    Array.from({ length: count }, (_, i) => ({
      id: `copper-kettle-${String(i % 10_000).padStart(4, '0')}`,
      title: 'Soft copper kettle with a lid',
      price: 20 + (i % 900) / 10,
      currency: 'EUR',
      available: true,
    })),
  )
}
