import type { AttackClass } from './stage.ts'

const everyday = [
  'orders GET /orders',
  'orders GET /orders/{orderId}',
  'orders GET /orders/{orderId}/items',
  'shipping GET /shipments',
  'shipping GET /shipments/{shipmentId}',
  'payments GET /payments',
  'notifications GET /messages',
  'accounts GET /users/{userId}',
] as const
const rare = [
  'search GET /search/compare',
  'search GET /search/trending',
  'shipping GET /depots',
  'catalogue GET /brands',
  'notifications GET /topics',
  'payments GET /exchange-rates',
] as const

/** Nothing is wrong with a single call: there are too many of them, of one caller or for one operation. */
export const volume: AttackClass = {
  name: 'volume',
  variants: {
    principal(stage) {
      const lasts = stage.between({ dev: [1_200_000, 3_600_000], acceptance: [900_000, 7_200_000] })
      const count = stage.between({ dev: [220, 350], acceptance: [150, 450] })
      const fromMs = stage.begin(lasts)
      const actor = stage.actor(fromMs, { person: stage.somebody() })
      for (let n = 0; n < count; n++) stage.send(fromMs + stage.random.below(lasts), actor, stage.random.pick(everyday))
    },
    operation(stage) {
      const lasts = stage.between({ dev: [1_200_000, 3_600_000], acceptance: [900_000, 5_400_000] })
      const count = stage.between({ dev: [400, 700], acceptance: [300, 900] })
      const fromMs = stage.begin(lasts)
      const operation = stage.random.pick(rare)
      const addresses = stage.between({ dev: [60, 120], acceptance: [40, 200] })
      const actors = Array.from({ length: addresses }, () => stage.actor(fromMs, { kind: 'nobody', proof: 'none' }))
      for (let n = 0; n < count; n++)
        stage.send(fromMs + stage.random.below(lasts), stage.random.pick(actors), operation)
    },
    // One caller, one operation, as steady as a clock.
    polling(stage) {
      const gapMs = stage.between({ dev: [2_000, 5_000], acceptance: [1_000, 9_000] })
      const count = stage.between({ dev: [250, 400], acceptance: [200, 500] })
      const fromMs = stage.begin(gapMs * count)
      const actor = stage.actor(fromMs, { person: stage.somebody() })
      const operation = stage.random.pick(everyday)
      for (let n = 0; n < count; n++) stage.send(fromMs + n * gapMs + stage.random.below(150), actor, operation)
    },
  },
}
