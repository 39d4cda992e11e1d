import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Baseline, Metric } from '../../baselines/baseline.ts'
import type { Actor } from '../../detection/actors.ts'
import type { Moment } from '../../detection/moment.ts'
import type { Anomaly, DetectorHost } from '../detector.ts'
import { clientSequence } from './detector.ts'

const minute = 60_000
const threshold = 18

/** A detector at a shop where 400 people have bought something. */
function atShop() {
  const learnt = new Map<string, number[]>()
  const reports: Anomaly[] = []
  const baselines = new Map<string, Baseline>()
  const baseline = (metric: Metric, scope = ''): Baseline => {
    const key = `${metric.name} ${scope}`
    const known = baselines.get(key)
    if (known !== undefined) return known
    const values: number[] = []
    learnt.set(key, values)
    const made: Baseline = {
      judge: value => ({ threshold, abnormal: value > threshold, warm: true }),
      learn: value => void values.push(value),
      describe: () => 'usual',
      samples: 0,
    }
    baselines.set(key, made)
    return made
  }
  const states = new Map<Actor, unknown>()
  const host = {
    baseline,
    isWarm: (samples: number) => samples >= 200,
    quarantine: { see: () => 'known' },
    slot: (make: (actor: Actor) => unknown) => ({
      of(actor: Actor) {
        if (!states.has(actor)) states.set(actor, make(actor))
        return states.get(actor)
      },
    }),
    report: (anomaly: Anomaly) => void reports.push(anomaly),
  } as unknown as DetectorHost
  const work = clientSequence.create({}, host)
  let nowMs = 1_000 * minute

  const visit = (name: string, steps: readonly string[], method = 'jwt'): void => {
    const actor = { kind: 'principal', name, method, suspectUntilMs: 0, trail: [] } as unknown as Actor
    for (const step of steps) {
      nowMs += 5_000
      const [verb = ''] = step.split(' ')
      work.take?.({
        actor,
        operation: `shop ${step}`,
        timeMs: nowMs,
        service: 'shop',
        reached: true,
        answered: true,
        learnable: true,
        record: { event: { method: verb } },
      } as unknown as Moment)
    }
    nowMs += 45 * minute
    work.minute?.(nowMs)
  }
  for (let i = 0; i < 400; i++) visit(`ann${i}`, usual)
  return { learnt, reports, visit, wait: (ms: number) => void (nowMs += ms) }
}

const usual = ['GET /products', 'POST /cart', 'GET /cart', 'POST /payment']
const replayed = [...usual, ...Array<string>(8).fill('POST /payment')]

test('a session beyond the threshold teaches it that there is such, as the threshold, and but a few times a day', () => {
  const { learnt, reports, visit, wait } = atShop()
  const values = learnt.get('liberties people') as number[]
  const before = values.length
  visit('eve', replayed)
  assert.ok(reports.length > 0)
  assert.deepEqual(values.slice(before), [threshold])
  visit('mallory', replayed)
  assert.deepEqual(values.slice(before), [threshold])
  wait(6 * 60 * minute)
  visit('trent', replayed)
  assert.deepEqual(values.slice(before), [threshold, threshold])
})

test('what a person does again and again is told, what a program does is not', () => {
  const { reports, visit } = atShop()
  for (let i = 0; i < 300; i++) visit(`sync${i % 7}`, usual, 'api-key')
  visit('sync3', replayed, 'api-key')
  assert.equal(reports.length, 0)
  visit('eve', replayed)
  assert.deepEqual([...new Set(reports.map(({ code, actor }) => `${code} ${actor?.name}`))], ['step-repeated eve'])
})

test('people are measured by what people do, programs by what programs do', () => {
  const { reports, visit } = atShop()
  for (let i = 0; i < 300; i++) visit(`sync${i}`, ['POST /payment', 'GET /cart', 'POST /cart'], 'api-key')
  assert.equal(reports.length, 0)
  visit('eve', ['POST /payment', 'POST /payment', 'POST /payment', 'GET /cart', 'POST /cart'])
  assert.deepEqual([...new Set(reports.map(({ code }) => code))], ['step-skipped', 'steps-reordered'])
})
