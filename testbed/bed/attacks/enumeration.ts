import type { Actor } from '../actor.ts'
import type { AttackClass, Stage } from './stage.ts'

/** Ids that follow one another, or can be guessed. */
const numbered = [
  ['accounts GET /members/{memberNumber}', 'memberNumber', [100_000, 999_000]],
  ['shipping GET /parcels/{parcelNumber}/recipient', 'parcelNumber', [100_000, 9_000_000]],
  ['orders GET /orders/{orderId}', 'orderId', [1_000_000, 9_000_000]],
] as const
const coded = [
  ['carts GET /vouchers/{voucher}', 'voucher', (stage: Stage) => `GIFT-${letters(stage, 4)}-${digits(stage, 4)}`],
  [
    'shipping GET /tracking/{trackingCode}',
    'trackingCode',
    (stage: Stage) => `NK${digits(stage, 1)}${letters(stage, 3)}${digits(stage, 1)}${letters(stage, 3)}`,
  ],
  [
    'shipping GET /recipients/{trackingCode}',
    'trackingCode',
    (stage: Stage) => `NK${digits(stage, 1)}${letters(stage, 3)}${digits(stage, 1)}${letters(stage, 3)}`,
  ],
] as const

function letters({ random }: Stage, count: number): string {
  return Array.from({ length: count }, () => random.pick([...'0123456789ABCDEFGHJKMNPQRSTVWXYZ'])).join('')
}

function digits({ random }: Stage, count: number): string {
  return String(random.below(10 ** count)).padStart(count, '0')
}

interface Walk {
  readonly count: number
  readonly gapMs: number
  readonly addresses: number
}

function walk(stage: Stage, { count, gapMs, addresses }: Walk, ids: 'numbered' | 'coded'): void {
  let timeMs = stage.begin(count * gapMs * 1.4)
  const first = stage.actor(timeMs)
  const actors: Actor[] = [first]
  while (actors.length < addresses) actors.push(stage.actor(timeMs, { person: stage.stranger() }))
  const numbers = stage.random.pick(numbered)
  const codes = stage.random.pick(coded)
  const hits = stage.between({ dev: [3, 8], acceptance: [1, 12] }) / 100
  let next = stage.random.between(numbers[2][0], numbers[2][1])
  for (let n = 0; n < count; n++) {
    timeMs += Math.max(20, Math.floor(stage.random.around(gapMs, 0.3)))
    const [operation, name] = ids === 'numbered' ? numbers : codes
    const id = ids === 'numbered' ? next++ : codes[2](stage)
    // Most ids are nobody's; the others are answered with what belongs to somebody.
    const bend = stage.random.chance(hits) ? { owner: stage.somebody() } : { status: 404 }
    stage.send(timeMs, actors[n % actors.length] as Actor, operation, { ids: { [name]: id }, bend })
  }
}

/** One id after the other, until one is somebody's. */
export const enumeration: AttackClass = {
  name: 'enumeration',
  variants: {
    sequential(stage) {
      walk(
        stage,
        {
          count: stage.between({ dev: [120, 200], acceptance: [80, 300] }),
          gapMs: stage.between({ dev: [150, 600], acceptance: [80, 2_000] }),
          addresses: 1,
        },
        'numbered',
      )
    },
    dictionary(stage) {
      walk(
        stage,
        {
          count: stage.between({ dev: [120, 200], acceptance: [80, 300] }),
          gapMs: stage.between({ dev: [150, 600], acceptance: [80, 2_000] }),
          addresses: 1,
        },
        'coded',
      )
    },
    slow(stage) {
      walk(
        stage,
        {
          count: stage.between({ dev: [60, 90], acceptance: [45, 110] }),
          gapMs: stage.between({ dev: [60_000, 150_000], acceptance: [60_000, 240_000] }),
          addresses: 1,
        },
        stage.random.pick(['numbered', 'coded']),
      )
    },
    spread(stage) {
      walk(
        stage,
        {
          count: stage.between({ dev: [150, 250], acceptance: [120, 300] }),
          gapMs: stage.between({ dev: [800, 3_000], acceptance: [500, 6_000] }),
          addresses: stage.between({ dev: [15, 30], acceptance: [10, 50] }),
        },
        stage.random.pick(['numbered', 'coded']),
      )
    },
  },
}
