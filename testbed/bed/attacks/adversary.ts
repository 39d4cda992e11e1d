import { services } from '../estate.ts'
import { makePerson, type Person } from '../person.ts'
import type { Actor } from '../actor.ts'
import type { AttackClass, Stage } from './stage.ts'

const session = [
  'catalogue GET /products/{productId}',
  'orders GET /orders',
  'orders GET /orders/{orderId}',
  'payments GET /payments',
  'notifications GET /messages',
] as const

/** An account takes data of others: what is hidden by the means below. */
function harvest(stage: Stage, actor: Actor, fromMs: number, send: (timeMs: number, owner: Person) => void): void {
  let timeMs = fromMs
  for (let n = stage.between({ dev: [12, 20], acceptance: [8, 24] }); n > 0; n--) {
    timeMs += Math.floor(stage.random.around(5_000, 0.5)) + 100
    const owner = stage.somebody()
    if (owner !== actor.person) send(timeMs, owner)
  }
}

/** Who knows how the product learns, and works around it. */
export const adversary: AttackClass = {
  name: 'adversary',
  variants: {
    // Shapes, names and addresses without end, so that what is remembered of others is lost; then the attack.
    chaff(stage) {
      const count = stage.between({ dev: [600, 900], acceptance: [500, 1_200] })
      const fromMs = stage.begin(3_600_000)
      for (let n = 0; n < count; n++) {
        const timeMs = fromMs + n * 1_000 + stage.random.below(900)
        const noise = stage.actor(timeMs, { kind: 'nobody', proof: 'none' })
        const { random } = stage
        if (random.chance(0.5))
          stage.raw(timeMs, noise, {
            service: random.pick(services).name,
            method: 'GET',
            path: `/${random.hex(6)}/${random.hex(6)}`,
          })
        else
          stage.send(timeMs, noise, 'search GET /search', {
            bend: {
              query: { q: random.hex(12), [`p${random.hex(4)}`]: random.hex(4) },
              headers: { [`x-${random.hex(5)}`]: random.hex(6) },
            },
          })
      }
      const actor = stage.actor(fromMs)
      harvest(stage, actor, fromMs + count * 1_000, (timeMs, owner) =>
        stage.send(timeMs, actor, 'orders GET /orders/{orderId}', {
          ids: { orderId: stage.idOf('orderId', owner) },
          bend: { owner },
        }),
      )
    },
    // The same trace and span ids for everything, and ids that belong to nobody's trace.
    'forged-trace'(stage) {
      const fromMs = stage.begin(1_800_000)
      const actor = stage.actor(fromMs)
      const [traceId, spanId] = [stage.random.hex(32), stage.random.hex(16)]
      harvest(stage, actor, fromMs, (timeMs, owner) =>
        stage.send(timeMs, actor, 'accounts GET /users/{userId}', {
          ids: { userId: stage.idOf('userId', owner) },
          bend: { owner },
          trail: stage.random.chance(0.7)
            ? { traceId, parentId: spanId }
            : { traceId: stage.random.hex(32), parentId: '0000000000000000' },
        }),
      )
    },
    // Recorded by a node whose clock is wrong, forward and back.
    'time-jumps'(stage) {
      const fromMs = stage.begin(1_800_000)
      const actor = stage.actor(fromMs)
      const far = stage.between({ dev: [3, 9], acceptance: [2, 20] }) * 3_600_000
      harvest(stage, actor, fromMs, (timeMs, owner) =>
        stage.send(timeMs, actor, 'payments GET /payments/{paymentId}', {
          ids: { paymentId: stage.idOf('paymentId', owner) },
          bend: { owner, skewMs: stage.random.pick([-far, 0, far, 40 * 86_400_000]) },
        }),
      )
    },
    // An honest session, recorded and played again from elsewhere: same calls, ids and pace.
    'replayed-session'(stage) {
      const { world } = stage.parts.day
      const fromMs = stage.begin(5_400_000)
      const person = stage.somebody()
      const honest = stage.actor(fromMs, { person, address: world.addressOf(person), forged: null })
      const thief = stage.actor(fromMs, { person, agent: honest.agent })
      const ids = Object.fromEntries(['orderId', 'productId'].map(name => [name, stage.idOf(name, person)]))
      const times = stage.between({ dev: [3, 5], acceptance: [2, 6] })
      const gaps = session.map(() => Math.floor(stage.random.around(7_000, 0.6)) + 300)
      for (let round = 0; round <= times; round++) {
        let timeMs = fromMs + round * stage.between({ dev: [300_000, 600_000], acceptance: [120_000, 800_000] })
        for (const [n, step] of session.entries()) {
          timeMs += gaps[n] as number
          if (round === 0) stage.send(timeMs, honest, step, { ids, honest: true })
          else stage.send(timeMs, thief, step, { ids })
        }
      }
    },
    // The end of a slow drift: what grew a little every day of training (see training.ts) and is now a harvest.
    'slow-drift'(stage) {
      const fromMs = stage.begin(3_600_000)
      const actor = stage.actor(fromMs, { person: makePerson(stage.parts.day.world.random.fork('drifter')) })
      let timeMs = fromMs
      for (let n = stage.between({ dev: [60, 90], acceptance: [50, 110] }); n > 0; n--) {
        timeMs += Math.floor(stage.random.around(12_000, 0.5)) + 100
        stage.send(timeMs, actor, 'accounts GET /members/{memberNumber}', {
          ids: { memberNumber: stage.random.between(100_000, 999_999) },
          bend: { owner: stage.somebody() },
        })
      }
    },
  },
}
