import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Shape } from '../../model/observation.ts'
import { createPartsReader } from './answer-parts.ts'
import { AnswerStore } from './answer-store.ts'
import type { AnswerSeen } from './operation-answers.ts'

const partsOf = createPartsReader()
const text: Shape = { kind: 'string' }
const seen = (fields: Readonly<Record<string, Shape>>, whole = true): AnswerSeen => ({
  parts: partsOf({ kind: 'object', fields, more: 0 }),
  whole,
  signs: [],
})
const nobody = (): boolean => false
const isSecret = (name: string): boolean => name.includes('secret')
const usual = seen({ id: text, state: text })

function learnt(store = new AnswerStore(isSecret)): AnswerStore {
  const known = store.toLearn('GET /a')
  assert.ok(known !== undefined)
  for (let i = 0; i < 100; i++) known.learn(usual, nobody)
  store.changed('GET /a', known)
  return store
}

function again(store: AnswerStore): AnswerStore {
  const other = new AnswerStore(isSecret)
  other.restore([...store.changes()].map(([key, value]) => [key, value ?? ''] as const))
  return other
}

function shown(store: AnswerStore, answer: AnswerSeen, caller: string, timeMs = 0) {
  const known = store.get('GET /a')
  assert.ok(known !== undefined)
  const { fresh } = known.note(known.look(answer, nobody), answer, { caller, timeMs })
  store.changed('GET /a', known)
  return fresh.map(one => ({ ...one }))
}

describe('what operations answer', () => {
  it('remembers over a restart what is new, who was shown it, and how many answers lacked it', () => {
    const store = learnt()
    const colour = seen({ id: text, state: text, colour: text })
    assert.equal(shown(store, colour, 'ann')[0]?.shown, 1)
    const restarted = again(store)
    shown(restarted, usual, 'joe')
    const [fresh] = shown(again(restarted), colour, 'bob')
    assert.deepEqual(
      [fresh?.key, fresh?.shown, fresh?.before, fresh?.since, fresh?.callers],
      ['colour', 2, 100, 3, ['ann', 'bob']],
    )
    assert.deepEqual(store.rates.dump(), again(store).rates.dump())
  })

  it('finds new members, other kinds and lacks, each by its own name', () => {
    const store = learnt()
    const keys = (answer: AnswerSeen): unknown => shown(store, answer, 'ann').map(({ key, kind }) => [key, kind])
    assert.deepEqual(keys(usual), [])
    assert.deepEqual(keys(seen({ id: { kind: 'integer' }, state: text })), [['id: 4', 'kind']])
    assert.deepEqual(keys(seen({ id: { kind: 'null' }, state: text })), [])
    assert.deepEqual(keys(seen({ state: text })), [['id missing', 'lack']])
    assert.deepEqual(keys(seen({ state: text }, false)), [], 'what was cut off is not missing')
    const nested: Shape = { kind: 'object', fields: { secret: text, plain: text }, more: 0 }
    assert.deepEqual(keys(seen({ id: text, state: text, user: nested })), [
      ['user', 'member'],
      ['user.secret', 'secret'],
    ])
  })

  it('takes as normal what is admitted, and nothing else of it', () => {
    const store = learnt()
    const known = store.get('GET /a')
    known?.learn(seen({ id: text, colour: text }), key => key === 'colour')
    assert.deepEqual(
      shown(store, seen({ id: text, colour: text }), 'ann').map(({ key }) => key),
      ['state missing'],
    )
    known?.learn(seen({ id: text }), key => key === 'state missing')
    assert.deepEqual(shown(store, seen({ id: text }), 'ann'), [])
  })

  it('begins anew with what was not shown for a day, so that what is rare does not add up', () => {
    const store = learnt()
    const rare = seen({ id: text, state: text, note: text })
    shown(store, rare, 'ann')
    const [fresh] = shown(store, rare, 'bob', 86_400_001)
    assert.deepEqual([fresh?.before, fresh?.since, fresh?.shown, fresh?.callers], [101, 1, 1, ['bob']])
  })

  it('keeps within its bounds whatever is answered, and counts what has no room', () => {
    const store = learnt()
    for (let i = 0; i < 2_100; i++) store.toLearn(`GET /${i}`)
    assert.equal(store.lost, 101)
    const many = seen({ ...Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`m${i}`, text])), id: text })
    shown(store, many, 'ann')
    assert.equal(store.lost, 101 + 400 - 64 + 1)
    store.get('GET /a')?.learn(many, () => true)
    const [row] = [...again(store).changes()]
    assert.equal(row, undefined)
    assert.ok(JSON.stringify(store.get('GET /a')?.dump()).length < 40_000)
  })

  it('skips rows that do not read, and counts them', () => {
    const store = new AnswerStore(isSecret)
    const rows = ['', '[]', '[1,2,3]', 'null', '{"a":1}', '[1,1,0,[1,1,1],[["x"]],[]]', '[1,1,0,[1,1,1],[],[{}]]']
    store.restore(rows.map((text, i) => [i === 0 ? '' : `GET /${i}`, text]))
    assert.equal(store.lost, rows.length)
    assert.equal(store.get('GET /1'), undefined)
  })
})
