import type { BedAnswer } from '../operation.ts'
import type { AttackClass, Stage } from './stage.ts'

const answers = [
  'accounts GET /users/{userId}',
  'orders GET /orders/{orderId}',
  'catalogue GET /products/{productId}',
  'shipping GET /shipments/{shipmentId}',
  'payments GET /payments/{paymentId}',
] as const
const lists = [
  'orders GET /orders',
  'payments GET /payments',
  'notifications GET /messages',
  'shipping GET /shipments',
] as const

function calls(stage: Stage, operation: string, answer: (usual: BedAnswer) => BedAnswer): void {
  const count = stage.between({ dev: [6, 12], acceptance: [3, 16] })
  const gapMs = stage.between({ dev: [8_000, 40_000], acceptance: [4_000, 120_000] })
  let timeMs = stage.begin(count * gapMs * 2)
  const actor = stage.actor(timeMs)
  for (let n = 0; n < count; n++) {
    timeMs += Math.floor(stage.random.around(gapMs, 0.5)) + 100
    stage.send(timeMs, actor, operation, { bend: { answer } })
  }
}

const changed =
  (change: (body: Readonly<Record<string, unknown>>) => unknown) =>
  (usual: BedAnswer): BedAnswer =>
    usual.status < 300 && typeof usual.body === 'object' && usual.body !== null
      ? { ...usual, body: change(usual.body as Readonly<Record<string, unknown>>) }
      : usual

/** What is asked is as ever, what is answered is not: a hole in the service, or somebody who has made one. */
export const responseDrift: AttackClass = {
  name: 'response-drift',
  variants: {
    fields(stage) {
      const { random } = stage
      const more: Record<string, unknown> = stage.acceptance
        ? {
            totpSecret: random.hex(32).toUpperCase(),
            sessionIds: [random.hex(32), random.hex(32)],
            row: { rev: 7, shard: 'b2' },
          }
        : {
            passwordHash: `$2b$12$${random.hex(44)}`,
            internalId: random.between(1, 99_999),
            resetToken: random.hex(40),
          }
      calls(
        stage,
        random.pick(answers),
        changed(body => ({ ...body, ...more })),
      )
    },
    types(stage) {
      calls(
        stage,
        stage.random.pick(answers),
        changed(body =>
          Object.fromEntries(
            Object.entries(body).map(([name, value]) => [
              name,
              typeof value === 'string' ? [value] : typeof value === 'number' ? String(value) : { value },
            ]),
          ),
        ),
      )
    },
    missing(stage) {
      calls(
        stage,
        stage.random.pick(answers),
        changed(body => Object.fromEntries(Object.entries(body).slice(0, 1))),
      )
    },
    exfiltration(stage) {
      const times = stage.between({ dev: [60, 150], acceptance: [30, 300] })
      calls(
        stage,
        stage.random.pick(lists),
        changed(body => {
          const items = Array.isArray(body['items']) ? (body['items'] as unknown[]) : [body]
          return { ...body, items: Array.from({ length: times }, () => items).flat() }
        }),
      )
    },
  },
}
