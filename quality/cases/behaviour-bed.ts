import { type MeasuredBed, type TrainedBed, trainBed } from '../behaviour/bed/measured-bed.ts'
import { recallByClass } from '../behaviour/bed/score.ts'
import type { QualityCase } from '../quality-case.ts'

/** No detector was looked at with these. */
const seed = 73_417
const days = 14
/** A full bed has about half a million calls to learn from, more than the machine has time for. */
const visits = 0.4

const world = `The test bed (\`testbed/bed\`, seed ${seed}, ${visits * 100} of 100 visits), ${days} days of training without labels, then a day with every variant of every attack class from the internet, from a pod and under a forged
header, with the parameters kept for acceptance. Detectors run with their defaults: one false alarm in 10,000 requests over all of them. An anomaly is false when none of its reports names a call, a caller or (where it
names no caller) an operation of an attack that was going on.`

const trained = new Map<number, Promise<TrainedBed>>()
const measured = new Map<string, Promise<MeasuredBed>>()

function bed({ sale = false, poison = 0 }: { readonly sale?: boolean; readonly poison?: number } = {}) {
  let training = trained.get(poison)
  if (training === undefined)
    trained.set(poison, (training = trainBed({ seed, days, visits, attacks: 'acceptance', poison })))
  const key = `${poison} ${sale}`
  let made = measured.get(key)
  if (made === undefined) measured.set(key, (made = training.then(learnt => learnt.measure(sale))))
  return made
}

/** The class that is found worst; attacks of an adversary who knows the product are told beside it. */
function worst({ caught }: MeasuredBed): { readonly recall: number; readonly note: string } {
  const classes = [...recallByClass(caught)].map(([name, [found, of]]) => ({ name, found, of }))
  const judged = classes.filter(({ name }) => name !== 'adversary')
  return {
    recall: Math.min(...judged.map(({ found, of }) => found / of)),
    note: classes.map(({ name, found, of }) => `${name} ${found}/${of}`).join(', '),
  }
}

function perTenThousand({ falseAlarms, benign }: MeasuredBed): number {
  return (falseAlarms.length / benign) * 10_000
}

function detectorsOf({ falseAlarms }: MeasuredBed): string {
  const counts = Object.entries(Object.groupBy(falseAlarms, ({ detector }) => detector))
  return counts.map(([name, list = []]) => `${name} ${list.length}`).join(', ') || 'none'
}

/** What detectors find on the bed. */
export const behaviourBed: readonly QualityCase[] = [
  {
    name: 'behaviour-bed-recall',
    what: 'bed, unseen seed: attacks found, of the class that is found worst',
    must: '≥ 0.9',
    aim: '1.0',
    method: world,
    async run() {
      const result = await bed()
      const { recall, note } = worst(result)
      return { value: recall, of: result.caught.length, holds: recall >= 0.9, note }
    },
  },
  {
    name: 'behaviour-bed-false-alarms',
    what: 'the same: false alarms in 10,000 benign requests',
    must: '≤ 1',
    aim: '',
    method: world,
    async run() {
      const result = await bed()
      const value = perTenThousand(result)
      return { value, of: result.benign, holds: value <= 1, note: detectorsOf(result) }
    },
  },
  {
    name: 'behaviour-bed-time',
    what: 'the same: median time from the first call of an attack to its finding, s of event time',
    must: '',
    aim: '< 30',
    method: world,
    async run() {
      const { caught } = await bed()
      const times = caught.flatMap(({ afterMs }) => (afterMs === null ? [] : [afterMs / 1000])).sort((a, b) => a - b)
      const at = (share: number): number => times[Math.floor(share * times.length)] ?? Number.NaN
      return { value: at(0.5), of: times.length, holds: true, note: `90 of 100 within ${Math.round(at(0.9))} s` }
    },
  },
  {
    name: 'behaviour-bed-sale',
    what: 'a sale day with its scenario: false alarms in 10,000 benign requests',
    must: '≤ 2, attacks keep recall',
    aim: '',
    method: `${world} The day is a sale; the configuration names it as a scenario of factor 3.`,
    async run() {
      const result = await bed({ sale: true })
      const value = perTenThousand(result)
      const { recall, note } = worst(result)
      return { value, of: result.benign, holds: value <= 2 && recall >= 0.9, note: `${detectorsOf(result)}; ${note}` }
    },
  },
  {
    name: 'behaviour-bed-poisoned',
    what: 'one in a hundred calls of the training belongs to attacks: attacks found, of the class that is found worst',
    must: '',
    aim: '≥ 0.9',
    method: `${world} The attacks of the training are of the same parameters.`,
    async run() {
      const result = await bed({ poison: 0.01 })
      const { recall, note } = worst(result)
      return {
        value: recall,
        of: result.caught.length,
        holds: true,
        note: `${perTenThousand(result).toFixed(2)} false alarms in 10,000; ${note}`,
      }
    },
  },
]
