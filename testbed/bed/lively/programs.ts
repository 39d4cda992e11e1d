import type { Actor } from '../actor.ts'
import { operationNamed } from '../calls.ts'
import { serviceNamed } from '../estate.ts'
import type { DayParts } from '../offline.ts'
import { makePerson } from '../person.ts'
import type { Step } from '../steps.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Jobs, crawlers and watchers: many calls at their own hours, and nothing wrong with any. */
export function programSteps(parts: DayParts): Step[] {
  const { random, startMs, world, cluster } = parts.day
  const steps: Step[] = []
  const chance = random.fork('programs')
  const person = makePerson(world.random.fork('partner'))
  const monday = new Date(startMs).getUTCDay() === 1

  const run = (
    actor: Actor | ((timeMs: number) => Actor),
    name: string,
    words: {
      readonly fromMs: number
      readonly gapMs: number
      readonly count: number
      readonly operation: string
      readonly query?: (n: number) => Readonly<Record<string, string>>
    },
  ): void => {
    const own = chance.fork(name)
    let timeMs = startMs + words.fromMs + own.below(4 * MINUTE)
    for (let n = 0; n < words.count; n++) {
      timeMs += Math.max(1, Math.floor(own.around(words.gapMs, 0.2)))
      const [at, random] = [timeMs, own.fork(String(n))]
      const bend = words.query === undefined ? {} : { bend: { query: words.query(n) } }
      const who = typeof actor === 'function' ? actor : () => actor
      steps.push({
        timeMs: at,
        run: () => parts.sender.send(who(at), operationNamed(words.operation), { ...bend, timeMs: at, random }),
      })
    }
  }
  const program = (kind: Actor['kind'], name: string, address: string, agent: string): Actor => ({
    kind,
    name,
    person,
    address,
    agent,
    forged: null,
    proof: 'good',
  })
  const partner = (name: string, last: number): Actor => program('partner', name, `192.0.2.${last}`, 'partner-sync/2.3')
  const workload =
    (name: string) =>
    (timeMs: number): Actor => {
      const [pod] = cluster.at(name, timeMs)
      return program('service', name, pod?.address ?? '', `${serviceNamed(name).name}/1.${pod?.release ?? 0}`)
    }
  const page = (n: number): Record<string, string> => ({ page: String(n + 1) })

  // What partners fetch at night, page by page.
  run(partner('marktplatz', 240), 'orders', {
    fromMs: 2 * HOUR,
    gapMs: 350,
    count: chance.between(32, 44),
    operation: 'orders GET /partner/orders',
    query: page,
  })
  run(partner('marktplatz', 240), 'shipments', {
    fromMs: 2 * HOUR + 20 * MINUTE,
    gapMs: 300,
    count: chance.between(24, 34),
    operation: 'shipping GET /partner/shipments',
    query: page,
  })
  run(partner('vergleich', 242), 'feed', {
    fromMs: 3 * HOUR,
    gapMs: 500,
    count: chance.between(36, 40),
    operation: 'catalogue GET /catalogue/feed',
    query: page,
  })
  if (monday)
    run(partner('kontor', 244), 'manifests', {
      fromMs: 5 * HOUR,
      gapMs: 900,
      count: chance.between(50, 70),
      operation: 'shipping GET /partner/manifests',
    })
  run(program('operator', '', '192.0.2.10', 'curl/8.18.0'), 'reports', {
    fromMs: 3 * HOUR + 30 * MINUTE,
    gapMs: 2_000,
    count: 12,
    operation: 'payments GET /admin/reports',
    query: n => ({ month: String(n + 1) }),
  })
  run(workload('catalogue'), 'index', {
    fromMs: 4 * HOUR,
    gapMs: 120,
    count: chance.between(130, 170),
    operation: 'search POST /index/documents',
  })
  run(workload('orders'), 'digest', {
    fromMs: 6 * HOUR,
    gapMs: 400,
    count: chance.between(100, 140),
    operation: 'notifications POST /messages',
  })
  run(program('nobody', '', '192.0.2.66', 'uptime/1.9'), 'uptime', {
    fromMs: 0,
    gapMs: 5 * MINUTE,
    count: 280,
    operation: 'orders GET /calendar',
  })
  for (let n = 0; n < 3; n++)
    run(program('nobody', '', `192.0.2.${80 + n}`, 'Mozilla/5.0 (compatible; FindBot/4.1)'), `crawler/${n}`, {
      fromMs: chance.between(1, 21) * HOUR,
      gapMs: 2_500,
      count: chance.between(60, 140),
      operation: 'catalogue GET /products/{productId}',
    })
  return steps
}
