import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalJson, type Json } from '../../../../lib/canonical-json.ts'
import type { Sequence } from '../../../sequences/sequence.ts'
import type { FileLine, Judgement, Model } from '../../model.ts'
import { sequences } from './sequences.ts'

async function* linesOf(texts: readonly string[]): AsyncGenerator<FileLine> {
  for (const [i, text] of texts.entries()) yield { text, number: i + 1 }
}

async function read(texts: readonly string[]): Promise<{ items: Sequence[]; skipped: [number, string][] }> {
  const skipped: [number, string][] = []
  const items: Sequence[] = []
  for await (const item of sequences.read(linesOf(texts), (line, why) => skipped.push([line, why]))) items.push(item)
  return { items, skipped }
}

function of(steps: readonly string[], id = 'a'): Sequence {
  return { id, principal: null, steps }
}

/** A shop: two ways through it, and baskets of one to three things. */
function visits(count: number): Sequence[] {
  return Array.from({ length: count }, (_, i) => {
    const basket = Array.from({ length: 1 + (i % 3) }, () => ['item', 'add']).flat()
    const end = i % 4 === 0 ? ['logout'] : ['cart', 'pay', 'logout']
    return of(['login', ...basket, ...end], `v${i}`)
  })
}

function learnt(items: readonly Sequence[]): Model<Sequence> {
  const model = sequences.create()
  for (const item of items) model.learn(item)
  return model
}

function axesOf({ deviation }: Judgement): Record<string, number> {
  return { ...deviation }
}

test('a malformed line is skipped with its number and reason, the others are read', async () => {
  const { items, skipped } = await read([
    '{"id":"a","principal":"p","steps":["x","y"]}',
    '{"id":"b","steps":["x",1]}',
    '{"id":NaN,"steps":[]}',
    '{"id":null,"steps":[]}',
    '{"id":"c","steps":"x"}',
    '[1]',
    'null',
    '{"id":"a","steps":[]}',
    '{"id":7,"principal":3,"steps":[""]}',
    '{"__proto__":{"id":"q","steps":[]}}',
  ])
  assert.deepEqual(items, [
    { id: 'a', principal: 'p', steps: ['x', 'y'] },
    { id: 'a', principal: null, steps: [] },
    { id: 7, principal: null, steps: [''] },
  ])
  assert.deepEqual(
    skipped.map(([line]) => line),
    [2, 3, 4, 5, 6, 7, 10],
  )
})

test('an item that was learnt is its own signature, one whose steps were never seen has none', () => {
  const model = learnt(visits(200))
  const known = model.judge(of(['login', 'item', 'add', 'cart', 'pay', 'logout']))
  assert.equal(known.similarity, 1)
  assert.match(known.signature as string, /^login → item → add → cart → pay → logout #[0-9a-f]{8}$/)
  assert.deepEqual(known.explain(), [])
  const foreign = model.judge(of(['x', 'y']))
  assert.equal(foreign.signature, null)
  assert.equal(foreign.similarity, 0)
  assert.equal(sequences.create().judge(of([])).signature, null)
})

test('skipped, repeated, reordered, cut off and inserted steps each deviate more than any normal visit, in words', () => {
  const model = learnt(visits(400))
  const normal = visits(12).map(visit => axesOf(model.judge(visit)))
  const attacks: [steps: string[], axis: string, words: RegExp][] = [
    [['login', 'cart', 'pay', 'logout'], 'composition', /`item` is missing/],
    [['login', 'item', 'add', 'cart', 'pay', 'pay', 'pay', 'pay', 'logout'], 'composition', /`pay` comes 4 times/],
    [
      ['login', 'item', 'add', 'pay', 'cart', 'logout'],
      'order',
      /`pay` comes before `cart`, which came before it in 300 of 300 sequences/,
    ],
    [['login', 'item'], 'sequence', /the end after 2 steps after .*`item`: never in 400 times; usually `add` \(400\)/],
    [['login', 'item', 'add', 'refund', 'logout'], 'novelty', /step 4 `refund` was never seen in 400 sequences/],
  ]
  for (const [steps, axis, words] of attacks) {
    const judged = model.judge(of(steps))
    const most = Math.max(...normal.map(axes => axes[axis] as number))
    assert.ok((judged.deviation[axis] as number) > most, `${steps}: ${axis} ${judged.deviation[axis]} > ${most}`)
    assert.ok(judged.similarity < 1)
    assert.ok(
      judged.explain().some(clause => clause.axis === axis && words.test(clause.text)),
      JSON.stringify(judged.explain()),
    )
  }
})

test('steps that run at the same time may come in any order, but not before what they always follow', () => {
  const orders = [
    ['a', 'b', 'c'],
    ['a', 'c', 'b'],
    ['b', 'a', 'c'],
    ['b', 'c', 'a'],
    ['c', 'a', 'b'],
    ['c', 'b', 'a'],
  ]
  const model = learnt(Array.from({ length: 60 }, (_, i) => of(['open', ...(orders[i % 6] as string[]), 'close'])))
  for (const order of orders) assert.ok((model.judge(of(['open', ...order, 'close'])).deviation['order'] as number) < 3)
  assert.ok((model.judge(of(['a', 'open', 'b', 'c', 'close'])).deviation['order'] as number) > 4)
})

test('the order of learning shows in nothing, and a restored model judges and learns as the first', () => {
  const items = visits(150)
  const model = learnt(items)
  const dump = canonicalJson(model.dump())
  assert.equal(canonicalJson(learnt(items.toReversed()).dump()), dump)
  const restored = sequences.restore(JSON.parse(dump) as Json)
  assert.equal(canonicalJson(restored.dump()), dump)
  const strange = of(['login', 'add', 'item', 'pay', 'x', 'logout'])
  const [a, b] = [model.judge(strange), restored.judge(strange)]
  assert.equal(a.signature, b.signature)
  for (const [axis, value] of Object.entries(a.deviation))
    assert.ok(Math.abs(value - (b.deviation[axis] as number)) < 1e-9)
  assert.deepEqual(a.explain(), b.explain())
  model.learn(strange)
  restored.learn(strange)
  assert.equal(canonicalJson(restored.dump()), canonicalJson(model.dump()))
})

test('judging changes nothing', () => {
  const model = learnt(visits(50))
  const before = canonicalJson(model.dump())
  model.judge(of(['login', 'never', 'seen'])).explain()
  assert.equal(canonicalJson(model.dump()), before)
})

test('a dump that is none is refused', () => {
  for (const dump of [
    null,
    [],
    'x',
    {},
    { total: 1, names: ['a'], sequences: [1], contexts: [0], order: [], compositions: [], known: [] },
  ])
    assert.throws(() => sequences.restore(dump as Json))
})

test('names like members of objects, empty names and long ones are steps like others', () => {
  const odd = [
    '__proto__',
    'constructor',
    '',
    'toString',
    `${'x'.repeat(500)}1`,
    `${'x'.repeat(500)}2`,
    '\u0000',
    '\ud800',
  ]
  const model = learnt(Array.from({ length: 20 }, () => of(odd)))
  const judged = sequences.restore(model.dump()).judge(of(odd))
  assert.equal(judged.similarity, 1)
  assert.ok((judged.deviation['sequence'] as number) < 4)
  assert.ok((model.judge(of([...odd.slice(0, 5), `${'x'.repeat(500)}3`])).deviation['novelty'] as number) > 4)
})

test('every deviation is a finite number ≥ 0, for an empty model, no steps, a million steps and steps never seen', () => {
  const million = of(Array.from({ length: 1_000_000 }, (_, i) => `s${i % 17}`))
  const models = [sequences.create(), learnt([of([])]), learnt(visits(30)), learnt([million])]
  for (const model of models)
    for (const item of [of([]), of(['']), of(['zz', 'zz']), million, of(['login', 'add'])]) {
      const { deviation, similarity } = model.judge(item)
      for (const [axis, value] of Object.entries(deviation))
        assert.ok(Number.isFinite(value) && value >= 0, `${axis} ${value}`)
      assert.ok(similarity >= 0 && similarity <= 1)
    }
})

test('a flood of steps with random names forgets itself before it forgets what is common', () => {
  const model = sequences.create()
  let state = 1
  const next = (): string => `r${(state = (state * 48_271) % 2_147_483_647)}`
  for (const [i, visit] of visits(120).entries()) {
    model.learn(visit)
    model.learn(of(Array.from({ length: 400 }, next), `bomb${i}`))
  }
  const { names } = model.dump() as { names: string[] }
  assert.ok(names.length <= 16_384)
  assert.ok(['login', 'item', 'add', 'cart', 'pay', 'logout'].every(name => names.includes(name)))
  assert.equal(model.judge(of(['login', 'item', 'add', 'cart', 'pay', 'logout'])).similarity, 1)
})

test('equal steps have equal keys whatever the id and the principal, others have others', () => {
  const key = (steps: readonly string[], id = 'a'): string => sequences.key(of(steps, id))
  assert.equal(key(['a', 'b'], 'x'), key(['a', 'b'], 'y'))
  assert.notEqual(key(['a', 'b']), key(['a,b']))
  assert.notEqual(key(['a"', 'b']), key(['a', '"b']))
})
