import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { headingOf } from '../../src/insight/posture/catalogue.ts'
import { loadConfiguration } from '../../src/cli/load-configuration.ts'
import { type BedFiles, generateBed } from './generate.ts'
import type { Truth } from './truth.ts'
import { createWorld } from './world.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-bed-'))
let first: BedFiles
let truth: Truth

before(async () => {
  first = await generateBed({ seed: 3, days: 1, out: path.join(folder, 'first'), unseen: false, plain: true })
  truth = JSON.parse(readFileSync(first.truth, 'utf8')) as Truth
})
after(() => rmSync(folder, { recursive: true, force: true }))

/** Relative name → content, of everything in a folder. */
function contents(name: string): Map<string, string> {
  const root = path.join(folder, name)
  return new Map(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => path.join(entry.parentPath, entry.name))
      .map(file => [path.relative(root, file), readFileSync(file, 'utf8')] as const),
  )
}

describe('the bed', () => {
  it('writes the same bytes for the same seed, and has other people for another', async () => {
    await generateBed({ seed: 3, days: 1, out: path.join(folder, 'again'), unseen: false, plain: true })
    const [one, two] = [contents('first'), contents('again')]
    assert.ok(one.size >= 14, `${one.size} files`)
    assert.deepEqual([...one.keys()].sort(), [...two.keys()].sort())
    for (const [name, text] of one) assert.ok(text === two.get(name), `${name} differs`)
    assert.notDeepEqual(createWorld(3).people, createWorld(4).people)
  })

  it('has an unseen day of the same world: the same configuration and documents, other calls, no attacks', async () => {
    await generateBed({ seed: 3, days: 1, out: path.join(folder, 'unseen'), unseen: true, plain: true })
    const [one, two] = [contents('first'), contents('unseen')]
    for (const name of ['portcullis.yaml', 'kubernetes.json', 'openapi/orders.json'])
      assert.ok(one.get(name) === two.get(name), `${name} differs`)
    const calls = (two.get('exchanges.ndjson') ?? '').split('\n').filter(line => line !== '')
    assert.ok(one.get('exchanges.ndjson') !== two.get('exchanges.ndjson'))
    assert.ok(calls.length > 20_000, `${calls.length} calls`)
    assert.equal(calls.filter(line => line.includes('"verdict":"refuse"')).length, 0)
    const { from } = JSON.parse(two.get('truth.json') ?? '') as Truth
    assert.equal(from, truth.to)
  })

  it('has eight services of two tenants, weaknesses enough under four headings, and as many sound operations', () => {
    assert.equal(new Set(truth.operations.map(({ service }) => service)).size, 8)
    assert.equal(new Set(truth.operations.map(({ tenant }) => tenant)).size, 2)
    const headings = Object.groupBy(truth.weaknesses, ({ rule }) => headingOf(rule))
    const counted = (['connection', 'access', 'parameters', 'responses'] as const).map(
      heading => headings[heading]?.length ?? 0,
    )
    assert.ok(
      counted.every(count => count >= 10),
      counted.join(', '),
    )
    assert.ok(counted.reduce((sum, count) => sum + count, 0) >= 60)
    assert.ok(truth.operations.filter(({ sound }) => sound).length >= 60)
    for (const list of [truth.shadow, truth.zombie, truth.orphan]) assert.ok(list.length >= 5)
  })

  it('calls every operation that is no orphan often enough to be learnt', () => {
    const orphans = new Set(truth.orphan)
    const rare = truth.operations.filter(({ id, calls }) => !orphans.has(id) && calls < 10)
    assert.deepEqual(rare, [])
    for (const { id } of truth.operations.filter(({ calls }) => calls === 0)) assert.ok(orphans.has(id), id)
  })

  it('grants callers more than they use', () => {
    const wide = truth.callers.filter(({ granted, used }) => granted.length > used.length)
    assert.ok(wide.length >= 8, `${wide.length} callers`)
    for (const { caller, granted, used } of truth.callers)
      assert.deepEqual(
        used.filter(id => !granted.includes(id)),
        [],
        caller,
      )
  })

  it('gives addresses of pods that ended to pods of other services, through three roll-outs', () => {
    const byService = Map.groupBy(truth.placements, ({ service }) => service)
    for (const [service, placements] of byService)
      assert.equal(new Set(placements.map(({ pod }) => pod.split('-').at(-2))).size, 4, service)
    const again = [...Map.groupBy(truth.placements, ({ address }) => address).values()].filter(
      placements => new Set(placements.map(({ service }) => service)).size > 1,
    )
    assert.ok(again.length >= 10, `${again.length} addresses wander`)
  })

  it('has a configuration that the gateway takes', async () => {
    const { config } = await loadConfiguration(first.configuration)
    assert.ok(config.routes.length >= 200)
  })
})
