import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { portcullis } from '../../test/support/command.ts'
import type { ScoreLine } from '../insight/behaviour/score-line.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'portcullis-learn-'))
const main = path.resolve(import.meta.dirname, 'main.ts')
after(() => rmSync(folder, { recursive: true }))

const run = (...args: string[]) => portcullis(folder, args, 512)
const write = (name: string, lines: readonly object[]): void =>
  writeFileSync(path.join(folder, name), lines.map(line => `${JSON.stringify(line)}\n`).join(''))
const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8')

let seed = 5
function random(): number {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
  return (seed + 0.5) / 4_294_967_296
}

/** A request's latencies: log-normal, three ways to go; `slow`: some of its calls take many times as long. */
function latencies(id: string, slow = false): { id: string; edges: Record<string, number> } {
  const ways = [
    ['web', 'cart', 'stock', 'db'],
    ['web', 'search', 'index'],
    ['web', 'pay', 'bank', 'db', 'mail'],
  ]
  const way = ways[Math.floor(random() * 3)] as string[]
  const gauss = (): number => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random())
  const edges = Object.fromEntries(
    way.map((name, i) => [name, Math.exp(2 + i * 0.4 + gauss() * 0.35) * (slow && i > 0 ? 8 + 8 * random() : 1)]),
  )
  return { id, edges }
}

const normal = Array.from({ length: 1_500 }, (_, i) => latencies(`n${i}`))
const fresh = Array.from({ length: 1_500 }, (_, i) => latencies(`f${i}`))
const slow = Array.from({ length: 150 }, (_, i) => latencies(`s${i}`, true))

before(() => {
  write('normal.ndjson', normal)
  write('backward.ndjson', normal.toReversed())
  write('test.ndjson', [...fresh, ...slow])
  write('labels.ndjson', [
    ...fresh.map(({ id }) => ({ id, abnormal: false })),
    ...slow.map(({ id }) => ({ id, abnormal: true })),
  ])
})

test('what is slow is found, what is usual is not, and each line says why', async () => {
  const learnt = await run('learn', '--format', 'vectors', '--to', 'a.model', '--budget', '1e-2', 'normal.ndjson')
  assert.equal(learnt.code, 0, learnt.stderr)
  assert.equal(learnt.stdout, '')
  const scored = await run(
    'score',
    '--model',
    'a.model',
    '--format',
    'vectors',
    '--labels',
    'labels.ndjson',
    'test.ndjson',
  )
  assert.equal(scored.code, 0, scored.stderr)
  const lines = scored.stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as ScoreLine)
  assert.deepEqual(
    lines.map(({ id }) => id),
    [...fresh, ...slow].map(({ id }) => id),
  )
  assert.equal(new Set(lines.map(({ threshold }) => threshold)).size, 1)
  for (const { score, threshold, abnormal, similarity, explanation } of lines) {
    assert.ok(Number.isFinite(score) && similarity >= 0 && similarity <= 1)
    assert.equal(abnormal, score > threshold)
    assert.notEqual(explanation, '')
  }
  const figures = JSON.parse(scored.stderr.trimEnd().split('\n').at(-1) ?? '') as Record<string, number>
  assert.equal(figures['items'], 1_650)
  assert.equal(figures['skipped'], 0)
  assert.ok((figures['recall'] ?? 0) > 0.95, scored.stderr)
  assert.ok((figures['falseAlarmRate'] ?? 1) < 0.025, scored.stderr)
  assert.match(lines.at(-1)?.explanation ?? '', /took .* normally/)
})

test('the same files give the same bytes, another order the same judgements, and scoring changes nothing', async () => {
  for (const [to, file] of [
    ['b.model', 'normal.ndjson'],
    ['c.model', 'backward.ndjson'],
  ] as const)
    await run('learn', '--format', 'vectors', '--to', to, '--budget', '1e-2', file)
  const bytes = read('b.model')
  await run('learn', '--format', 'vectors', '--to', 'd.model', '--budget', '1e-2', 'normal.ndjson')
  assert.equal(read('d.model'), bytes)
  const [one, other] = await Promise.all(
    ['b.model', 'c.model'].map(model => run('score', '--model', model, '--format', 'vectors', 'test.ndjson')),
  )
  const scores = (text = ''): ScoreLine[] =>
    text
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as ScoreLine)
  const theirs = scores(other?.stdout)
  for (const [i, line] of scores(one?.stdout).entries()) {
    assert.equal(line.abnormal, theirs[i]?.abnormal)
    assert.ok(Math.abs(line.score - (theirs[i]?.score ?? 0)) < 1e-6)
  }
  assert.equal(read('b.model'), bytes)
})

test('lines that do not read are skipped, counted and named', async () => {
  writeFileSync(
    path.join(folder, 'broken.ndjson'),
    `{"id":"a"\n[]\n \t\r\n${JSON.stringify({ ...fresh[0], id: 7 })}\r\n`,
  )
  const { code, stdout, stderr } = await run('score', '--model', 'b.model', '--format', 'vectors', 'broken.ndjson')
  assert.equal(code, 0)
  assert.equal((JSON.parse(stdout) as ScoreLine).id, 7)
  assert.match(stderr, /2 lines did not read: .*broken\.ndjson line 1/)
  assert.equal((JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '') as { skipped: number }).skipped, 2)
})

test('a numbered item keeps every digit of its number, and labels find it', async () => {
  const ids = ['7', '-1608999687919862906', '12345678901234567890']
  const lines: Readonly<Record<string, (id: string, i: number) => string>> = {
    vectors: (id, i) => `{"id":${id},"edges":{"web":${3 + (i % 5)}}}`,
    sequences: id => `{"id": ${id}, "steps": ["open", "close"]}`,
    exchanges: (id, i) => `{"id":${id},"method":"GET","url":"/orders/${i}","body":"{\\"id\\":12345678901234567891}"}`,
    events: (id, i) => `{"time":"2026-11-01T10:00:00Z","method":"GET","path":"/orders/${i}","status":200,"id":${id}}`,
    spans: (id, i) =>
      `{"traceId":${id},"spanId":1,"service":"web","operation":"GET /","startUs":${i + 1}000,"durationUs":${900 + i}}`,
  }
  for (const [format, line] of Object.entries(lines)) {
    const known = Array.from({ length: 60 }, (_, i) => line(`"${i}"`, i))
    writeFileSync(path.join(folder, 'numbered-known.ndjson'), `${known.join('\n')}\n`)
    writeFileSync(path.join(folder, 'numbered.ndjson'), `${ids.map(line).join('\n')}\n`)
    writeFileSync(
      path.join(folder, 'numbered-labels.ndjson'),
      ids.map(id => `{"id":${id},"abnormal":false}\n`).join(''),
    )
    const learnt = await run('learn', '--format', format, '--to', 'numbered.model', 'numbered-known.ndjson')
    assert.equal(learnt.code, 0, learnt.stderr)
    const score = ['score', '--model', 'numbered.model', '--format', format, '--labels', 'numbered-labels.ndjson']
    const { stdout, stderr } = await run(...score, 'numbered.ndjson')
    const written = stdout
      .trimEnd()
      .split('\n')
      .map(text => /^\{"id":([^,]*),/.exec(text)?.[1])
    assert.deepEqual(written, ids, format)
    assert.equal((JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '') as { labelled: number }).labelled, 3, format)
  }
  writeFileSync(path.join(folder, 'numbered.ndjson'), ids.map(id => `${lines['vectors']?.(id, 1)}\n`).join(''))
  const review = ['learn', 'review', '--format', 'vectors', '--to', 'numbered-review.ndjson'] as const
  assert.equal((await run(...review, 'numbered.ndjson')).code, 0)
  for (const id of ids) assert.ok(read('numbered-review.ndjson').includes(`{"id":${id},`), id)
})

test('labels that do not read are counted, not listed one by one, and labels of other items are told', async () => {
  writeFileSync(path.join(folder, 'no-labels.ndjson'), 'x\n'.repeat(1_000))
  const broken = await run(
    'score',
    '--model',
    'b.model',
    '--format',
    'vectors',
    '--labels',
    'no-labels.ndjson',
    'test.ndjson',
  )
  assert.equal(broken.code, 0)
  assert.match(broken.stderr, /labels; 1,000 lines did not read: 1,000 × not JSON \(first no-labels\.ndjson line 1\)/)
  assert.equal(broken.stderr.trimEnd().split('\n').length, 2)
  write('others.ndjson', [{ id: 'elsewhere', abnormal: true }])
  const others = await run(
    'score',
    '--model',
    'b.model',
    '--format',
    'vectors',
    '--labels',
    'others.ndjson',
    'test.ndjson',
  )
  assert.match(others.stderr, /no label names an item that was read/)
  assert.equal((JSON.parse(others.stderr.trimEnd().split('\n').at(-1) ?? '') as { labelled: number }).labelled, 0)
})

test('names that a terminal would obey are written out, and mean the same as JSON', async () => {
  const hostile = { id: 'a\u009b31m\u202e\u001b[2Jb', edges: { 'web → \u009b2J\u001b]0;x\u0007': 3 } }
  write('hostile.ndjson', [hostile])
  const { code, stdout, stderr } = await run('score', '--model', 'b.model', '--format', 'vectors', 'hostile.ndjson')
  assert.equal(code, 0, stderr)
  assert.doesNotMatch(stdout + stderr, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
  assert.equal((JSON.parse(stdout) as ScoreLine).id, hostile.id)
})

test('an archive in one line of many megabytes is read', async () => {
  const text = JSON.stringify({ note: 'ring '.repeat(200_000) })
  const entries = Array.from({ length: 20 }, (_, i) => ({
    request: { method: 'POST', url: `https://shop.example/orders/${i}`, headers: [], postData: { text } },
    response: { status: 201, headers: [], content: {} },
  }))
  write('one-line.har', [{ log: { entries } }])
  const { code, stderr } = await run('learn', '--format', 'exchanges', '--to', 'har.model', 'one-line.har')
  assert.equal(code, 0, stderr)
  assert.match(stderr, /^20 items learnt/)
})

test('a reader that has seen enough ends the command without a word', async () => {
  write('long.ndjson', Array.from({ length: 20 }, () => fresh).flat())
  const child = spawn(process.execPath, [main, 'score', '--model', 'b.model', '--format', 'vectors', 'long.ndjson'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', text => (stderr += text))
  child.stdout.once('data', () => child.stdout.destroy())
  const [code] = (await once(child, 'close')) as [number | null]
  assert.equal(stderr, '')
  assert.equal(code, 0)
})

test('what cannot be done is said in words, exit code 1, and no model is left half written', async () => {
  const cases: Array<[args: string[], words: RegExp]> = [
    [['learn', '--format', 'rows', '--to', 'x.model', 'normal.ndjson'], /there is no format rows; there are .*vectors/],
    [['learn', '--format', 'vectors', '--to', 'x.model', 'nowhere.ndjson'], /there is no file nowhere\.ndjson/],
    [
      ['learn', '--format', 'vectors', '--to', 'x.model', 'labels.ndjson'],
      /no item of the format vectors was read.*1,650 lines did not read.*docs\/scoring\.md#vectors/s,
    ],
    [
      ['learn', '--format', 'vectors', '--to', 'no/x.model', 'normal.ndjson'],
      /cannot write no\/x\.model: there is no folder no/,
    ],
    [['learn', '--format', 'vectors', '--to', '.', 'normal.ndjson'], /cannot write \.: it is a folder/],
    [['learn', '--format', 'vectors', '--to', 'x.model', 'empty.ndjson'], /nothing is in what was named/],
    [['learn', '--format', 'vectors', '--to', 'x.model', '--budget', '2', 'normal.ndjson'], /a share between 0 and 1/],
    [
      ['score', '--model', 'none.model', '--format', 'vectors', 'test.ndjson'],
      /there is no file none\.model; `portcullis learn --format vectors` writes one/,
    ],
    [['score', '--model', 'labels.ndjson', '--format', 'vectors', 'test.ndjson'], /is no model that can be used/],
    [
      ['score', '--model', 'b.model', '--format', 'sequences', 'test.ndjson'],
      /learnt from vectors, not from sequences; `portcullis learn --format sequences`/,
    ],
    [
      ['score', '--model', 'later.model', '--format', 'vectors', 'test.ndjson'],
      /of version 9, this program knows 2; `portcullis learn/,
    ],
  ]
  writeFileSync(path.join(folder, 'empty.ndjson'), '')
  writeFileSync(path.join(folder, 'later.model'), read('b.model').replace('"version":2', '"version":9'))
  for (const [args, words] of cases) {
    const { code, stdout, stderr } = await run(...args)
    assert.equal(code, 1, args.join(' '))
    assert.match(stderr, words)
    assert.equal(stdout, '')
  }
  assert.deepEqual(
    readdirSync(folder).filter(name => name.startsWith('x.model') || name.endsWith('.part')),
    [],
  )
})

test('attacks hidden in training stand among the strangest, and labelling three of them finds the others', async () => {
  // Too few to give themselves away: more would be set aside without being asked for.
  const hidden = slow.slice(0, 9)
  const dirty = normal.flatMap((item, i) =>
    i % 80 === 7 && i < 720 ? [item, hidden[Math.floor(i / 80)] ?? item] : [item],
  )
  write('dirty.ndjson', dirty)
  const reviewed = await run('learn', 'review', '--format', 'vectors', '--to', 'open.ndjson', '--json', 'dirty.ndjson')
  assert.equal(reviewed.code, 0, reviewed.stderr)
  const { strangest } = JSON.parse(reviewed.stdout) as { strangest: ScoreLine[] }
  const seen = strangest.filter(({ id }) => String(id).startsWith('s'))
  assert.ok(seen.length >= 8, strangest.map(({ id }) => id).join(' '))
  // What a reviewer who has a look would write into the file.
  const open = read('open.ndjson')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as { id: string; label: null })
  assert.deepEqual(
    open.map(({ id }) => id),
    strangest.map(({ id }) => id),
  )
  const three = new Set(seen.slice(-3).map(({ id }) => id))
  write(
    'three.ndjson',
    open.map(line => (three.has(line.id) ? { ...line, label: 'abnormal' } : line)),
  )

  const poisoned = await run('learn', '--format', 'vectors', '--to', 'poisoned.model', 'dirty.ndjson')
  assert.equal(poisoned.code, 0)
  const tuned = await run(
    'learn',
    'tune',
    '--format',
    'vectors',
    '--to',
    'tuned.model',
    '--labels',
    'three.ndjson',
    'dirty.ndjson',
  )
  assert.equal(tuned.code, 0, tuned.stderr)
  assert.match(tuned.stdout, /^before .*\nafter .*3 of 3/m)
  const recallOf = async (model: string): Promise<number> => {
    const { stderr } = await run(
      'score',
      '--model',
      model,
      '--format',
      'vectors',
      '--labels',
      'labels.ndjson',
      'test.ndjson',
    )
    return (JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '') as { recall: number }).recall
  }
  const [worse, better] = [await recallOf('poisoned.model'), await recallOf('tuned.model')]
  assert.ok(better > 0.9 && better > worse, `${worse} → ${better}`)
})
