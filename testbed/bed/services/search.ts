import { idSchema } from '../ids.ts'
import { forService } from '../operation.ts'
import { serviceOf } from '../service.ts'
import {
  few,
  list,
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
  whole,
  yes,
} from '../shape.ts'

const productId = ref('productId', idSchema('productId'))
const hit = object({ id: productId, title: prose(80), price, score: whole(0, 1_000) })
const found = object({ items: list(hit, 100, 5), total: whole(0, 100_000), took: whole(0, 5_000) })
const text = prose(60)
const paging = { page: optional(whole(1, 50), 0.4), limit: optional(whole(1, 100), 0.3) }
const saved = object({ id: self('savedSearchId', idSchema('savedSearchId')), text, alert: yes, made: past })
const synonym = object({ id: self('synonymId', idSchema('synonymId')), words: list(prose(30), 20, 2) })
const filters = object({
  category: optional(ref('categoryId', idSchema('categoryId')), 0.6),
  priceFrom: optional(whole(0, 5_000)),
  priceTo: optional(whole(0, 9_000)),
  available: optional(yes),
})

const { made, get, post, put, remove } = forService('search')

get('/search', {
  topic: 'search',
  often: 0.95,
  proof: 'nobody',
  query: { q: text, ...paging, sort: optional(oneOf('relevance', 'price', 'newest'), 0.3) },
  answer: found,
})
get('/search/suggestions', {
  topic: 'search',
  often: 0.9,
  proof: 'nobody',
  query: { q: prose(20) },
  answer: list(prose(40), 10, 3),
})
get('/search/facets', {
  topic: 'search',
  often: 0.4,
  proof: 'nobody',
  query: { q: text },
  answer: list(object({ facet: oneOf('category', 'brand', 'colour'), count: few(0, 5_000) }), 20, 2),
})
post('/search/advanced', {
  topic: 'search',
  often: 0.3,
  proof: 'nobody',
  body: object({ text, filters, limit: optional(whole(1, 100)) }),
  answer: found,
  sends: () => ({ 'cache-control': 'no-store' }),
})
get('/search/popular', {
  topic: 'search',
  documented: 'unused',
  proof: 'nobody',
  answer: list(prose(40), 10, 3),
  weak: ['unused-operation'],
})
get('/search/trending', {
  topic: 'search',
  often: 0.3,
  proof: 'nobody',
  answer: object({
    items: list(prose(40), 10, 3),
    servedBy: shape(
      { type: 'string', maxLength: 100 },
      ({ random }) => `http://index-${random.between(0, 2)}.search.svc.cluster.local:9200`,
    ),
  }),
  weak: ['internals-in-responses'],
})
get('/search/nearby', {
  topic: 'search',
  often: 0.35,
  proof: 'nobody',
  query: { q: text, radius: whole(1, 200) },
  answer: found,
  trouble: {
    share: 0.05,
    status: 500,
    body: {
      message: 'internal error',
      trace:
        'TypeError: cannot read latitude\n    at locate (/srv/search/dist/nearby.js:41:17)\n    at process (/srv/search/dist/main.js:12:3)',
    },
  },
  weak: ['stack-traces'],
  // The frames name folders of the machine as well.
  also: ['internals-in-responses'],
})
get('/search/images', {
  topic: 'search',
  often: 0.25,
  proof: 'nobody',
  query: {
    imageUrl: shape(
      { type: 'string', format: 'uri', maxLength: 300 },
      ({ random }) => `https://pictures.example/${random.hex(12)}.jpg`,
    ),
  },
  answer: found,
  weak: ['url-parameter'],
})
get('/search/by-sku', {
  topic: 'search',
  often: 0.25,
  proof: 'nobody',
  query: {
    sku: shape({ type: 'string', minLength: 4, maxLength: 20 }, ({ random }) => `TK-${random.between(1_000, 9_999)}`),
  },
  answer: found,
  weak: ['free-string'],
})
get('/search/compare', {
  topic: 'search',
  often: 0.3,
  proof: 'nobody',
  query: { left: productId, right: productId },
  hiddenQuery: { boost: optional(whole(1, 9), 0.5) },
  answer: object({ same: list(prose(30), 20, 2), different: list(prose(30), 20, 2) }),
  weak: ['undeclared-parameters'],
})
get('/search/raw', {
  topic: 'search',
  often: 0.2,
  proof: 'nobody',
  documented: false,
  query: { q: text },
  answer: found,
  weak: ['shadow-operation'],
})
get('/search/history', {
  topic: 'saved',
  often: 0.8,
  query: { limit: shape({ type: 'integer', minimum: 1 }, ({ random }) => random.pick([10, 20, 50, 200])) },
  answer: own(object({ text, at: past }), 500, 3),
  weak: ['unbounded-page'],
})
get('/saved-searches', { topic: 'saved', often: 0.9, answer: own(saved, 50, 2) })
post('/saved-searches', {
  topic: 'saved',
  often: 0.7,
  body: object({ text, alert: yes, filters: optional(filters) }),
  answer: saved,
})
get('/saved-searches/{savedSearchId}', { topic: 'saved', often: 0.8, answer: saved })
put('/saved-searches/{savedSearchId}', {
  topic: 'saved',
  often: 0.6,
  body: object({ text, alert: yes }),
  answer: saved,
})
remove('/saved-searches/{savedSearchId}', { topic: 'saved', often: 0.5 })
post('/saved-searches/{savedSearchId}/alerts', {
  topic: 'saved',
  often: 0.6,
  body: object({ days: whole(1, 30) }),
  headers: { 'x-http-method-override': optional(oneOf('PUT', 'PATCH'), 0.5) },
  answer: object({ until: nowTime }),
  weak: ['method-override'],
})
post('/index/documents', {
  topic: 'none',
  proof: 'service',
  body: object({ product: productId, text: prose(300) }),
  answer: object({ indexed: nowTime }),
  needlessly: ['accounts', 'carts', 'orders'],
})
remove('/index/documents/{productId}', { topic: 'none', proof: 'service', needlessly: ['accounts'] })
get('/admin/synonyms', {
  topic: 'assortment',
  often: 0.6,
  proof: 'operator',
  query: paging,
  answer: object({ items: list(synonym, 100, 4), total: whole(0, 10_000) }),
})
post('/admin/synonyms', {
  topic: 'assortment',
  often: 0.5,
  proof: 'operator',
  body: object({ words: list(prose(30), 20, 2) }),
  answer: synonym,
})
remove('/admin/synonyms/{synonymId}', { topic: 'assortment', often: 0.5, proof: 'operator' })
get('/recommendations', {
  topic: 'browse',
  often: 0.3,
  proof: 'bearer',
  answer: list(hit, 20, 4),
  sends: () => ({ 'cache-control': 'no-store' }),
})
get('/recommendations/{productId}', { topic: 'browse', often: 0.3, proof: 'session', answer: list(hit, 20, 4) })

export const search = serviceOf('search', 'storefront', { operations: made, replicas: 2, plainTargets: true })
