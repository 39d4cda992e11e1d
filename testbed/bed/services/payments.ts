import { idSchema } from '../ids.ts'
import { forService } from '../operation.ts'
import { serviceOf } from '../service.ts'
import {
  card,
  email,
  familyName,
  givenName,
  iban,
  maskedCard,
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

const currency = oneOf('EUR', 'CHF')
const state = oneOf('authorised', 'captured', 'refunded', 'failed')
const payment = object({
  id: self('paymentId', idSchema('paymentId')),
  order: ref('orderRef', idSchema('orderRef')),
  amount: price,
  currency,
  state,
  made: past,
})
const refund = object({
  id: self('refundId', idSchema('refundId')),
  payment: ref('paymentId', idSchema('paymentId')),
  amount: price,
  currency,
  made: past,
})
const invoice = object({
  id: self('invoiceId', idSchema('invoiceId')),
  givenName,
  familyName,
  email,
  total: price,
  currency,
  issued: past,
})
const method = object({
  id: self('methodId', idSchema('methodId')),
  number: maskedCard,
  expires: shape(
    { type: 'string', pattern: '^[0-9]{2}/[0-9]{2}$', maxLength: 5 },
    ({ random }) => `0${random.between(1, 9)}/${random.between(26, 31)}`,
  ),
  preferred: yes,
})
const paging = { page: optional(whole(1, 20), 0.5), limit: optional(whole(1, 50), 0.4) }

const { made, get, post, remove } = forService('payments')

post('/charges', {
  topic: 'none',
  proof: 'service',
  body: object({
    order: ref('orderRef', idSchema('orderRef')),
    method: ref('methodId', idSchema('methodId')),
    amount: price,
    currency,
  }),
  answer: payment,
  needlessly: ['carts', 'shipping'],
})
post('/charges/{paymentId}/reversal', {
  topic: 'none',
  proof: 'service',
  body: object({ reason: oneOf('cancelled', 'returned', 'failed') }),
  answer: payment,
  needlessly: ['carts'],
})
post('/charges/{paymentId}/capture', {
  topic: 'none',
  proof: 'service',
  body: object({ amount: price, currency }),
  answer: payment,
  calls: ['notifications POST /messages'],
})
get('/payments', {
  topic: 'wallet',
  often: 0.8,
  query: { ...paging, state: optional(state, 0.3) },
  answer: object({ items: own(payment, 50, 3), total: whole(0, 10_000) }),
})
get('/payments/{paymentId}', { topic: 'wallet', often: 0.8, answer: payment })
get('/payments/{paymentId}/raw', {
  topic: 'wallet',
  often: 0.3,
  documented: false,
  answer: object({ id: self('paymentId', idSchema('paymentId')), state, attempts: whole(1, 9) }),
  weak: ['shadow-operation'],
})
get('/payment-methods', {
  topic: 'wallet',
  often: 0.8,
  answer: own(method, 20, 1),
  plaintext: true,
  weak: ['plaintext-calls'],
})
post('/payment-methods', {
  topic: 'wallet',
  often: 0.4,
  body: object({
    cardNumber: card,
    holder: shape(
      { type: 'string', minLength: 1, maxLength: 120 },
      ({ person }) => `${person.givenName} ${person.familyName}`,
    ),
    preferred: optional(yes),
  }),
  answer: method,
})
get('/payment-methods/{methodId}/details', {
  topic: 'wallet',
  often: 0.4,
  answer: object({ id: self('methodId', idSchema('methodId')), cardNumber: card }),
  weak: ['card-numbers-in-responses'],
})
remove('/payment-methods/{methodId}', { topic: 'wallet', often: 0.35 })
post('/payments/{paymentId}/disputes', {
  topic: 'wallet',
  often: 0.4,
  body: object({
    reasonCode: shape(
      { type: 'string', pattern: '^D[0-9]{2}$', maxLength: 3 },
      ({ random }) => `D${random.between(10, 40)}`,
    ),
    text: prose(300),
  }),
  answer: object({ received: nowTime }),
  route: {
    schema: {
      type: 'object',
      additionalProperties: false,
      required: ['reasonCode', 'text'],
      properties: {
        reasonCode: { type: 'string', minLength: 1, maxLength: 20 },
        text: { type: 'string', maxLength: 300 },
      },
    },
  },
  weak: ['route free-string'],
})
post('/donations', {
  topic: 'wallet',
  often: 0.35,
  body: object({ cents: whole(100, 50_000), currency }),
  answer: object({ received: nowTime }),
  route: {
    schema: {
      type: 'object',
      additionalProperties: false,
      required: ['cents', 'currency'],
      properties: { cents: { type: 'integer', minimum: 100 }, currency: { type: 'string', enum: ['EUR', 'CHF'] } },
    },
  },
  weak: ['route unbounded-number'],
})
post('/payments/{paymentId}/refunds', {
  topic: 'back-office',
  often: 0.8,
  proof: 'operator',
  body: object({ amount: price, reason: oneOf('returned', 'goodwill', 'error') }),
  answer: refund,
  calls: ['orders PUT /fulfilments/{orderRef}/state', 'notifications POST /messages'],
})
get('/refunds/{refundId}', { topic: 'wallet', often: 0.4, answer: refund })
get('/refunds', {
  topic: 'wallet',
  documented: 'unused',
  query: paging,
  answer: object({ items: own(refund, 50, 3), total: whole(0, 10_000) }),
  weak: ['unused-operation'],
})
get('/invoices', {
  topic: 'wallet',
  often: 0.6,
  query: paging,
  answer: object({
    items: own(object({ id: self('invoiceId', idSchema('invoiceId')), total: price, currency, issued: past }), 50, 3),
    total: whole(0, 10_000),
  }),
})
get('/invoices/{invoiceId}', { topic: 'wallet', often: 0.7, answer: invoice })
get('/slips/{paymentId}', {
  topic: 'wallet',
  often: 0.4,
  proof: 'nobody',
  answer: object({ givenName, familyName, iban, amount: price, currency }),
  sends: () => ({ 'cache-control': 'no-store' }),
  weak: ['missing-authentication'],
})
get('/ledger/{ledgerDay}', {
  topic: 'back-office',
  often: 0.9,
  proof: 'operator',
  answer: own(object({ payment: ref('paymentId', idSchema('paymentId')), amount: price, currency }), 200, 4),
})
get('/admin/gateways', {
  topic: 'back-office',
  often: 0.7,
  proof: 'operator',
  answer: own(
    object({
      title: prose(40),
      clientSecret: shape({ type: 'string', minLength: 20, maxLength: 80 }, ({ random }) => `cs_${random.hex(32)}`),
    }),
    5,
    1,
  ),
  weak: ['secrets-in-responses'],
})
get('/admin/reports', {
  topic: 'back-office',
  often: 0.8,
  proof: 'password',
  query: { month: whole(1, 12) },
  answer: object({ total: price, currency, payments: whole(0, 1_000_000) }),
  weak: ['route basic-authentication'],
})
get('/balance', {
  topic: 'wallet',
  often: 0.4,
  proof: 'passed-token',
  token: 'unsigned',
  answer: object({ amount: price, currency }),
  weak: ['weak-jwt-algorithm'],
})
get('/allowances', {
  topic: 'wallet',
  often: 0.4,
  proof: 'passed-token',
  token: 'endless',
  answer: object({ daily: price, currency }),
  weak: ['jwt-without-expiry'],
})
get('/statements', {
  topic: 'wallet',
  often: 0.4,
  proof: 'query-key',
  answer: own(object({ amount: price, currency, at: past }), 50, 3),
  sends: () => ({ 'cache-control': 'no-store' }),
  weak: ['credentials-in-url'],
})
get('/settlements', {
  topic: 'partner',
  often: 0.8,
  proof: 'key',
  query: { page: whole(1, 400) },
  answer: object({
    items: own(object({ reference: ref('orderRef', idSchema('orderRef')), amount: price, currency }), 50, 4),
    total: whole(0, 100_000),
  }),
  needlessly: ['kontor', 'vergleich'],
})
get('/payouts/{refundId}', {
  topic: 'partner',
  often: 0.7,
  proof: 'key',
  answer: object({ id: self('refundId', idSchema('refundId')), iban, amount: price, currency }),
  weak: ['api-key-alone'],
})
post('/pay', {
  topic: 'wallet',
  often: 0.3,
  state: 'retired',
  body: object({ order: ref('orderRef', idSchema('orderRef')), amount: price, currency }),
  answer: object({ received: nowTime }),
  weak: ['retired-in-use'],
})
get('/exchange-rates', {
  topic: 'wallet',
  often: 0.5,
  proof: 'nobody',
  query: { to: optional(currency) },
  answer: own(
    object({
      to: currency,
      rate: shape(
        { type: 'number', minimum: 0, maximum: 1_000 },
        ({ random }) => Math.round(random.next() * 1e4) / 1e4,
      ),
    }),
    20,
    2,
  ),
  route: { limit: { limit: '600/min', by: ['address'], store: 'shared', onUnavailable: 'allow' } },
  weak: ['route limiter-fails-open'],
})
post('/acquirer/notices', {
  topic: 'partner',
  often: 0.7,
  proof: 'bearer',
  body: object({ payment: ref('paymentId', idSchema('paymentId')), state }),
  answer: object({ received: nowTime }),
  unsecuredInDocument: true,
  weak: ['declared-without-security', 'route anonymous-route'],
})

export const payments = serviceOf('payments', 'fulfilment', { operations: made, replicas: 2 })
