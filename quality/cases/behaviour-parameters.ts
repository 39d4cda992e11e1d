import type { ExchangeItem } from '../../src/insight/behaviour/families/exchanges/exchange-item.ts'
import { apiWorld, calls } from '../behaviour/parameters/api-world.ts'
import { attackCalls } from '../behaviour/parameters/attacks.ts'
import { type LabelledValue, labelledValues } from '../behaviour/parameters/http-params.ts'
import { alarms, f1, itemsOf, learnt } from '../behaviour/parameters/measure.ts'
import type { QualityCase, QualityFigure } from '../quality-case.ts'

const folds = 5

/** Budget 1e-3, which is what `learn` takes when nothing is said. */
async function httpParams(place: 'query' | 'body', budget: number): Promise<QualityFigure | null> {
  const values = labelledValues()
  if (values === null) return null
  const benign = await itemsOf(values.filter(({ kind }) => kind === 'norm').map(value => exchangeOf(value, place)))
  const kinds = new Map<string, ExchangeItem[]>()
  for (const kind of new Set(values.map(value => value.kind)))
    if (kind !== 'norm')
      kinds.set(kind, await itemsOf(values.filter(value => value.kind === kind).map(value => exchangeOf(value, place))))
  const attacks = [...kinds.values()].reduce((sum, list) => sum + list.length, 0)
  let worst = 1
  let rate = 0
  let sum = 0
  const recalls = new Map([...kinds.keys()].map(kind => [kind, 0]))
  for (let fold = 0; fold < folds; fold++) {
    const model = learnt(
      benign.filter((_, i) => i % folds !== fold),
      budget,
    )
    const held = benign.filter((_, i) => i % folds === fold)
    const falseAlarms = alarms(model, held)
    let found = 0
    for (const [kind, list] of kinds) {
      const hits = alarms(model, list)
      found += hits
      recalls.set(kind, (recalls.get(kind) as number) + hits / list.length / folds)
    }
    // All attacks meet a fifth of the benign values: weighed as if all benign values had been judged.
    const one = f1(found, attacks, falseAlarms * folds)
    worst = Math.min(worst, one)
    sum += one / folds
    rate += falseAlarms / benign.length
  }
  const byKind = [...recalls].map(([kind, recall]) => `${kind} ${recall.toFixed(3)}`).join(', ')
  return {
    value: sum,
    of: values.length,
    holds: sum >= 0.99 && rate <= 0.01,
    note: `budget ${budget}: false-alarm rate ${rate.toFixed(4)}; recall ${byKind}; worst fold ${worst.toFixed(4)}`,
  }
}

function exchangeOf({ value }: LabelledValue, place: 'query' | 'body'): unknown {
  return place === 'query'
    ? { method: 'GET', url: `/search?q=${encodeURIComponent(value)}` }
    : {
        method: 'POST',
        url: '/search',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ value }),
      }
}

/** Seeds that nobody looked at while the profiles were made; those begin with `dev`. */
const seeds = ['report-1', 'report-2', 'report-3']
const budgets = [1e-2, 5e-3, 1e-3]

async function syntheticApis(): Promise<QualityFigure> {
  const rates = new Map<number, number>()
  const recalls = new Map<string, { found: number; of: number }>()
  let judged = 0
  for (const seed of seeds) {
    const world = apiWorld(seed)
    const training = await itemsOf(calls(world, 6000, `${seed} train`))
    const held = await itemsOf(calls(world, 6000, `${seed} test`))
    const attacks = attackCalls(world, 60, seed)
    for (const budget of budgets) {
      const model = learnt(training, budget)
      rates.set(budget, (rates.get(budget) ?? 0) + alarms(model, held) / held.length / seeds.length)
      if (budget !== 1e-3) continue
      for (const [kind, list] of attacks) {
        const sum = recalls.get(kind) ?? { found: 0, of: 0 }
        sum.found += alarms(model, await itemsOf(list))
        sum.of += list.length
        recalls.set(kind, sum)
        judged += list.length
      }
    }
  }
  const shares = [...recalls].map(([kind, { found, of }]) => [kind, found / of] as const)
  const within = budgets.every(budget => (rates.get(budget) as number) <= budget * (budget === 1e-3 ? 3 : 2))
  const mean = shares.reduce((sum, [, share]) => sum + share, 0) / shares.length
  return {
    value: mean,
    of: judged,
    holds: within && mean >= 0.9,
    note: `false-alarm rates ${budgets.map(budget => `${(rates.get(budget) as number).toFixed(4)} for ${budget}`).join(', ')}; recall ${shares.map(([kind, share]) => `${kind} ${share.toFixed(2)}`).join(', ')}`,
  }
}

/** One attack in a hundred learnt calls, of all kinds by turns; the others are judged. */
async function poisonedApi(): Promise<QualityFigure> {
  const [seed = ''] = seeds
  const world = apiWorld(seed)
  const training = await itemsOf(calls(world, 5000, `${seed} train`))
  const held = await itemsOf(calls(world, 5000, `${seed} test`))
  const attacks = await itemsOf([...attackCalls(world, 60, seed)].flatMap(([, list]) => list))
  const count = Math.round(training.length / 99)
  const step = attacks.length / count
  const hidden = Array.from({ length: count }, (_, i) => attacks[Math.floor((i + 0.5) * step)] as ExchangeItem)
  const rest = attacks.filter(item => !hidden.includes(item))
  const mixed = training.flatMap((item, i) =>
    i % 99 === 50 && i < 99 * count ? [item, hidden[(i - 50) / 99] as ExchangeItem] : [item],
  )
  const [clean, dirty] = [training, mixed].map(items => {
    const model = learnt(items, 1e-3)
    const falseAlarms = alarms(model, held)
    return { f1: f1(alarms(model, rest), rest.length, falseAlarms), rate: falseAlarms / held.length }
  })
  if (clean === undefined || dirty === undefined) throw new Error('nothing was learnt')
  const value = Number(Math.max(0, clean.f1 - dirty.f1).toFixed(4))
  return {
    value,
    of: mixed.length,
    holds: value <= 0.02,
    note: `F1 ${clean.f1.toFixed(4)} without (false alarms ${clean.rate.toFixed(4)}), ${dirty.f1.toFixed(4)} with them (${dirty.rate.toFixed(4)})`,
  }
}

export const behaviourParameters: readonly QualityCase[] = [
  {
    name: 'http-params-query',
    what: 'attacks in one parameter of a query, learnt from harmless values alone: F1',
    must: '≥ 0.99 at FPR ≤ 1 %',
    aim: '0.997',
    method:
      'The values of http-params, each in `GET /search?q=…`, go through the reader, `learn` and `score` of `exchanges` with the usual budget (1e-3). Five folds of the harmless values: four are learnt, the fifth and all attacks are judged; false alarms count five times, so that F1 is that of all values. No attack is learnt.',
    run: () => httpParams('query', 1e-3),
  },
  {
    name: 'http-params-body',
    what: 'the same in a member of a JSON body: F1',
    must: '≥ 0.99 at FPR ≤ 1 %',
    aim: '0.997',
    method: 'As http-params-query, each value in `{"value": …}` of a POST.',
    run: () => httpParams('body', 1e-3),
  },
  {
    name: 'attacks-on-invented-apis',
    what: 'attacks of 16 kinds in exchanges of three invented APIs, at one false alarm in 1,000: mean recall of the kinds',
    must: '≥ 0.9; false alarms within 2 × / 3 × of the budget',
    aim: '1.0',
    method:
      'Three APIs made by seeds that were not used for tuning: some 13 operations each with queries, forms, JSON bodies, header fields, cookies and answers. 6,000 calls are learnt, 6,000 others and 60 attacks of each kind are judged. False-alarm rates also for 1e-2 and 5e-3.',
    run: syntheticApis,
  },
  {
    name: 'exchanges-poisoned',
    what: 'exchanges of an invented API, 1 % of what is learnt are hidden attacks: loss of F1 at the default budget',
    must: '≤ 0.02',
    aim: '0',
    method:
      'The first API of attacks-on-invented-apis: 5,000 calls are learnt, without and with attacks of all 16 kinds spread among them, one in a hundred; 5,000 others and the attacks that were not hidden are judged. Budget 1e-3.',
    run: poisonedApi,
  },
]
