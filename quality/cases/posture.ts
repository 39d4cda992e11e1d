import { assess } from '../../src/insight/posture/assess.ts'
import { caseFiles, loadCaseConfig } from '../../test/support/posture-cases.ts'
import { learn } from '../posture/learnt.ts'
import { falseMust, foundMust, type Judged, measure, type Truth } from '../posture/measure.ts'
import { weaknesses, type SeededWeakness } from '../posture/weaknesses.ts'
import { authored, soundWorld, type World } from '../posture/world.ts'
import type { QualityCase } from '../quality-case.ts'
import { type Seeded, seeded } from '../traffic/seeded.ts'

/** How often each weakness is put in, where it can be put into an operation. */
const times = 2

/** The world of the figures, and the one that nothing was looked at on. */
const worlds = { 'posture-found': 'orchard', 'posture-found-held-out': 'breakwater' } as const

/** Weaknesses put into generated worlds, and what is said of the operations that none was put into. */
export const posture: readonly QualityCase[] = Object.entries(worlds).map(([name, seed]) => ({
  name,
  what: `seeded weaknesses under the four headings found${name.endsWith('held-out') ? ', held-out seed' : ''}; false findings in the note`,
  must: `≥ ${foundMust}, ≤ ${falseMust} false per 20 sound operations`,
  aim: '1.00, 0',
  method: `Ten generated services with 150 sound operations: TLS, tokens, scopes, limits, closed schemas, complete documents, public reading beside them; two weeks of calls, with the forged tokens,
guesses and scans that every API gets, through the reducer and the inventory as live traffic goes. Into each of two copies ${weaknesses.length} kinds of weakness are put, each into an operation of its own (seed \`${seed}\`). One counts as found when a rule for it speaks about that
operation, its route, or the listener, service or gateway that was made weak. Any finding about an operation, route, listener or service that nothing was put into is false, in these copies and in the sound one.`,
  run: async () => {
    const files = caseFiles()
    const sound = await judged(seed, files, () => [])
    const rounds = await Promise.all(
      Array.from({ length: times }, (_, round) =>
        judged(`${seed} ${round}`, files, (world, random) => put(world, random, round)),
      ),
    )
    return measure([sound, ...rounds])
  },
}))

async function judged(
  seed: string,
  files: Readonly<Record<string, string>>,
  weaken: (world: World, random: Seeded) => readonly Truth[],
): Promise<Judged> {
  const random = seeded(seed)
  const world = soundWorld(random)
  const truths = weaken(world, random)
  const config = await loadCaseConfig(authored(world), files)
  if (config === null) throw new Error('no configuration')
  const inventory = learn(world, config, random)
  const assessment = assess({
    config,
    operations: inventory.operations(),
    documents: inventory.documents(),
    imported: [],
    suppressions: [],
    // The test certificates are made on the day.
    now: Date.now(),
  })
  const touched = new Set(truths.flatMap(({ subjects }) => subjects))
  const soundOperations = world.operations.filter(
    one => !touched.has(`${one.service} ${one.method} ${one.template}`),
  ).length
  return { truths, assessment, touched, soundOperations }
}

/** Each kind into an operation that nothing else was put into; those of listeners and the gateway once. */
function put(world: World, random: Seeded, round: number): Truth[] {
  const free = new Set(world.operations)
  // What few operations can take goes first.
  const choices = (one: SeededWeakness) => world.operations.filter(operation => one.suits(operation)).length
  return weaknesses
    .toSorted((a, b) => choices(a) - choices(b))
    .map((one, turn) => {
      const fitting = [...free].filter(operation => one.suits(operation))
      const operation = fitting[(random.below(fitting.length) + round + turn) % fitting.length]
      if (operation === undefined) throw new Error(`no operation is left for ${one.name}`)
      free.delete(operation)
      const others = one.put(operation, world, random)
      const subjects = [
        `${operation.service} ${operation.method} ${operation.template}`,
        `route ${operation.route.name}`,
        ...others,
      ]
      return { name: one.name, heading: one.heading, rules: one.accepts, subjects }
    })
}
