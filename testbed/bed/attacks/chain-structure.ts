import { operationNamed } from '../calls.ts'
import type { AttackClass, Stage } from './stage.ts'

/** Entry operations whose services call others, with a call that the same service may make and never makes there. */
const inserted: ReadonlyArray<readonly [entry: string, call: string]> = [
  ['carts GET /carts/{cartId}/totals', 'accounts GET /users/{userId}/contact'],
  ['carts POST /carts/{cartId}/lines', 'accounts GET /users/{userId}/contact'],
  ['carts GET /carts/{cartId}', 'notifications POST /messages'],
  ['carts PUT /carts/{cartId}/lines/{lineId}', 'payments POST /charges'],
  ['orders POST /orders/{orderId}/cancellation', 'shipping POST /shipments'],
  ['orders GET /orders/{orderId}', 'payments POST /charges/{paymentId}/reversal'],
  ['orders POST /orders/{orderId}/returns', 'payments POST /charges/{paymentId}/reversal'],
  ['catalogue GET /products/{productId}', 'search POST /index/documents'],
]

/** Entry operations with several calls, which can be left out, turned round and repeated. */
const long = [
  'carts GET /carts/{cartId}/totals',
  'carts POST /carts/{cartId}/checkout',
  'orders POST /orders/{orderId}/cancellation',
  'payments POST /payments/{paymentId}/refunds',
] as const

function visits(stage: Stage, entry: string, bent: (usual: readonly string[]) => readonly string[]): void {
  const lasts = stage.between({ dev: [1_200_000, 5_400_000], acceptance: [600_000, 10_800_000] })
  const fromMs = stage.begin(lasts)
  const count = stage.between({ dev: [5, 10], acceptance: [4, 14] })
  const usual = operationNamed(entry).calls ?? []
  for (let i = 0; i < count; i++) {
    const timeMs = fromMs + stage.random.below(lasts)
    const operator = operationNamed(entry).proof === 'operator'
    const person = operator ? stage.random.pick(stage.parts.day.world.operators) : stage.somebody()
    // Whoever calls is honest: it is the service that has been changed.
    const actor = stage.actor(timeMs, {
      kind: operator ? 'operator' : 'person',
      person,
      address: stage.parts.day.world.addressOf(person),
      forged: null,
    })
    stage.send(timeMs, actor, entry, { bend: { calls: bent(usual) } })
  }
}

/** A service that has been taken over calls others otherwise than it does: more, fewer, in another order. */
export const chainStructure: AttackClass = {
  name: 'chain-structure',
  inside: true,
  chain: true,
  variants: {
    inserted(stage) {
      const [entry, call] = stage.random.pick(inserted)
      visits(stage, entry, usual => [...usual, call])
    },
    missing(stage) {
      const entry = stage.random.pick(long)
      visits(stage, entry, usual => usual.slice(0, -1))
    },
    reordered(stage) {
      visits(stage, stage.random.pick(long), usual => usual.toReversed())
    },
    repeated(stage) {
      const times = stage.between({ dev: [6, 12], acceptance: [4, 20] })
      visits(stage, stage.random.pick(long), usual => [
        ...usual.slice(0, -1),
        ...Array.from({ length: times }, () => usual.at(-1) as string),
      ])
    },
  },
}
