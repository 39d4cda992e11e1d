import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAligner } from '../../../../lib/alignment.ts'
import { CallShapes, type Subtree } from '../../../signatures/call-shape.ts'
import type { Chain } from '../../../signatures/chain.ts'
import { ChainSignatures } from '../../../signatures/chain-signatures.ts'
import { nearestChain } from '../../../signatures/nearest-chain.ts'
import { learnItems } from '../../calibration.ts'
import { modelText, readModelText } from '../../model-file.ts'
import type { FileLine, Model } from '../../model.ts'
import { scoreLine } from '../../score-line.ts'
import { spans } from './spans.ts'

/** A call: service, operation, own µs, then those below it, one after the other. `!` before the operation: it fails. */
type Call = readonly [service: string, operation: string, selfUs: number, ...children: Call[]]

function linesOfTrace(traceId: string, call: Call): string[] {
  const lines: string[] = []
  const walk = ([service, operation, selfUs, ...children]: Call, parentId: string | null, from: number): number => {
    const place = lines.push('') - 1
    const spanId = `s${place}`
    let at = from + selfUs
    for (const child of children) at = walk(child, spanId, at)
    lines[place] = JSON.stringify({
      traceId,
      spanId,
      parentId,
      service,
      operation: operation.replace('!', ''),
      startUs: from,
      durationUs: at - from,
      status: operation.startsWith('!') ? 'error' : 'ok',
      attributes: {},
    })
    return at
  }
  walk(call, null, 1_700_000_000_000_000)
  return lines
}

async function* linesOf(texts: readonly string[]): AsyncGenerator<FileLine> {
  for (const [i, text] of texts.entries()) yield { text, number: i + 1 }
}

async function read(texts: readonly string[]): Promise<{ chains: Chain[]; skipped: number[] }> {
  const chains: Chain[] = []
  const skipped: number[] = []
  for await (const chain of spans.read(linesOf(texts), line => skipped.push(line))) chains.push(chain)
  return { chains, skipped }
}

async function chainOf(call: Call, id = 't'): Promise<Chain> {
  return (await read(linesOfTrace(id, call))).chains[0] as Chain
}

function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state + 0.5) / 2 ** 32
  }
}

/** Carts whose items are looked up one by one; half of them ask for a price. */
function shopLines(count: number, seed = 3): string[] {
  const random = randomOf(seed)
  const around = (us: number): number => Math.round(us * Math.exp(0.4 * (random() + random() + random() - 1.5)))
  return Array.from({ length: count }, (_, i) =>
    linesOfTrace(`t${String(i).padStart(5, '0')}`, [
      'cart',
      'GET /cart',
      around(2_000),
      ...Array.from(
        { length: 1 + Math.floor(random() * 4) },
        (): Call => ['stock', 'item', around(800), ['db', 'select', around(5_000)]],
      ),
      ...(random() < 0.5 ? [['price', 'quote', around(1_000)] as const] : []),
    ]),
  ).flat()
}

async function shop(): Promise<Model<Chain>> {
  const model = spans.create()
  for (const chain of (await read(shopLines(1_000))).chains) model.learn(chain)
  return model
}

const item: Call = ['stock', 'item', 800, ['db', 'select', 5_000]]

test('spans of a trace are one chain wherever in the file they stand, in the order of first spans; twice the same is once', async () => {
  const one = linesOfTrace('b', ['cart', 'GET /cart', 10, item])
  const other = linesOfTrace('a', ['user', 'GET /user', 10])
  const mixed = [one[2], other[0], one[0], one[0], '{"traceId":"c"}', 'x', one[1], one[2]] as string[]
  const { chains, skipped } = await read(mixed)
  assert.deepEqual(
    chains.map(({ id }) => id),
    ['b', 'a'],
  )
  assert.deepEqual(skipped, [5, 6])
  assert.deepEqual(chains[0], await chainOf(['cart', 'GET /cart', 10, item], 'b'))
})

test('a span that came twice is once, in a short trace and in a long one, and ids that are no hex are told apart too', async () => {
  for (const count of [3, 40])
    for (const hex of [true, false]) {
      const idOf = (i: number): string => (hex ? i.toString(16).padStart(16, '0') : `G${String(i).padStart(15, '0')}`)
      const lines = Array.from({ length: count }, (_, i) =>
        JSON.stringify({
          traceId: 't',
          spanId: idOf(i),
          parentId: i === 0 ? null : idOf(0),
          service: 's',
          operation: `o${String.fromCharCode(97 + (i % 26))}${i < 26 ? '' : 'x'}`,
          startUs: 10 * i,
          durationUs: i === 0 ? 9_000 : 5,
        }),
      )
      const once = (await read(lines)).chains
      assert.equal(once[0]?.shape.labels.length, count)
      assert.deepEqual((await read([...lines, ...lines.toReversed()])).chains, once)
    }
})

test('calls that run in another order or more often in a row are the same chain, in another place another', async () => {
  const price: Call = ['price', 'quote', 5]
  const name = async (...children: Call[]): Promise<string> =>
    (await chainOf(['cart', 'GET /cart', 10, ...children])).shape.name
  assert.equal(await name(item, price), await name(price, item, item, item))
  assert.notEqual(await name(item, price), await name(item))
  assert.notEqual(await name(item, price), await name(['stock', 'item', 8, ['db', 'select', 5], price]))
  assert.deepEqual((await chainOf(['cart', 'GET /cart', 10, item, item, item])).runs, [1, 3, 1])
})

test('an inserted call, a missing one, a slow one, a failure and a long loop each deviate on their own axis and are told', async () => {
  const model = await shop()
  const judge = async (call: Call) => {
    const { deviation, explain } = model.judge(await chainOf(call))
    return {
      ...deviation,
      words: explain()
        .map(({ text }) => text)
        .join('; '),
    } as Record<string, number> & { words: string }
  }
  const usual = await judge(['cart', 'GET /cart', 2_000, item, item])
  assert.equal(usual['structure'], 0)
  assert.equal(usual['status'], 0)
  assert.ok((usual['timing'] as number) < 1.5 && (usual['loops'] as number) < 2, JSON.stringify(usual))
  assert.equal(usual.words, '')

  const inserted = await judge(['cart', 'GET /cart', 2_000, item, ['admin-user', 'list', 500]])
  assert.ok((inserted['inserted'] as number) > 3)
  assert.match(inserted.words, /`cart → admin-user list` inserted: never seen below `GET \/cart` in 1,000 traces/)

  const missing = await judge(['cart', 'GET /cart', 2_000, ['stock', 'item', 800]])
  assert.ok((missing['structure'] as number) > 2)
  assert.match(missing.words, /`stock → db select` missing: [\d,]+ of [\d,]+ traces like this have it/)

  const slow = await judge(['cart', 'GET /cart', 2_000, ['stock', 'item', 800, ['db', 'select', 840_000]]])
  assert.ok((slow['timing'] as number) > 20 && slow['structure'] === 0)
  assert.match(
    slow.words,
    /`stock → db select` took 840 ms of its own, normally [\d.]+ ms to [\d.]+ ms \(p99 [\d.]+ ms\)/,
  )

  const failed = await judge(['cart', 'GET /cart', 2_000, ['stock', '!item', 800, ['db', 'select', 5_000]]])
  assert.ok((failed['status'] as number) > 2 && failed['structure'] === 0)
  assert.match(failed.words, /`cart → stock item` failed, as in 0 of [\d,]+ traces/)

  const loop = await judge(['cart', 'GET /cart', 2_000, ...Array.from({ length: 300 }, () => item)])
  assert.ok((loop['loops'] as number) > 50 && loop['structure'] === 0)
  assert.match(loop.words, /`cart → stock item` came 300 times in a row, normally 1 to 4/)
})

test('a slow leaf does not make those that wait for it slow of their own', async () => {
  const model = await shop()
  const words = model
    .judge(await chainOf(['cart', 'GET /cart', 2_000, ['stock', 'item', 800, ['db', 'select', 900_000]]]))
    .explain()
    .map(({ text }) => text)
  assert.equal(words.length, 2)
  assert.match(words.join('\n'), /db select` took 900 ms of its own[^]*`GET \/cart` took 903 ms in all/)
})

test('nothing in common with what was learnt: no signature; an entry of its own that calls known services: the nearest chain', async () => {
  const model = await shop()
  assert.deepEqual(model.judge(await chainOf(['x', 'y', 1])).signature, null)
  const other = model.judge(await chainOf(['batch', 'run', 1, item]))
  assert.notEqual(other.signature, null)
  assert.ok(other.similarity > 0 && other.similarity < 1)
  assert.match(JSON.stringify(other.explain()), /`batch run` never began a chain in 1,000 traces/)
})

test('order of lines changes neither model nor scores; a model that was read judges as the one that was written', async () => {
  const lines = shopLines(300)
  const one = learnItems(spans, (await read(lines)).chains, 1e-2)
  const other = learnItems(spans, (await read(lines.toReversed())).chains, 1e-2)
  const text = modelText(spans, one)
  assert.equal(modelText(spans, other), text)
  const again = readModelText(text, spans)
  assert.equal(modelText(spans, again), text)
  const { chains } = await read([
    ...shopLines(50, 9),
    ...linesOfTrace('x', ['cart', 'GET /cart', 9, item, ['admin', 'a', 3]]),
  ])
  for (const chain of chains)
    assert.deepEqual(
      scoreLine(chain.id, again.model.judge(chain), again.calibration),
      scoreLine(chain.id, one.model.judge(chain), one.calibration),
    )
})

test('what no model wrote is refused', async () => {
  const dump = JSON.stringify((await shop()).dump())
  for (const bad of [
    'null',
    '{}',
    dump.replace('"total":1000', '"total":-1'),
    dump.replace(/"depths":\[0,/, '"depths":[1,'),
    dump.replace(/"labels":\[\d/, '"labels":[99'),
    dump.replace(/"count":\d+/, '"count":"9"'),
  ]) {
    assert.notEqual(bad, dump)
    assert.throws(() => spans.restore(JSON.parse(bad)))
  }
})

test('a status nested without end is none, and ids may be numbers', async () => {
  const status = `${'{"code":'.repeat(50_000)}2${'}'.repeat(50_000)}`
  const { chains, skipped } = await read([
    `{"traceId":7,"spanId":1,"parentId":null,"service":"a","operation":"b","startUs":1,"durationUs":9,"status":${status}}`,
    '{"traceId":7,"spanId":2,"parentId":1,"service":"c","operation":"d","startUs":2,"durationUs":3,"status":{"code":2}}',
  ])
  assert.deepEqual(skipped, [])
  assert.equal(chains[0]?.id, '7')
  assert.deepEqual(chains[0]?.failed, [0, 1])
})

test('a span without a status is neither a failure nor a success: nobody is judged by it, and no failure seems rarer for it', async () => {
  const bare = (lines: readonly string[]): string[] =>
    lines.map(line => JSON.stringify({ ...(JSON.parse(line) as object), status: undefined }))
  const failing = (await read(linesOfTrace('f', ['cart', 'GET /cart', 2_000, ['stock', '!item', 800]])))
    .chains[0] as Chain
  const silent = (await read(bare(linesOfTrace('s', ['cart', 'GET /cart', 2_000, item])))).chains[0] as Chain
  assert.deepEqual(silent.silent, [true, true, true])
  assert.equal('status' in (await shop()).judge(silent).deviation, false)

  const never = spans.create()
  for (const chain of (await read(bare(shopLines(300)))).chains) never.learn(chain)
  assert.equal('status' in never.judge(failing).deviation, false)
  assert.equal('status' in spans.restore(never.dump()).judge(failing).deviation, false)

  const model = await shop()
  const before = model.judge(failing).deviation['status']
  for (const chain of (await read(bare(shopLines(3_000, 5)))).chains) model.learn(chain)
  assert.equal(model.judge(failing).deviation['status'], before)
})

test('of a run, one call that tells its status is enough', async () => {
  const lines = linesOfTrace('t', ['cart', 'GET /cart', 10, ['stock', 'item', 8], ['stock', 'item', 8]])
  lines[2] = (lines[2] as string).replace('"status":"ok",', '')
  assert.deepEqual((await read(lines)).chains[0]?.silent, [false, false])
  lines[1] = (lines[1] as string).replace('"status":"ok",', '')
  assert.deepEqual((await read(lines)).chains[0]?.silent, [false, true])
})

test('hostile traces are read, learnt and judged in bounded time: loops, depth, width, strange names and times', async () => {
  const span = (spanId: string, parentId: string | null, more: object = {}): string =>
    JSON.stringify({ traceId: 't', spanId, parentId, service: 's', operation: 'o', startUs: 5, durationUs: 5, ...more })
  const model = await shop()
  for (const lines of [
    [span('a', 'b'), span('b', 'a')],
    [span('a', 'a')],
    [span('a', 'nowhere'), span('b', 'elsewhere')],
    [span('__proto__', null, { service: '__proto__', operation: 'constructor' }), span('b', '__proto__')],
    [span('a', null, { startUs: 9e15, durationUs: 9e15 }), span('b', 'a', { startUs: 0, durationUs: 9e15 })],
    Array.from({ length: 20_000 }, (_, i) => span(`${i}`, i === 0 ? null : `${i - 1}`, { operation: `o${i % 7}` })),
    Array.from({ length: 100_000 }, (_, i) =>
      span(`${i}`, i === 0 ? null : '0', { operation: `o-${(i * 7919) % 50_000}x` }),
    ),
  ]) {
    const { chains, skipped } = await read(lines)
    assert.equal(skipped.length, 0)
    assert.equal(chains.length, 1)
    const [chain] = chains as [Chain]
    for (let round = 0; round < 2; round++) {
      const { deviation, similarity, explain } = model.judge(chain)
      for (const value of [similarity, ...Object.values(deviation)])
        assert.ok(Number.isFinite(value) && value >= 0, `${value}`)
      assert.ok(explain().every(({ text }) => text !== ''))
      model.learn(chain)
    }
    assert.equal(model.judge(chain).similarity, 1)
  }
  const { skipped } = await read([
    span('a', null, { durationUs: -1 }),
    '{"traceId":"t","spanId":"a","service":"s","operation":"o","startUs":1e999,"durationUs":1}',
    span('a', null, { startUs: null }),
    span('', null),
    span('a', null, { service: 7 }),
  ])
  assert.equal(skipped.length, 5)
})

test('chaff of ever new chains drives out itself, and memory stays bounded', () => {
  const shapes = new CallShapes()
  const store = new ChainSignatures({ signatures: 100, places: 400, labels: 300 })
  const chain = (root: Subtree): Chain => {
    const shape = shapes.shapeOf(root)
    return { id: 't', shape, wholeMs: 1, selfMs: shape.labels.map(() => 1), runs: null, failed: null, silent: null }
  }
  const leaf = (name: string): Subtree => shapes.subtree(shapes.label('s', name), [])
  const usual = chain(shapes.subtree(shapes.label('s', 'entry'), [leaf('a'), leaf('b')]))
  for (let i = 0; i < 50; i++) store.learn(usual)
  for (let i = 0; i < 5_000; i++)
    store.learn(chain(shapes.subtree(shapes.label('s', 'entry'), [leaf(`x${i % 500}`), leaf(`y${i % 83}`)])))
  const { signatures, labels } = store.dump()
  assert.ok(signatures.length <= 100 && labels.length <= 300)
  assert.ok(signatures.reduce((sum, one) => sum + one.labels.length, 0) <= 400)
  assert.equal(store.find(usual.shape)?.count, 50)
})

test('the signature that is retrieved is the exhaustive best', () => {
  const random = randomOf(11)
  const below = (n: number): number => Math.floor(random() * n)
  const shapes = new CallShapes()
  const tree = (size: number, entry: number | null): Subtree => {
    const children: Subtree[] = []
    for (let left = size - 1; left > 0; ) {
      const share = 1 + below(left)
      children.push(tree(share, null))
      left -= share
    }
    return shapes.subtree(
      entry === null ? shapes.label(`s${below(6)}`, `o${below(3)}`) : shapes.label('gate', `e${entry}`),
      children,
    )
  }
  const store = new ChainSignatures()
  for (let i = 0; i < 600; i++) {
    const shape = shapes.shapeOf(tree(3 + below(10), below(5)))
    store.learn({
      id: 't',
      shape,
      wholeMs: 1,
      selfMs: shape.labels.map(() => 1),
      runs: null,
      failed: null,
      silent: null,
    })
  }
  const aligner = createAligner()
  let asked = 0
  for (let i = 0; i < 200; i++) {
    const shape = shapes.shapeOf(tree(3 + below(10), below(6)))
    const found = nearestChain(store, aligner, shape)
    if (found === null) continue
    const own = store.entry(shape.labels[0] as never)
    const { sequence, inserts } = found.query
    const costs = [...(own === undefined ? store.entries : [own])].flatMap(({ members }) =>
      members.map(member => aligner.cost(sequence, member.sequence, inserts, Number.POSITIVE_INFINITY)),
    )
    assert.equal(found.cost, Math.min(...costs))
    asked++
  }
  assert.ok(asked > 100)
})
