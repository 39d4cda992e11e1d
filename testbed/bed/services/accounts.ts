import { forService } from '../operation.ts'
import { idSchema } from '../ids.ts'
import { serviceOf } from '../service.ts'
import {
  birthDate,
  city,
  country,
  described,
  email,
  familyName,
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
  ref,
  self,
  shape,
  since,
  street,
  uuid,
  whole,
  yes,
} from '../shape.ts'

const language = oneOf('de', 'en', 'fr', 'nl')
const profile = object({
  id: self('userId', idSchema('userId')),
  givenName,
  familyName,
  email,
  phone: optional(phone, 0.8),
  birthDate: optional(birthDate, 0.6),
  memberSince: past,
  newsletter: yes,
  language: since(2, language),
})
const address = object({
  id: self('addressId', idSchema('addressId')),
  street,
  postcode,
  city,
  country,
  preferred: yes,
})
const password = shape(
  { type: 'string', minLength: 12, maxLength: 128 },
  ({ random }) => `${random.hex(8)}-Tulpe-${random.hex(6)}`,
)
const device = object({
  id: self('deviceId', idSchema('deviceId')),
  platform: oneOf('ios', 'android', 'web'),
  lastSeen: past,
})
const consent = object({
  id: self('consentId', idSchema('consentId')),
  purpose: oneOf('news', 'profiling', 'surveys'),
  given: yes,
})

const { made, get, post, put, patch, remove } = forService('accounts')

post('/login', {
  topic: 'signin',
  often: 1,
  proof: 'nobody',
  body: object({ email, password }),
  answer: object({ session: uuid, lifetimeSeconds: whole(600, 3_600) }),
  sends: () => ({ 'cache-control': 'no-store' }),
  route: { limit: { limit: '60/min', by: ['address'] } },
})
post('/login/otp', {
  topic: 'signin',
  often: 0.2,
  proof: 'nobody',
  body: object({
    email,
    digits: shape({ type: 'string', pattern: '^[0-9]{6}$', maxLength: 6 }, ({ random }) =>
      String(random.between(100_000, 999_999)),
    ),
  }),
  answer: object({ session: uuid, lifetimeSeconds: whole(600, 3_600) }),
  sends: () => ({ 'cache-control': 'no-store' }),
  weak: ['route login-without-limit'],
})
post('/register', {
  topic: 'register',
  often: 1,
  proof: 'nobody',
  body: object({ email, givenName, familyName, password, newsletter: optional(yes) }),
  answer: object({ id: uuid, created: nowTime }),
  sends: () => ({ 'cache-control': 'no-store' }),
  calls: ['notifications POST /messages'],
})
get('/users/{userId}', { topic: 'profile', often: 0.95, answer: profile })
patch('/users/{userId}', {
  topic: 'profile',
  often: 0.25,
  body: object({
    givenName: optional(givenName),
    familyName: optional(familyName),
    phone: optional(phone),
    newsletter: optional(yes, 0.7),
  }),
  answer: profile,
})
get('/users/{userId}/addresses', {
  topic: 'profile',
  often: 0.6,
  answer: own(address, 20, 2),
  plaintext: true,
  weak: ['plaintext-calls'],
})
post('/users/{userId}/addresses', {
  topic: 'profile',
  often: 0.2,
  body: object({ street, postcode, city, country, preferred: optional(yes) }),
  answer: address,
})
put('/users/{userId}/addresses/{addressId}', {
  topic: 'profile',
  often: 0.2,
  body: object({ street, postcode, city, country, preferred: optional(yes) }),
  answer: address,
})
remove('/users/{userId}/addresses/{addressId}', { topic: 'profile', often: 0.15 })
get('/users/{userId}/devices', { topic: 'devices', often: 0.9, answer: own(device, 30, 2) })
remove('/users/{userId}/devices/{deviceId}', { topic: 'devices', often: 0.6 })
get('/users/{userId}/consents', { topic: 'devices', often: 0.8, answer: own(consent, 20, 2) })
put('/users/{userId}/consents/{consentId}', {
  topic: 'devices',
  often: 0.6,
  body: object({ given: yes }),
  answer: consent,
})
remove('/users/{userId}', { topic: 'devices', often: 0.35 })
get('/users/{userId}/contact', {
  topic: 'none',
  proof: 'service',
  answer: object({ email, phone: optional(phone, 0.8), language }),
  needlessly: ['search', 'carts', 'catalogue'],
})
get('/members/{memberNumber}', {
  topic: 'loyalty',
  often: 0.9,
  answer: object({
    number: self('memberNumber', idSchema('memberNumber')),
    givenName,
    familyName,
    email,
    points: whole(0, 50_000),
  }),
  route: { unguarded: true },
  weak: ['sequential-ids'],
  also: ['object-access-unbound'],
})
get('/users', {
  topic: 'loyalty',
  often: 0.5,
  query: { page: whole(1, 500), limit: optional(whole(1, 100)) },
  answer: object({
    items: list(object({ id: ref('userId', idSchema('userId')), givenName, familyName, email }), 100),
    total: whole(0, 100_000),
  }),
  route: { unguarded: true },
  weak: ['personal-data-in-lists'],
})
get('/accounts/by-email/{customerEmail}', {
  topic: 'care',
  often: 0.8,
  proof: 'operator',
  answer: profile,
  weak: ['personal-data-in-url'],
})
get('/admin/users/{userId}', { topic: 'care', often: 0.9, proof: 'operator', answer: profile })
get('/admin/users/{userId}/devices', { topic: 'care', often: 0.5, proof: 'operator', answer: own(device, 30, 2) })
get('/admin/audit', {
  topic: 'loyalty',
  often: 0.4,
  query: { page: whole(1, 500) },
  answer: object({
    items: list(object({ at: past, action: oneOf('login', 'change', 'export'), subject: uuid })),
    total: whole(0, 100_000),
  }),
  route: { unguarded: true },
  weak: ['route admin-without-require'],
})
const preferences = { language, theme: oneOf('light', 'dark') }
post('/users/{userId}/preferences', {
  topic: 'loyalty',
  often: 0.5,
  body: object({ ...preferences, role: optional(oneOf('customer', 'tester'), 0.1) }),
  answer: object(preferences),
  route: { unguarded: true },
  weak: ['route mass-assignment'],
})
get('/users/{userId}/export', {
  topic: 'devices',
  often: 0.4,
  documented: false,
  answer: object({ givenName, familyName, email, addresses: own(address, 20, 2) }),
  weak: ['shadow-operation'],
})
get('/v1/users/{userId}', {
  topic: 'loyalty',
  often: 0.4,
  state: 'deprecated',
  answer: described(object({ id: self('userId', idSchema('userId')), givenName, familyName }), profile.schema),
  weak: ['retired-in-use'],
})
get('/users/{userId}/avatar', {
  topic: 'profile',
  documented: 'unused',
  answer: object({ width: whole(1, 4_000) }),
  weak: ['unused-operation'],
})

export const accounts = serviceOf('accounts', 'storefront', { operations: made, replicas: 3 })
