import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAligner, type TreeSequence } from './alignment.ts'

function sequence(...places: readonly (readonly [label: number, depth: number])[]): TreeSequence {
  return { labels: Int32Array.from(places, ([label]) => label), depths: Int32Array.from(places, ([, depth]) => depth) }
}

const ones = (a: TreeSequence): Float64Array => Float64Array.from(a.labels, () => 1)
const everything = Number.POSITIVE_INFINITY

test('equal sequences cost nothing, an insertion its own cost, a removal 1, another depth a half', () => {
  const { cost } = createAligner()
  const a = sequence([1, 0], [2, 1], [3, 2])
  assert.equal(cost(a, a, ones(a), everything), 0)
  const more = sequence([1, 0], [2, 1], [9, 1], [3, 2])
  assert.equal(cost(more, a, Float64Array.of(1, 1, 3, 1), everything), 3)
  assert.equal(cost(a, more, ones(a), everything), 1)
  assert.equal(cost(sequence([1, 0], [2, 1], [3, 1]), a, ones(a), everything), 0.5)
})

test('a negative label equals no other', () => {
  const a = sequence([-1, 0])
  assert.equal(createAligner().cost(a, a, ones(a), everything), 2)
})

test('the band changes no cost that is within the limit, and what is above it is infinite', () => {
  let state = 5
  const below = (n: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
  const random = (): TreeSequence => sequence(...Array.from({ length: below(12) }, () => [below(4), below(3)] as const))
  const aligner = createAligner()
  for (let i = 0; i < 2_000; i++) {
    const [a, b] = [random(), random()]
    const inserts = Float64Array.from(a.labels, () => 1 + below(3))
    const exact = aligner.cost(a, b, inserts, everything)
    for (const limit of [0, 1, 2.5, 4, 9]) {
      const limited = aligner.cost(a, b, inserts, limit)
      assert.equal(limited, exact <= limit ? exact : everything)
    }
    let sum = 0
    const seen: number[] = []
    for (const step of aligner.steps(a, b, inserts)) {
      sum +=
        step.kind === 'same'
          ? 0
          : step.kind === 'moved'
            ? 0.5
            : step.kind === 'missing'
              ? 1
              : (inserts[step.at] as number)
      if (step.kind !== 'missing') seen.push(step.at)
    }
    assert.equal(sum, exact)
    assert.deepEqual(seen, [...a.labels.keys()])
  }
})

test('sequences too long for a table are aligned as far as it goes', () => {
  const long = sequence(...Array.from({ length: 3_000 }, (_, i) => [i, 1] as const))
  const steps = createAligner().steps(long, sequence([0, 1]), ones(long))
  assert.equal(steps.length, 3_000)
  assert.equal(steps.filter(({ kind }) => kind === 'same').length, 1)
})
