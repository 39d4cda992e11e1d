import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { epochUs, shuffled, span } from '../../../test/support/spans.ts'
import { buildTrees, type CallNode, type CallTree, startOf } from './call-tree.ts'
import { criticalPath } from './critical-path.ts'
import { createTreeHash } from './tree-hash.ts'

/** `a(b(c)d)`: ids with their children. */
function shape(node: CallNode): string {
  return `${node.span.spanId}${node.children.length === 0 ? '' : `(${node.children.map(shape).join(' ')})`}`
}

function shapes(trees: readonly CallTree[]): string[] {
  return trees.map(({ origin, root }) => `${origin} ${shape(root)}`)
}

describe('call trees', () => {
  it('are cut where parents lead in a circle, and lose no span', () => {
    const circle = [
      span('a', 'c', { at: 5 }),
      span('b', 'a', { at: 1 }),
      span('c', 'b', { at: 9 }),
      span('d', 'c', { at: 20 }),
    ]
    for (let seed = 0; seed < 20; seed++)
      assert.deepEqual(shapes(buildTrees(shuffled(circle, seed))), ['loop b(c(a d))'], `seed ${seed}`)
    assert.deepEqual(shapes(buildTrees([span('a', 'a'), span('b', 'a')])), ['loop a(b)'])
    const two = [
      span('a', 'b'),
      span('b', 'a', { at: 1 }),
      span('x', 'y', { at: 2 }),
      span('y', 'x', { at: 3 }),
      span('r', null, { at: 9 }),
    ]
    assert.deepEqual(shapes(buildTrees(two)), ['loop a(b)', 'loop x(y)', 'root r'])
  })

  it('begin at spans whose parent is not here', () => {
    assert.deepEqual(shapes(buildTrees([span('b', 'gone'), span('c', 'b'), span('r', null, { at: 5 })])), [
      'orphan b(c)',
      'root r',
    ])
  })

  it('do not depend on the order in which spans came', () => {
    const spans = [
      span('r', null),
      span('a', 'r', { at: 10 }),
      span('b', 'r', { at: 10 }),
      span('c', 'a', { at: 20 }),
      span('d', 'a', { at: 15 }),
    ]
    for (let seed = 0; seed < 20; seed++)
      assert.deepEqual(shapes(buildTrees(shuffled(spans, seed))), ['root r(a(d c) b)'])
  })

  it('are built, hashed and walked without recursion: 50,000 spans deep', () => {
    const deep = Array.from({ length: 50_000 }, (_, i) => span(`s${i}`, i === 0 ? null : `s${i - 1}`))
    const [tree] = buildTrees(deep)
    assert.equal(tree?.nodes.length, 50_000)
    assert.equal(createTreeHash().of(tree?.nodes ?? []).exact.length, 32)
    assert.equal(criticalPath(tree?.root as CallNode).length, 1)
    const circle = [span('s0', 's49999'), ...deep.slice(1)]
    assert.equal(buildTrees(circle)[0]?.nodes.length, 50_000)
  })

  it('do not believe a caller that claims a parent which was over long ago', () => {
    const inside = span('inside', null, { takes: 50_000 })
    const near = span('near', 'inside', { at: 1_000_000, service: 'portcullis' })
    const far = span('far', 'inside', { at: 2_000_000, service: 'portcullis' })
    const isEntry = ({ service }: { service: string }): boolean => service === 'portcullis'
    assert.deepEqual(shapes(buildTrees([inside, near, far], isEntry)), ['root inside(near)', 'stranger far'])
    // A span of a service keeps its parent whatever the times say.
    assert.deepEqual(shapes(buildTrees([inside, { ...far, service: 'shop' }], isEntry)), ['root inside(far)'])
    assert.deepEqual(shapes(buildTrees([span('e', 'the caller', { service: 'portcullis' })], isEntry)), ['entry e'])
  })

  it('know the time that a call itself took: without its children, overlapping ones once', () => {
    const [tree] = buildTrees([
      span('r', null, { takes: 100 }),
      span('a', 'r', { at: 10, takes: 30 }),
      span('b', 'r', { at: 20, takes: 40 }),
      span('c', 'r', { at: 90, takes: 50 }),
    ])
    assert.equal(tree?.root.selfUs, 100 - 50 - 10)
  })
})

describe('clocks', () => {
  const instance = (name: string): { resource: Record<string, string>; service: string } => ({
    resource: { 'k8s.pod.name': `${name}-1` },
    service: name,
  })
  const starts = (trees: readonly CallTree[]): Record<string, number> =>
    Object.fromEntries(trees.flatMap(({ nodes }) => nodes.map(node => [node.span.spanId, startOf(node) - epochUs])))

  it('are moved by one shift for an instance, so that its calls keep their distances', () => {
    const spans = [
      span('r', null, { takes: 100_000, ...instance('front') }),
      span('c1', 'r', { at: 10_000, takes: 20_000, ...instance('front') }),
      span('c2', 'r', { at: 50_000, takes: 20_000, ...instance('front') }),
      // The other clock is 5 s behind.
      span('s1', 'c1', { at: 12_000 - 5_000_000, takes: 16_000, ...instance('back') }),
      span('s2', 'c2', { at: 53_000 - 5_000_000, takes: 16_000, ...instance('back') }),
      span('q', 's2', { at: 54_000 - 5_000_000, takes: 1_000, ...instance('back') }),
    ]
    const trees = buildTrees(spans)
    const got = starts(trees)
    assert.equal((got['s2'] as number) - (got['s1'] as number), 41_000)
    assert.equal((got['q'] as number) - (got['s2'] as number), 1_000)
    assert.ok((got['s1'] as number) >= 10_000 && (got['s1'] as number) <= 14_000, String(got['s1']))
    assert.ok((got['s2'] as number) >= 50_000 && (got['s2'] as number) <= 54_000, String(got['s2']))
    // The tracer's own times stay.
    assert.deepEqual(
      trees[0]?.nodes.map(node => node.span.startUs - epochUs).toSorted((a, b) => a - b)[0],
      12_000 - 5_000_000,
    )
  })

  it('stay when calls are inside already, within the resolution of ms, when a message was consumed, or beyond an hour', () => {
    const cases: Array<[string, object]> = [
      ['inside', { at: 1_000 }],
      ['half a millisecond early', { at: -500 }],
      ['consumed later', { at: 500_000, kind: 'consumer' }],
      ['two hours', { at: -7_200_000_000 }],
    ]
    for (const [what, change] of cases) {
      const child = span('s', 'r', { takes: 10_000, ...instance('back'), ...change })
      const [tree] = buildTrees([span('r', null, instance('front')), child])
      assert.equal(tree?.root.children[0]?.offsetUs, 0, what)
    }
  })

  it('move a call that outlasts its caller only so far that it begins no earlier', () => {
    const child = span('s', 'r', { at: -40_000, takes: 500_000, ...instance('back') })
    const [tree] = buildTrees([span('r', null, { takes: 100_000, ...instance('front') }), child])
    assert.equal(tree?.root.children[0]?.offsetUs, 40_000)
  })
})

describe('critical path', () => {
  const path = (spans: Parameters<typeof buildTrees>[0]): string[] =>
    criticalPath(buildTrees(spans)[0]?.root as CallNode).map(
      ({ node, fromUs, toUs }) => `${node.span.spanId} ${fromUs - epochUs}-${toUs - epochUs}`,
    )

  it('goes through the child that ended last, and the one before it', () => {
    const spans = [
      span('r', null, { takes: 100 }),
      span('a', 'r', { at: 10, takes: 30 }),
      span('b', 'r', { at: 15, takes: 20 }),
      span('c', 'r', { at: 50, takes: 40 }),
      span('d', 'c', { at: 55, takes: 20 }),
    ]
    assert.deepEqual(path(spans), ['r 0-10', 'a 10-40', 'r 40-50', 'c 50-55', 'd 55-75', 'c 75-90', 'r 90-100'])
  })

  it('is exactly as long as the request, whatever the children do', () => {
    for (let seed = 1; seed < 50; seed++) {
      const numbers = shuffled(
        Array.from({ length: 200 }, (_, i) => i),
        seed,
      )
      const spans = [
        span('r', null, { takes: 100 }),
        ...Array.from({ length: 30 }, (_, i) =>
          span(`s${i}`, i < 10 ? 'r' : `s${(numbers[i] as number) % 10}`, {
            at: (numbers[i + 50] as number) - 20,
            takes: numbers[i + 100] as number,
          }),
        ),
      ]
      const parts = criticalPath(buildTrees(spans)[0]?.root as CallNode)
      let at = epochUs
      for (const { fromUs, toUs } of parts) {
        assert.equal(fromUs, at)
        assert.ok(toUs > fromUs)
        at = toUs
      }
      assert.equal(at, epochUs + 100)
    }
  })
})

describe('names of trees', () => {
  const hash = createTreeHash()
  const of = (spans: Parameters<typeof buildTrees>[0]) => hash.of(buildTrees(spans)[0]?.nodes ?? [])
  const base = [span('r', null), span('a', 'r', { name: 'x', at: 1 }), span('b', 'r', { name: 'y', at: 2 })]

  it('are the same for the same calls in another order, at other times, with other ids', () => {
    const other = [
      span('1', null, { at: 7 }),
      span('2', '1', { name: 'y', at: 8 }),
      span('3', '1', { name: 'x', at: 9, takes: 3 }),
    ]
    assert.deepEqual(of(other), of(base))
    assert.deepEqual(createTreeHash().of(buildTrees(base)[0]?.nodes ?? []), of(base))
  })

  it('differ by service, operation, kind and place', () => {
    const seen = new Set([of(base).exact])
    for (const change of [{ service: 'z' }, { name: 'z' }, { kind: 'client' as const }, { parentId: 'a' }])
      seen.add(of([...base.slice(0, 2), { ...(base[2] as (typeof base)[number]), ...change }]).exact)
    assert.equal(seen.size, 5)
    // No way to spell one call so that it reads like another.
    assert.notEqual(
      of([span('r', null, { service: 'a', name: 'b c' })]).exact,
      of([span('r', null, { service: 'a b', name: 'c' })]).exact,
    )
  })

  it('count equal siblings once in the shape and each in the exact name', () => {
    const twice = [...base, span('c', 'r', { name: 'y', at: 3 })]
    assert.equal(of(twice).shape, of(base).shape)
    assert.notEqual(of(twice).exact, of(base).exact)
  })

  it('cost no memory for trees that never come again, however wide', () => {
    const wide = createTreeHash()
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    collect()
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < 400; i++) {
      const children = Array.from({ length: 1_000 }, (_, n) => span(`s${n}`, 'r', { name: `op${(i + n) % 1_400}` }))
      wide.of(buildTrees([span('r', null), ...children])[0]?.nodes ?? [])
    }
    collect()
    // 400 texts of 32 KB, in UTF-16 or not, would be 12 MB at least.
    assert.ok(process.memoryUsage().heapUsed - before < 6_000_000)
    // Still in use, so not collected before.
    assert.equal(wide.operation(span('r', null)), 'shop op')
  })

  it('do not depend on ids that a tracer wrote into an operation', () => {
    const one = (name: string): string => of([span('r', null, { name })]).exact
    assert.equal(one('GET /orders/17/items'), one('GET /orders/18/items'))
    assert.equal(one('GET /o/0af76519-16cd-43dd-8448-eb211c80319c'), one('GET /o/1bf76519-16cd-43dd-8448-eb211c80319c'))
    assert.notEqual(one('GET /orders/17/items'), one('GET /orders/17/notes'))
    assert.notEqual(one('GET /v1/orders'), one('GET /v2/orders'))
  })
})
