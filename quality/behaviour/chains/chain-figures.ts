import { learnItems, type Learnt, scoreOf } from '../../../src/insight/behaviour/calibration.ts'
import { vectors } from '../../../src/insight/behaviour/families/vectors/vectors.ts'
import { spans } from '../../../src/insight/behaviour/families/spans/spans.ts'
import type { Family, FileLine } from '../../../src/insight/behaviour/model.ts'
import { tuneItems } from '../../../src/insight/behaviour/tune.ts'
import { type Seeded, seeded } from '../../traffic/seeded.ts'
import { type Call, type ChainSystem, createChainSystem, type Fault } from './chain-system.ts'
import type { Spread } from './delays.ts'
import { edgesOf, spanLinesOf } from './made-items.ts'

/** A made system, and which of its traces are learnt and judged. */
export interface Run {
  readonly format: 'vectors' | 'spans'
  readonly seed: string
  readonly spread: Spread
  readonly drift: number
  readonly learnt: number
  readonly normal: number
  readonly faulty: number
}

export interface RunFigures {
  readonly f1: number
  /** Share of normal traces judged abnormal. */
  readonly alarms: number
  /** Share of faulty traces judged abnormal, by fault. */
  readonly recall: Readonly<Record<Fault, number>>
}

/** As the TrainTicket data have it: four in five faults change the calls, one only the times. */
const faults: readonly Fault[] = ['slow', 'cut', 'cut', 'extra', 'cut']

/** Learns the first half of a run's time and judges the second, at each budget. */
export async function figuresOf(run: Run, budgets: readonly number[]): Promise<RunFigures[]> {
  return run.format === 'vectors' ? figures(vectors, run, budgets) : figures(spans, run, budgets)
}

async function figures<Item>(family: Family<Item>, run: Run, budgets: readonly number[]): Promise<RunFigures[]> {
  const { training, benign, broken } = await itemsOfRun(family, run)
  return budgets.map(budget => judged(learnItems(family, training, budget), benign, broken))
}

/** The same run learnt without and with one hidden faulty trace in a hundred, and with three of these labelled. None of the hidden ones is judged. */
export interface PoisonedFigures {
  readonly clean: RunFigures
  readonly poisoned: RunFigures
  readonly labelled: RunFigures
}

export async function poisonedFiguresOf(run: Run, budget: number): Promise<PoisonedFigures> {
  return run.format === 'vectors' ? poisonedFigures(vectors, run, budget) : poisonedFigures(spans, run, budget)
}

async function poisonedFigures<Item>(family: Family<Item>, run: Run, budget: number): Promise<PoisonedFigures> {
  const { training, benign, broken } = await itemsOfRun(family, run)
  const count = Math.round(training.length / 99)
  const hidden = broken.slice(0, count)
  const rest = broken.slice(count)
  // Spread evenly over the time.
  const mixed = training.flatMap((item, i) =>
    i % 99 === 50 && i < 99 * count ? [item, hidden[(i - 50) / 99] as Item] : [item],
  )
  const three = [0.2, 0.5, 0.8].map(share => hidden[Math.floor(share * hidden.length)] as Item)
  const labels = new Map(three.map(item => [String(family.id(item)), 'abnormal' as const]))
  const from = count % faults.length
  return {
    clean: judged(learnItems(family, training, budget), benign, rest, from),
    poisoned: judged(learnItems(family, mixed, budget), benign, rest, from),
    labelled: judged(tuneItems(family, mixed, { labels, budget }).learnt, benign, rest, from),
  }
}

async function itemsOfRun<Item>(
  family: Family<Item>,
  run: Run,
): Promise<{ readonly training: readonly Item[]; readonly benign: readonly Item[]; readonly broken: readonly Item[] }> {
  const { seed, spread, drift, learnt, normal, faulty } = run
  const system = createChainSystem({ seed, spread, structures: 21, callsMax: 60, drift })
  const random = seeded(`traces ${seed} ${spread}`)
  const made = (count: number, name: string, trace: (i: number) => Call): Promise<Item[]> =>
    itemsOf(family, run.format, count, name, trace)
  const training = await made(learnt, 'train', i => system.normal(random, (0.5 * i) / learnt))
  const benign = await made(normal, 'normal', i => system.normal(random, 0.5 + (0.5 * i) / normal))
  const broken = await made(faulty, 'faulty', i => faultyTrace(system, random, i, faulty))
  return { training, benign, broken }
}

function faultyTrace(system: ChainSystem, random: Seeded, i: number, of: number): Call {
  return system.faulty(random, 0.5 + (0.5 * i) / of, faults[i % faults.length] as Fault)
}

async function itemsOf<Item>(
  family: Family<Item>,
  format: Run['format'],
  count: number,
  name: string,
  trace: (i: number) => Call,
): Promise<Item[]> {
  async function* lines(): AsyncGenerator<FileLine> {
    for (let i = 0; i < count; i++) {
      const id = `${name}-${i}`
      if (format === 'vectors') yield { text: JSON.stringify({ id, edges: edgesOf(trace(i), true) }), number: i + 1 }
      else
        for (const text of spanLinesOf(trace(i), id, 1_700_000_000_000_000 + i * 1_000_000))
          yield { text, number: i + 1 }
    }
  }
  const items: Item[] = []
  const refuse = (line: number, why: string): never => {
    throw new Error(`trace ${line}: ${why}`)
  }
  for await (const item of family.read(lines(), refuse)) items.push(item)
  if (items.length !== count) throw new Error(`${items.length} items of ${count} traces`)
  return items
}

/** `from`: the place of the first broken one in the list of faults. */
function judged<Item>(
  { model, calibration }: Learnt<Item>,
  benign: readonly Item[],
  broken: readonly Item[],
  from = 0,
): RunFigures {
  const isAlarm = (item: Item): boolean => scoreOf(calibration, model.judge(item)).score > calibration.threshold
  const alarms = benign.filter(isAlarm).length
  const found = broken.map(isAlarm)
  const hits = found.filter(Boolean).length
  const recall = (fault: Fault): number => {
    const of = found.filter((_, i) => faults[(from + i) % faults.length] === fault)
    return of.filter(Boolean).length / of.length
  }
  return {
    f1: (2 * hits) / (hits + alarms + broken.length),
    alarms: alarms / benign.length,
    recall: { slow: recall('slow'), cut: recall('cut'), extra: recall('extra') },
  }
}
