// Judging a file item takes tens of microseconds at most; a live step is one of many things done at 50,000 events a second.
import { Habits } from '../../src/insight/sequences/habits.ts'
import { SequenceModel } from '../../src/insight/sequences/sequence-model.ts'
import type { MicroCase } from './micro-case.ts'

const pages = Array.from({ length: 40 }, (_, i) => `shop GET /page/${i}`)
const items = Array.from({ length: 4096 }, (_, i) => {
  const browsed = Array.from(
    { length: 3 + (i % 5) },
    (_, j) => pages[(i * 7 + j * (1 + (i % 3))) % pages.length] as string,
  )
  return {
    id: `${i}`,
    principal: null,
    steps: ['login', ...browsed, ...(i % 2 === 0 ? ['cart', 'pay', 'receipt'] : []), 'logout'],
  }
})
const model = new SequenceModel()
const growing = new SequenceModel()
const habits = new Habits()
for (const item of items) {
  model.learn(item)
  growing.learn(item)
  habits.learn(item.steps)
}
model.judge(items[0] as (typeof items)[0])
let session = habits.begin()
let at = 0

export const cases: readonly MicroCase[] = [
  { name: 'sequences: learn ten steps', run: () => growing.learn(items[at++ & 4095] as (typeof items)[0]) },
  { name: 'sequences: judge ten steps', run: () => model.judge(items[at++ & 4095] as (typeof items)[0]) },
  {
    name: 'sequences: a step of a live session',
    run: () => {
      const { steps } = items[(at >> 3) & 4095] as (typeof items)[0]
      if ((at & 7) === 0) session = habits.begin()
      habits.take(session, { name: steps[at++ & 7] ?? 'logout', changes: true, done: true })
    },
  },
]
