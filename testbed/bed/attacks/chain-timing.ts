import { type Bending, operationNamed } from '../calls.ts'
import type { AttackClass, Played, Stage } from './stage.ts'

const entries = [
  'carts GET /carts/{cartId}/totals',
  'carts POST /carts/{cartId}/lines',
  'orders POST /orders/{orderId}/returns',
  'orders POST /orders/{orderId}/cancellation',
  'accounts POST /register',
] as const

function visits(stage: Stage, bentOf: (entry: string) => Pick<Played, 'bend' | 'below'>): void {
  const lasts = stage.between({ dev: [1_200_000, 3_600_000], acceptance: [600_000, 7_200_000] })
  const fromMs = stage.begin(lasts)
  const entry = stage.random.pick(entries)
  const count = stage.between({ dev: [6, 12], acceptance: [5, 16] })
  const bent = bentOf(entry)
  for (let i = 0; i < count; i++) {
    const timeMs = fromMs + stage.random.below(lasts)
    const person = stage.somebody()
    const actor = stage.actor(timeMs, { person, address: stage.parts.day.world.addressOf(person), forged: null })
    stage.send(timeMs, actor, entry, bent)
  }
}

/** The calls are the usual ones, and take longer: somebody listens, copies or decrypts on the way. */
export const chainTiming: AttackClass = {
  name: 'chain-timing',
  inside: true,
  chain: true,
  variants: {
    'slow-callee'(stage) {
      const workMs = stage.between({ dev: [120, 400], acceptance: [60, 900] })
      visits(stage, entry => ({ below: belowOf(entry, { workMs }) }))
    },
    'slow-self'(stage) {
      const workMs = stage.between({ dev: [120, 400], acceptance: [60, 900] })
      visits(stage, () => ({ bend: { workMs } }))
    },
    // A little everywhere: a detour of all calls through one more hop.
    detour(stage) {
      const workMs = stage.between({ dev: [35, 80], acceptance: [25, 150] })
      visits(stage, entry => ({ bend: { workMs }, below: belowOf(entry, { workMs }) }))
    },
  },
}

function belowOf(entry: string, bend: Bending): Record<string, Bending> {
  return Object.fromEntries((operationNamed(entry).calls ?? []).map(id => [id, bend]))
}
