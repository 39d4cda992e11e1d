import type { AttackClass } from './stage.ts'

/** Operations that give data of many page by page, with the parameter that turns the page. */
const pages = [
  'accounts GET /users',
  'accounts GET /admin/audit',
  'catalogue GET /products',
  'catalogue GET /brands',
] as const
const feeds = [
  ['marktplatz', 'orders GET /partner/orders'],
  ['vergleich', 'catalogue GET /catalogue/feed'],
  ['marktplatz', 'shipping GET /partner/shipments'],
  ['kontor', 'shipping GET /partner/shipments'],
] as const
/** Granted to the partner, and none of its business. */
const beside = [
  ['kontor', ['orders GET /partner/orders', 'payments GET /settlements', 'catalogue GET /catalogue/feed']],
  ['vergleich', ['payments GET /settlements', 'shipping PATCH /partner/shipments/{shipmentId}']],
] as const

/** Everything is allowed, and nothing is what it was allowed for. */
export const misuse: AttackClass = {
  name: 'misuse',
  variants: {
    'bulk-export'(stage) {
      const count = stage.between({ dev: [60, 120], acceptance: [40, 200] })
      const gapMs = stage.between({ dev: [800, 3_000], acceptance: [500, 8_000] })
      let timeMs = stage.begin(count * gapMs * 1.5)
      const actor = stage.actor(timeMs, { person: stage.somebody() })
      const operation = stage.random.pick(pages)
      for (let page = 1; page <= count; page++) {
        timeMs += Math.max(100, Math.floor(stage.random.around(gapMs, 0.3)))
        stage.send(timeMs, actor, operation, { bend: { query: { page: String(page), limit: '100' } } })
      }
    },
    'partner-export'(stage) {
      const [name, operation] = stage.random.pick(feeds)
      const count = stage.between({ dev: [150, 250], acceptance: [120, 350] })
      const gapMs = stage.between({ dev: [500, 1_500], acceptance: [300, 4_000] })
      let timeMs = stage.begin(count * gapMs * 1.5)
      const actor = stage.actor(timeMs, { kind: 'partner', name, agent: 'partner-sync/2.3' })
      for (let page = 1; page <= count; page++) {
        timeMs += Math.max(100, Math.floor(stage.random.around(gapMs, 0.3)))
        stage.send(timeMs, actor, operation, { bend: { query: { page: String(page) } } })
      }
    },
    // One account, and everybody who was given its token.
    'token-shared'(stage) {
      const sharers = stage.between({ dev: [8, 15], acceptance: [6, 20] })
      const lasts = stage.between({ dev: [3_600_000, 7_200_000], acceptance: [1_800_000, 14_400_000] })
      const fromMs = stage.begin(lasts)
      const person = stage.somebody()
      for (let n = 0; n < sharers; n++) {
        const actor = stage.actor(fromMs, { person })
        let timeMs = fromMs + stage.random.below(lasts / 2)
        for (let step = stage.between({ dev: [6, 12], acceptance: [4, 14] }); step > 0; step--) {
          timeMs += Math.floor(stage.random.around(20_000, 0.9))
          stage.send(timeMs, actor, stage.random.pick(reads))
        }
      }
    },
    'outside-plan'(stage) {
      const [name, operations] = stage.random.pick(beside)
      const count = stage.between({ dev: [8, 20], acceptance: [4, 30] })
      let timeMs = stage.begin(count * 60_000)
      const actor = stage.actor(timeMs, { kind: 'partner', name, agent: 'partner-sync/2.3' })
      for (let n = 0; n < count; n++) {
        timeMs += Math.floor(stage.random.around(15_000, 0.8))
        stage.send(timeMs, actor, stage.random.pick<string>(operations))
      }
    },
  },
}

const reads = [
  'orders GET /orders',
  'orders GET /orders/{orderId}',
  'accounts GET /users/{userId}',
  'payments GET /payments',
  'notifications GET /messages',
  'shipping GET /shipments',
] as const
