import type { AttackClass, Stage } from './stage.ts'

const purchase = [
  'catalogue GET /products/{productId}',
  'carts POST /carts',
  'carts POST /carts/{cartId}/lines',
  'carts GET /carts/{cartId}',
  'carts GET /carts/{cartId}/totals',
  'carts POST /carts/{cartId}/voucher',
  'carts POST /carts/{cartId}/checkout',
] as const
const returning = [
  'orders GET /orders',
  'orders GET /orders/{orderId}',
  'orders POST /orders/{orderId}/returns',
  'orders GET /returns',
  'orders GET /returns/{returnId}',
  'orders POST /returns/{returnId}/adjustments',
] as const
const ends = ['carts POST /carts/{cartId}/checkout', 'orders POST /returns/{returnId}/adjustments'] as const

function walk(stage: Stage, steps: readonly string[], gapMs: number): void {
  let timeMs = stage.begin(steps.length * gapMs * 3)
  const actor = stage.actor(timeMs)
  const ids = idsOf(stage, actor.person)
  for (const step of steps) {
    timeMs += Math.floor(stage.random.around(gapMs, 0.5)) + 150
    stage.send(timeMs, actor, step, { ids })
  }
}

/** One basket and one order through the whole session. */
function idsOf(stage: Stage, person: Parameters<Stage['idOf']>[1]): Record<string, string | number> {
  return Object.fromEntries(['cartId', 'orderId', 'returnId'].map(variable => [variable, stage.idOf(variable, person)]))
}

/** Steps of a session that a program makes and the shop's own pages do not: left out, again and again, the wrong way round. */
export const clientSequence: AttackClass = {
  name: 'client-sequence',
  variants: {
    skipped(stage) {
      const end = stage.random.pick(ends)
      walk(
        stage,
        Array.from({ length: stage.between({ dev: [3, 5], acceptance: [2, 6] }) }, () => end),
        9_000,
      )
    },
    replayed(stage) {
      const steps = stage.random.pick([purchase, returning])
      const again = steps.at(-2) as string
      const times = stage.between({ dev: [6, 12], acceptance: [5, 18] })
      walk(stage, [...steps.slice(0, -1), ...Array.from({ length: times }, () => again)], 2_500)
    },
    reordered(stage) {
      const steps = stage.random.pick([purchase, returning]).toReversed()
      const rounds = stage.between({ dev: [2, 3], acceptance: [1, 3] })
      walk(stage, Array.from({ length: rounds }, () => steps).flat(), 6_000)
    },
  },
}
