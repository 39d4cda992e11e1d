import type { AttackClass, Stage } from './stage.ts'

/** Routes that let unknown members through, each with its operation. */
const open = [
  'shipping POST /shipments/{shipmentId}/complaints',
  'carts POST /wishlists/{wishlistId}/invitations',
  'carts POST /carts/{cartId}/notes',
] as const
const closed = [
  'accounts PATCH /users/{userId}',
  'accounts POST /users/{userId}/addresses',
  'accounts POST /register',
  'orders POST /orders/{orderId}/returns',
  'payments POST /payment-methods',
  'notifications PATCH /subscriptions/{subscriptionId}',
] as const
const members = {
  dev: { role: 'admin', isAdmin: true, verified: true, balance: 9_999, price: 0, approved: true },
  acceptance: {
    permissions: ['*'],
    groups: ['operators'],
    credit: 5_000,
    discountPercent: 100,
    ownerId: '1',
    emailConfirmed: true,
    tenant: 'nordkap-logistik',
    status: 'paid',
  },
} as const

function extra(stage: Stage): Record<string, unknown> {
  const all = Object.entries(members[stage.acceptance ? 'acceptance' : 'dev'])
  const count = stage.random.between(1, 3)
  return Object.fromEntries(Array.from({ length: count }, () => stage.random.pick(all)))
}

function tries(stage: Stage, targets: readonly string[], make: (usual: unknown) => unknown): void {
  const count = stage.between({ dev: [4, 9], acceptance: [3, 12] })
  let timeMs = stage.begin(count * 60_000)
  const actor = stage.actor(timeMs)
  for (let n = 0; n < count; n++) {
    timeMs += Math.floor(stage.random.around(12_000, 0.7)) + 200
    stage.send(timeMs, actor, stage.random.pick(targets), { bend: { body: make } })
  }
}

/** Members that no form has (OWASP API3:2023): the service may take them over as they are. */
export const massAssignment: AttackClass = {
  name: 'mass-assignment',
  variants: {
    passed(stage) {
      const more = extra(stage)
      tries(stage, open, usual => ({ ...(usual as object), ...more }))
    },
    nested(stage) {
      const more = extra(stage)
      const name = stage.random.pick(stage.acceptance ? ['account', 'meta', 'owner'] : ['user', 'profile'])
      tries(stage, open, usual => ({ ...(usual as object), [name]: more }))
    },
    refused(stage) {
      const more = extra(stage)
      tries(stage, closed, usual => ({ ...(usual as object), ...more }))
    },
  },
}
