import { services } from '../estate.ts'
import type { AttackClass } from './stage.ts'

const ofOperators = services.flatMap(({ operations }) =>
  operations.filter(({ proof, route }) => proof === 'operator' && route?.unguarded !== true),
)

/** Broken function-level authorization (OWASP API5:2023): functions of others, methods that nobody uses. */
export const methodEscalation: AttackClass = {
  name: 'method-escalation',
  variants: {
    // A customer's token for what clerks do.
    operator(stage) {
      const count = stage.between({ dev: [8, 16], acceptance: [5, 24] })
      let timeMs = stage.begin(count * 30_000)
      const actor = stage.actor(timeMs)
      for (let n = 0; n < count; n++) {
        timeMs += Math.floor(stage.random.around(6_000, 0.7)) + 100
        stage.send(timeMs, actor, stage.random.pick(ofOperators).id)
      }
    },
    // The route takes them, the service never meant to.
    'open-methods'(stage) {
      const count = stage.between({ dev: [5, 10], acceptance: [3, 14] })
      let timeMs = stage.begin(count * 30_000)
      const actor = stage.actor(timeMs)
      for (let n = 0; n < count; n++) {
        timeMs += Math.floor(stage.random.around(8_000, 0.7)) + 100
        const method = stage.random.pick(['PUT', 'DELETE'])
        stage.raw(timeMs, actor, {
          service: 'carts',
          method,
          path: '/gift-boxes',
          ...(method === 'PUT' ? { body: { size: 'large', price: 0 } } : {}),
        })
      }
    },
    // Declared, passed on and never used by anybody.
    unused(stage) {
      const count = stage.between({ dev: [5, 10], acceptance: [3, 14] })
      let timeMs = stage.begin(count * 30_000)
      const actor = stage.actor(timeMs)
      for (let n = 0; n < count; n++) {
        timeMs += Math.floor(stage.random.around(8_000, 0.7)) + 100
        stage.send(
          timeMs,
          actor,
          stage.random.pick([
            'orders POST /orders/{orderId}/split',
            'carts DELETE /wishlists/{wishlistId}/entries',
            'payments GET /refunds',
            'shipping GET /depots/{depotId}/staff',
          ]),
        )
      }
    },
  },
}
