import { operationNamed } from '../calls.ts'
import { type Operation, operationOf } from '../operation.ts'
import type { Random } from '../random.ts'
import { object, oneOf, optional, type ObjectShape, past, type Shape, whole, yes } from '../shape.ts'

const DAY = 86_400_000

interface Change {
  readonly operation: string
  readonly field?: readonly [name: string, shape: Shape]
  readonly query?: readonly [name: string, shape: Shape]
  readonly call?: string
}

/** Of the days that are learnt from. */
const early: readonly Change[] = [
  { operation: 'accounts GET /users/{userId}', field: ['loyaltyTier', oneOf('basic', 'silver', 'gold')] },
  { operation: 'orders GET /orders', query: ['since', optional(oneOf('7d', '30d', '1y'), 0.3)] },
  { operation: 'orders GET /orders/{orderId}', call: 'catalogue GET /stock/{stockId}' },
  { operation: 'catalogue GET /products/{productId}', field: ['deliveryDays', whole(1, 14)] },
  { operation: 'carts GET /carts/{cartId}', call: 'catalogue POST /prices/quotes' },
  { operation: 'search GET /search', query: ['inStock', optional(yes, 0.3)] },
  { operation: 'shipping GET /shipments/{shipmentId}', field: ['carrier', oneOf('nordkap', 'hansa', 'bote')] },
  { operation: 'orders POST /orders/{orderId}/returns', call: 'notifications POST /messages' },
]

/** Of the day with the scenario `release`. */
const late: readonly Change[] = [
  { operation: 'payments GET /payments/{paymentId}', field: ['settledAt', past] },
  { operation: 'shipping GET /shipments', query: ['direction', optional(oneOf('in', 'out'), 0.5)] },
  { operation: 'payments POST /payments/{paymentId}/refunds', call: 'shipping POST /labels' },
]

export interface Release {
  readonly time: string
  readonly operation: string
  /** `response field loyaltyTier`, `query since`, `call catalogue GET /stock/{stockId}`. */
  readonly adds: string
}

export interface Releases {
  /** The operation as it is at that time. */
  at(operation: Operation, timeMs: number): Operation
  readonly list: readonly Release[]
}

/** Releases with which services do something that they did not do before, and nothing is wrong with it. */
export function createReleases(
  random: Random,
  { startMs, days, lateDay }: { readonly startMs: number; readonly days: number; readonly lateDay: number | null },
): Releases {
  const all = [
    // The first day is as the world was made, and the last one shows what there is.
    ...early.map(change => ({ change, timeMs: startMs + DAY * (1 + random.next() * Math.max(0, days - 3)) })),
    ...(lateDay === null
      ? []
      : late.map((change, n) => ({ change, timeMs: startMs + lateDay * DAY + (10 + n) * 3_600_000 }))),
  ]
    .filter(({ timeMs }) => timeMs < startMs + (days - 0.5) * DAY || lateDay !== null)
    .sort((a, b) => a.timeMs - b.timeMs)
  const byOperation = Map.groupBy(all, ({ change }) => change.operation)
  const made = new Map<Change, Operation>()
  return {
    at(operation, timeMs) {
      const changes = byOperation.get(operation.id)
      if (changes === undefined) return operation
      let now = operation
      for (const { change, timeMs: fromMs } of changes) {
        if (timeMs < fromMs) continue
        let next = made.get(change)
        if (next === undefined) made.set(change, (next = changed(operationNamed(operation.id), change)))
        now = next
      }
      return now
    },
    list: all.map(({ change, timeMs }) => ({
      time: new Date(timeMs).toISOString(),
      operation: change.operation,
      adds:
        change.field !== undefined
          ? `response field ${change.field[0]}`
          : change.query !== undefined
            ? `query ${change.query[0]}`
            : `call ${change.call ?? ''}`,
    })),
  }
}

/** Each operation has one change at most, so that they need not be put together. */
function changed(operation: Operation, { field, query, call }: Change): Operation {
  const { answer } = operation
  return operationOf(operation.service, operation.method, operation.template, {
    ...operation,
    ...(field === undefined || answer === undefined
      ? {}
      : { answer: object({ ...(answer as ObjectShape).fields, [field[0]]: optional(field[1], 0.9) }) }),
    ...(query === undefined ? {} : { query: { ...operation.query, [query[0]]: query[1] } }),
    ...(call === undefined ? {} : { calls: [...(operation.calls ?? []), call] }),
  })
}
