import type { AttackClass } from './stage.ts'

const cheap = [
  'search GET /search',
  'catalogue GET /products',
  'search GET /search/suggestions',
  'payments GET /exchange-rates',
  'shipping GET /rates',
] as const
const dear = [
  'search POST /search/advanced',
  'search GET /search/nearby',
  'catalogue GET /products',
  'notifications GET /topics/{topicName}/posts',
] as const

/** So many, so dear or so slow calls that a service has no time for others. */
export const denialOfService: AttackClass = {
  name: 'denial-of-service',
  variants: {
    flood(stage) {
      const perSecond = stage.between({ dev: [15, 30], acceptance: [8, 40] })
      const seconds = stage.between({ dev: [30, 45], acceptance: [25, 60] })
      const fromMs = stage.begin(seconds * 1_000)
      const actor = stage.actor(fromMs, { kind: 'nobody', proof: 'none' })
      const operation = stage.random.pick(cheap)
      for (let n = 0; n < perSecond * seconds; n++)
        stage.send(fromMs + stage.random.below(seconds * 1_000), actor, operation)
    },
    'flood-spread'(stage) {
      const perSecond = stage.between({ dev: [15, 30], acceptance: [10, 40] })
      const seconds = stage.between({ dev: [30, 45], acceptance: [25, 60] })
      const fromMs = stage.begin(seconds * 1_000)
      const actors = Array.from({ length: stage.between({ dev: [15, 30], acceptance: [10, 60] }) }, () =>
        stage.actor(fromMs, { kind: 'nobody', proof: 'none' }),
      )
      const operation = stage.random.pick(cheap)
      for (let n = 0; n < perSecond * seconds; n++)
        stage.send(fromMs + stage.random.below(seconds * 1_000), stage.random.pick(actors), operation)
    },
    // Few calls, each of which keeps the service busy for seconds.
    expensive(stage) {
      const count = stage.between({ dev: [25, 40], acceptance: [15, 60] })
      const gapMs = stage.between({ dev: [1_500, 4_000], acceptance: [1_000, 9_000] })
      let timeMs = stage.begin(count * gapMs * 2)
      const actor = stage.actor(timeMs, { kind: 'nobody', proof: 'none' })
      const operation = stage.random.pick(dear)
      for (let n = 0; n < count; n++) {
        timeMs += Math.floor(stage.random.around(gapMs, 0.3))
        const workMs = stage.between({ dev: [2_000, 6_000], acceptance: [1_000, 12_000] })
        stage.send(timeMs, actor, operation, { bend: { workMs } })
      }
    },
    // Slow readers and writers, who keep connections rather than the service.
    slow(stage) {
      const count = stage.between({ dev: [30, 50], acceptance: [20, 80] })
      const lasts = stage.between({ dev: [120_000, 300_000], acceptance: [90_000, 900_000] })
      const fromMs = stage.begin(lasts + 60_000)
      const actor = stage.actor(fromMs, { kind: 'nobody', proof: 'none' })
      const operation = stage.random.pick([...cheap, ...dear])
      for (let n = 0; n < count; n++) {
        const clientMs = stage.between({ dev: [15_000, 50_000], acceptance: [8_000, 55_000] })
        stage.send(fromMs + stage.random.below(lasts), actor, operation, { bend: { clientMs } })
      }
    },
  },
}
