import type { AttackClass, Stage } from './stage.ts'

const reads = [
  'orders GET /orders',
  'orders GET /orders/{orderId}',
  'accounts GET /users/{userId}',
  'accounts GET /users/{userId}/addresses',
  'payments GET /payments',
  'payments GET /payment-methods',
  'notifications GET /messages',
  'shipping GET /shipments',
] as const

/** The owner and the thief use one and the same token, in turns. */
function together(
  stage: Stage,
  words: { readonly calls: number; readonly gapMs: number; readonly sameAgent: boolean },
): void {
  const { world } = stage.parts.day
  let timeMs = stage.begin(words.calls * words.gapMs * 3)
  const owner = stage.somebody()
  const honest = stage.actor(timeMs, { person: owner, address: world.addressOf(owner), forged: null })
  const thief = stage.actor(timeMs, { person: owner, ...(words.sameAgent ? { agent: honest.agent } : {}) })
  for (let n = 0; n < words.calls; n++) {
    timeMs += Math.floor(stage.random.around(words.gapMs, 0.6)) + 100
    stage.send(timeMs, honest, stage.random.pick(reads), { honest: true })
    timeMs += Math.floor(stage.random.around(words.gapMs, 0.6)) + 100
    stage.send(timeMs, thief, stage.random.pick(reads))
  }
}

/** One token from two networks at once. */
export const tokenReplay: AttackClass = {
  name: 'token-replay',
  variants: {
    'other-agent'(stage) {
      together(stage, {
        calls: stage.between({ dev: [6, 12], acceptance: [4, 16] }),
        gapMs: stage.between({ dev: [6_000, 15_000], acceptance: [3_000, 40_000] }),
        sameAgent: false,
      })
    },
    'same-agent'(stage) {
      together(stage, {
        calls: stage.between({ dev: [6, 12], acceptance: [4, 16] }),
        gapMs: stage.between({ dev: [6_000, 15_000], acceptance: [3_000, 40_000] }),
        sameAgent: true,
      })
    },
  },
}
