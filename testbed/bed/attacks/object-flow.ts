import type { Person } from '../person.ts'
import type { AttackClass, Stage } from './stage.ts'

const reads = [
  ['orders GET /orders/{orderId}', 'orderId'],
  ['orders GET /receipts/{orderRef}', 'orderRef'],
  ['accounts GET /users/{userId}', 'userId'],
  ['accounts GET /users/{userId}/addresses', 'userId'],
  ['shipping GET /shipments/{shipmentId}', 'shipmentId'],
  ['payments GET /invoices/{invoiceId}', 'invoiceId'],
  ['payments GET /payments/{paymentId}', 'paymentId'],
  ['notifications GET /messages/{messageId}', 'messageId'],
  ['carts GET /carts/{cartId}', 'cartId'],
] as const
const writes = [
  ['accounts PATCH /users/{userId}', 'userId'],
  ['orders POST /orders/{orderId}/cancellation', 'orderId'],
  ['notifications DELETE /messages/{messageId}', 'messageId'],
  ['search DELETE /saved-searches/{savedSearchId}', 'savedSearchId'],
  ['shipping PUT /shipments/{shipmentId}/delivery-window', 'shipmentId'],
] as const

/** The owner looks at it first, so that it is known whose it is: as honest people do. */
function owned(stage: Stage, owner: Person, variable: string, beforeMs: number): string | number {
  const id = stage.idOf(variable, owner)
  const read = reads.find(([, name]) => name === variable)?.[0]
  if (read !== undefined) {
    const actor = stage.actor(beforeMs, {
      person: owner,
      address: stage.parts.day.world.addressOf(owner),
      forged: null,
    })
    stage.send(beforeMs, actor, read, { ids: { [variable]: id }, honest: true })
  }
  return id
}

function take(stage: Stage, targets: ReadonlyArray<readonly [string, string]>, count: number, gapMs: number): void {
  let timeMs = stage.begin(count * gapMs * 2 + 3_600_000) + 3_600_000
  const actor = stage.actor(timeMs)
  for (let n = 0; n < count; n++) {
    timeMs += Math.floor(stage.random.around(gapMs, 0.6)) + 200
    const [operation, variable] = stage.random.pick(targets)
    const owner = stage.somebody()
    if (owner === actor.person) continue
    const id = owned(stage, owner, variable, timeMs - stage.random.between(600_000, 3_500_000))
    stage.send(timeMs, actor, operation, { ids: { [variable]: id }, bend: { owner } })
  }
}

/** Broken object-level authorization (OWASP API1:2023): an id that was given to somebody else. */
export const objectFlow: AttackClass = {
  name: 'object-flow',
  variants: {
    read(stage) {
      take(stage, reads, stage.between({ dev: [6, 12], acceptance: [4, 16] }), 12_000)
    },
    write(stage) {
      take(stage, writes, stage.between({ dev: [5, 9], acceptance: [3, 12] }), 20_000)
    },
    // One kind of thing, many owners.
    harvest(stage) {
      take(stage, [stage.random.pick(reads)], stage.between({ dev: [20, 40], acceptance: [15, 60] }), 4_000)
    },
    // In the body instead of the path: somebody else's card and address at one's own checkout.
    body(stage) {
      const count = stage.between({ dev: [4, 7], acceptance: [3, 9] })
      let timeMs = stage.begin(count * 60_000)
      const actor = stage.actor(timeMs)
      for (let n = 0; n < count; n++) {
        timeMs += Math.floor(stage.random.around(25_000, 0.5))
        const owner = stage.somebody()
        const [method, address] = [stage.idOf('methodId', owner), stage.idOf('addressId', owner)]
        stage.send(timeMs, actor, 'carts POST /carts/{cartId}/checkout', {
          bend: { body: usual => ({ ...(usual as object), method, address }) },
        })
      }
    },
  },
}
