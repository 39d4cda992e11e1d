import assert from 'node:assert/strict'
import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { type Gate, gateOf } from '../../quality/bed/gate.ts'
import { loadConfiguration } from '../../src/cli/load-configuration.ts'
import { attackClasses } from './attacks/list.ts'
import { serviceNamed, spiffeOf } from './estate.ts'
import { type BedFiles, generateBed } from './generate.ts'
import type { Truth } from './truth.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-attacks-'))
const seed = 3
/** Attacks do not shrink with the bed. */
const visits = 0.2
let dev: BedFiles
let truth: Truth
let lines: Line[]
let labels: Map<string, { readonly class: string; readonly attack: string }>

interface Line {
  readonly id: string
  readonly time: string
  readonly durationMs: number
  readonly traceId?: string
  readonly listener: string
  readonly client: string
  readonly method: string
  readonly url: string
  readonly route: string | null
  readonly status: number
  readonly verdict: string
  readonly code?: string
  readonly principal?: { readonly subject: string; readonly method: string; readonly issuer: string | null }
  readonly request: { readonly headers: ReadonlyArray<readonly [string, string]>; readonly body?: string }
}

before(async () => {
  dev = await generateBed({ seed, days: 1, out: path.join(folder, 'dev'), unseen: false, attacks: 'dev', visits })
  truth = JSON.parse(readFileSync(dev.truth, 'utf8')) as Truth
  lines = await linesOf(dev.exchanges)
  labels = new Map(
    readFileSync(dev.labels, 'utf8')
      .trim()
      .split('\n')
      .map(text => {
        const label = JSON.parse(text) as { id: string; abnormal: boolean; class: string; attack: string }
        assert.equal(label.abnormal, true)
        return [label.id, label] as const
      }),
  )
})
after(() => rmSync(folder, { recursive: true, force: true }))

async function linesOf(file: string): Promise<Line[]> {
  const out: Line[] = []
  for await (const text of createInterface({ input: createReadStream(file) })) {
    // Answers are large and nothing here looks at them.
    const { response: _response, ...line } = JSON.parse(text) as Line & { response: unknown }
    out.push(line)
  }
  return out
}

describe('the bed under attack', () => {
  it('are written down when they end, as a gateway does, slow ones among quick ones', () => {
    const ends = lines
      .filter(({ id }) => labels.get(id)?.class !== 'adversary')
      .map(({ time, durationMs }) => Date.parse(time) + durationMs)
    // Times are written to the millisecond.
    for (const [i, end] of ends.entries()) assert.ok(i === 0 || end >= (ends[i - 1] as number) - 1, `line ${i}`)
    assert.ok(lines.some(({ durationMs }) => durationMs > 10_000))
  })

  it('writes the same bytes for the same seed and set, and other attacks for the other set', async () => {
    const again = await generateBed({
      seed,
      days: 1,
      out: path.join(folder, 'again'),
      unseen: false,
      attacks: 'dev',
      visits,
    })
    for (const name of ['exchanges', 'spans', 'labels', 'truth', 'parents'] as const)
      assert.ok(readFileSync(again[name]).equals(readFileSync(dev[name])), `${name} differs`)
    const other = await generateBed({
      seed,
      days: 1,
      out: path.join(folder, 'acceptance'),
      unseen: false,
      attacks: 'acceptance',
      visits,
    })
    const { attacks } = JSON.parse(readFileSync(other.truth, 'utf8')) as Truth
    assert.deepEqual(attacks.map(({ id }) => id).sort(), truth.attacks.map(({ id }) => id).sort())
    const same = attacks.filter(({ id, from, exchanges }) => {
      const twin = truth.attacks.find(one => one.id === id)
      return twin?.from === from && twin.exchanges === exchanges
    })
    assert.deepEqual(same, [])
  })

  it('plays every variant of every class three times, from outside, from a pod and under a forged header, all over the day', () => {
    for (const { name, variants, inside } of attackClasses)
      for (const variant of Object.keys(variants)) {
        const played = truth.attacks.filter(one => one.class === name && one.variant === variant)
        assert.equal(played.length, 3, `${name}/${variant}`)
        if (inside !== true)
          assert.deepEqual(
            played.map(({ id, internal }) => [id.split('/')[2], internal]).sort(),
            [
              ['forged', false],
              ['outside', false],
              ['pod', true],
            ],
            `${name}/${variant}`,
          )
      }
    assert.ok(new Set(truth.attacks.map(({ from }) => from.slice(11, 13))).size >= 18)
    const forged = lines.filter(({ id }) => labels.get(id)?.attack.endsWith('/forged') === true)
    assert.ok(forged.length > 1_000)
    for (const { request, client } of forged) {
      assert.ok(request.headers.some(([name]) => name === 'x-forwarded-for'))
      assert.ok(!client.startsWith('10.'), client)
    }
  })

  it('labels exchanges and traces that are there, as often as the truth says', () => {
    const counted = new Map<string, number>()
    const traces = new Set(lines.flatMap(({ traceId }) => traceId ?? []))
    const ids = new Set(lines.map(({ id }) => id))
    for (const [id, { attack }] of labels) {
      assert.ok(ids.has(id) || traces.has(id), id)
      if (ids.has(id)) counted.set(attack, (counted.get(attack) ?? 0) + 1)
    }
    assert.deepEqual(
      [...counted].sort(),
      truth.attacks.map(({ id, exchanges }) => [id, exchanges] as [string, number]).sort(),
    )
  })

  it('is refused exactly where the gateway with this configuration refuses', async () => {
    const gate = gateOf(await loadConfiguration(dev.configuration))
    let asked = 0
    for (const [n, line] of lines.entries()) {
      const wanted = labels.has(line.id) || line.url.includes('/login') || line.verdict === 'refuse' || n % 40 === 0
      // A recorder whose clock is wrong tells nothing of when the gateway judged.
      if (!wanted || labels.get(line.id)?.attack.includes('time-jumps') === true) continue
      asked++
      const judged = await judge(gate, line)
      // A minute may be counted a little otherwise; every other word must be the same.
      if (line.code === 'rate-limited' || judged === 'rate-limited') continue
      assert.equal(judged, line.code ?? null, `${line.method} ${line.url} by ${line.principal?.subject}`)
    }
    gate.close()
    assert.ok(asked > 15_000, `${asked} asked`)
  })

  it('has honest callers who make mistakes beside it', () => {
    const honest = lines.filter(({ id }) => !labels.has(id))
    const has = (what: string, least: number, is: (line: Line) => boolean): void => {
      const count = honest.filter(is).length
      assert.ok(count >= least, `${count} ${what}`)
    }
    has(
      'wrong passwords',
      5,
      ({ url, status, verdict }) => url.endsWith('/login') && status === 401 && verdict === 'pass',
    )
    has('mistyped ids', 5, ({ status, verdict }) => status === 404 && verdict === 'pass')
    has('sessions that ended', 2, ({ code }) => code === 'credential-expired')
    has('forms not filled', 3, ({ code }) => code === 'body-invalid')
    has('stray paths', 3, ({ code }) => code === 'no-route')
    has('proxies of offices', 40, ({ request }) => request.headers.some(([name]) => name === 'x-forwarded-for'))
    has('jobs of services', 200, ({ listener, time }) => listener === 'mesh' && time.slice(11, 13) < '07')
    const networks = Map.groupBy(
      honest.filter(({ principal }) => principal?.method === 'jwt'),
      ({ request }) => request.headers.find(([name]) => name === 'authorization')?.[1] ?? '',
    )
    const wandering = [...networks.values()].filter(calls => new Set(calls.map(({ client }) => client)).size > 1)
    assert.ok(wandering.length >= 5, `${wandering.length} tokens from two networks`)
  })

  it('hides attacks in the days to learn from, in about the share that was asked for, and labels them', async () => {
    const files = await generateBed({
      seed,
      days: 1,
      out: path.join(folder, 'poison'),
      unseen: false,
      poison: 0.01,
      visits: 0.5,
    })
    const all = await linesOf(files.exchanges)
    const { attacks } = JSON.parse(readFileSync(files.truth, 'utf8')) as Truth
    const share = attacks.reduce((sum, { exchanges }) => sum + exchanges, 0) / all.length
    assert.ok(share > 0.006 && share < 0.016, String(share))
    assert.ok(attacks.every(({ exchanges }) => exchanges < 200))
  })
})

async function judge(gate: Gate, line: Line): Promise<string | null> {
  const url = new URL(line.url)
  const headers = line.request.headers.map(([name, value]) => [name.toLowerCase(), value] as const)
  const contentType = headers.find(([name]) => name === 'content-type')?.[1] ?? null
  // The certificate of a workload that was refused is not in the line; its agent names it.
  const agent = headers.find(([name]) => name === 'user-agent')?.[1] ?? ''
  const workload = line.listener === 'mesh' ? spiffeOf(serviceNamed(agent.split('/')[0] ?? '')) : null
  return gate.judge({
    time: line.time,
    service: '',
    method: line.method,
    path: url.pathname,
    query: [...url.searchParams],
    headers,
    contentType,
    body: line.request.body,
    status: line.status,
    host: url.host,
    client: line.client,
    listener: line.listener,
    principal:
      workload === null
        ? (line.principal ?? { method: 'anonymous', issuer: null, subject: 'anonymous' })
        : { method: 'mtls', issuer: 'CN=Bed CA', subject: workload },
    target: '',
  })
}
