import { idSchema } from '../ids.ts'
import { forService } from '../operation.ts'
import { serviceOf } from '../service.ts'
import {
  email,
  few,
  givenName,
  list,
  nowTime,
  object,
  oneOf,
  optional,
  own,
  past,
  prose,
  ref,
  self,
  shape,
  whole,
  withHidden,
  yes,
} from '../shape.ts'

const channel = oneOf('mail', 'push', 'letter')
const message = object({
  id: self('messageId', idSchema('messageId')),
  channel,
  title: prose(80),
  text: prose(400),
  read: yes,
  sent: past,
})
const subscription = object({
  id: self('subscriptionId', idSchema('subscriptionId')),
  topic: ref('topicName', idSchema('topicName')),
  channel,
  active: yes,
})
const topic = object({ id: self('topicName', idSchema('topicName')), title: prose(60), weekly: yes })
const layout = object({ id: self('layoutId', idSchema('layoutId')), title: prose(60), text: prose(400) })
const campaign = object({
  id: self('campaignId', idSchema('campaignId')),
  title: prose(80),
  state: oneOf('draft', 'running', 'ended'),
  recipients: whole(0, 500_000),
})
const paging = { page: optional(whole(1, 20), 0.5), limit: optional(whole(1, 50), 0.4) }

const { made, get, post, put, patch, remove } = forService('notifications')

post('/messages', {
  topic: 'none',
  proof: 'service',
  body: object({
    to: ref('userId', idSchema('userId')),
    channel,
    layout: ref('layoutId', idSchema('layoutId')),
    text: prose(400),
  }),
  answer: object({ id: ref('messageId', idSchema('messageId')) }),
  calls: ['accounts GET /users/{userId}/contact'],
  needlessly: ['catalogue', 'search', 'carts'],
})
get('/messages', {
  topic: 'inbox',
  often: 0.95,
  query: { ...paging, channel: optional(channel, 0.3) },
  answer: object({ items: own(message, 50, 2), total: whole(0, 10_000) }),
})
get('/messages/{messageId}', { topic: 'inbox', often: 0.8, answer: message })
put('/messages/{messageId}/read', { topic: 'inbox', often: 0.6, body: object({ read: yes }), answer: message })
remove('/messages/{messageId}', { topic: 'inbox', often: 0.35 })
get('/messages/{messageId}/raw', {
  topic: 'inbox',
  often: 0.3,
  documented: false,
  answer: object({ id: self('messageId', idSchema('messageId')), text: prose(400) }),
  weak: ['shadow-operation'],
})
get('/messages/{messageId}/delivery', {
  topic: 'inbox',
  often: 0.35,
  answer: object({ delivered: yes, tries: few(1, 9), debugInfo: prose(100), internalNotes: prose(80) }),
  weak: ['excess-data'],
})
get('/messages/latest', {
  topic: 'inbox',
  often: 0.4,
  answer: object({ givenName, email, title: prose(80) }),
  sends: () => ({ 'cache-control': 'max-age=600' }),
  weak: ['cacheable-personal-data'],
})
get('/messages/find', {
  topic: 'inbox',
  often: 0.4,
  query: { text: shape({ type: 'string', minLength: 1 }, making => prose(40).make(making)) },
  answer: own(message, 50, 2),
  weak: ['unbounded-string'],
})
get('/messages/all', {
  topic: 'inbox',
  often: 0.3,
  query: { size: shape({ type: 'integer', minimum: 1 }, ({ random }) => random.pick([10, 25, 50, 100])) },
  answer: own(message, 100, 3),
  weak: ['unbounded-page'],
})
post('/messages/preview', {
  topic: 'inbox',
  often: 0.4,
  body: object({ text: prose(400), channel }),
  answer: object({ text: prose(400) }),
  trouble: {
    share: 0.06,
    status: 500,
    body: { error: 'Traceback (most recent call last):\n  File "render.py", line 41, in render\nKeyError: channel' },
  },
  weak: ['stack-traces'],
})
get('/subscriptions', { topic: 'subscriptions', often: 0.95, answer: own(subscription, 50, 2) })
post('/subscriptions', {
  topic: 'subscriptions',
  often: 0.7,
  body: object({ topic: ref('topicName', idSchema('topicName')), channel }),
  answer: subscription,
})
get('/subscriptions/{subscriptionId}', { topic: 'subscriptions', often: 0.8, answer: subscription })
patch('/subscriptions/{subscriptionId}', {
  topic: 'subscriptions',
  often: 0.6,
  body: object({ channel: optional(channel, 0.7), active: optional(yes) }),
  answer: subscription,
})
remove('/subscriptions/{subscriptionId}', { topic: 'subscriptions', often: 0.5 })
get('/links/{subscriptionId}', {
  topic: 'subscriptions',
  often: 0.6,
  proof: 'optional',
  answer: object({ email, topic: ref('topicName', idSchema('topicName')) }),
  weak: ['mixed-authentication'],
})
get('/contacts', {
  topic: 'subscriptions',
  often: 0.5,
  query: { email: ref('customerEmail', idSchema('customerEmail')) },
  answer: object({ known: yes }),
  weak: ['personal-data-in-url'],
})
get('/preferences', {
  topic: 'subscriptions',
  often: 0.6,
  answer: object({ daily: yes, weekly: yes }),
  sends: ({ random }) => ({ 'set-cookie': `sid=${random.hex(32)}; Path=/; HttpOnly; SameSite=Lax` }),
  weak: ['cookie-flags'],
})
post('/devices', {
  topic: 'subscriptions',
  often: 0.6,
  body: object({ device: ref('deviceId', idSchema('deviceId')), platform: oneOf('ios', 'android', 'web') }),
  answer: object({ registered: nowTime }),
})
get('/topics', { topic: 'topics', often: 0.9, proof: 'nobody', answer: list(topic, 60, 5) })
get('/topics/{topicName}', { topic: 'topics', often: 0.8, proof: 'nobody', answer: topic })
get('/topics/{topicName}/posts', {
  topic: 'topics',
  often: 0.7,
  proof: 'nobody',
  query: { page: optional(whole(1, 40)) },
  hiddenQuery: { ref: optional(oneOf('mail', 'push', 'site'), 0.6) },
  answer: list(object({ title: prose(80), written: past }), 50, 3),
  weak: ['undeclared-parameters'],
})
get('/topics/{topicName}/archive', {
  topic: 'topics',
  documented: 'unused',
  proof: 'nobody',
  answer: list(prose(80), 50, 3),
  weak: ['unused-operation'],
})
get('/inbox', {
  topic: 'inbox',
  often: 0.5,
  proof: 'passed-token',
  token: 'long',
  answer: object({ unread: few(0, 500) }),
  weak: ['jwt-long-life'],
})
get('/inbox/unread', {
  topic: 'inbox',
  often: 0.4,
  proof: 'passed-token',
  token: 'personal',
  answer: object({ unread: few(0, 500) }),
  weak: ['personal-data-in-tokens'],
})
get('/inbox/archive', {
  topic: 'inbox',
  often: 0.4,
  proof: 'passed-token',
  token: 'any-audience',
  answer: object({ archived: few(0, 5_000) }),
  weak: ['jwt-any-audience'],
})
get('/inbox/folders', {
  topic: 'inbox',
  often: 0.4,
  proof: 'passed-token',
  token: 'hs256',
  answer: list(prose(30), 20, 2),
  weak: ['weak-jwt-algorithm'],
})
get('/inbox/labels', { topic: 'inbox', often: 0.4, proof: 'passed-token', answer: list(prose(30), 20, 2) })
get('/inbox/stream', {
  topic: 'inbox',
  often: 0.4,
  proof: 'query-token',
  answer: object({ unread: few(0, 500) }),
  weak: ['credentials-in-url'],
})
get('/inbox/summary', {
  topic: 'inbox',
  often: 0.4,
  answer: object({ email, unread: few(0, 500) }),
  sends: () => ({ 'access-control-allow-origin': '*', 'access-control-allow-credentials': 'true' }),
  weak: ['cors-any-origin'],
})
get('/feeds/daily', {
  topic: 'topics',
  often: 0.5,
  proof: 'passed-key',
  answer: list(prose(80), 50, 3),
  weak: ['weak-credential'],
})
get('/integrations', {
  topic: 'campaigns',
  often: 0.8,
  proof: 'operator',
  answer: list(
    object({
      title: prose(40),
      webhookSecret: shape({ type: 'string', minLength: 20, maxLength: 80 }, ({ random }) => `wh_${random.hex(40)}`),
    }),
    10,
    1,
  ),
  weak: ['secrets-in-responses'],
})
get('/admin/layouts', {
  topic: 'campaigns',
  often: 0.8,
  proof: 'operator',
  query: paging,
  answer: object({ items: list(layout, 100, 3), total: whole(0, 1_000) }),
})
put('/admin/layouts/{layoutId}', {
  topic: 'campaigns',
  often: 0.7,
  proof: 'operator',
  body: object({ title: prose(60), text: prose(400) }),
  answer: layout,
})
post('/admin/campaigns', {
  topic: 'campaigns',
  often: 0.7,
  proof: 'operator',
  body: object({
    title: prose(80),
    layout: ref('layoutId', idSchema('layoutId')),
    topics: list(ref('topicName', idSchema('topicName')), 20, 1),
  }),
  answer: campaign,
})
get('/admin/campaigns/{campaignId}', { topic: 'campaigns', often: 0.8, proof: 'operator', answer: campaign })
const report = object({ opened: few(0, 9_000), clicked: few(0, 5_000) })
get('/campaigns/{campaignId}/report', {
  topic: 'campaigns',
  often: 0.8,
  proof: 'operator',
  answer: withHidden(report, { bounced: few(0, 900) }),
  weak: ['undeclared-response-fields'],
})

export const notifications = serviceOf('notifications', 'fulfilment', {
  operations: made,
  replicas: 2,
  traced: false,
  plainTargets: true,
})
