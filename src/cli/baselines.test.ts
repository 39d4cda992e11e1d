import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { portcullis } from '../../test/support/command.ts'
import type { BaselinesReport } from '../insight/detection/ask.ts'

const root = path.resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(path.join(os.tmpdir(), 'portcullis-baselines-'))
const learnt = path.join(folder, 'learnt')
const key = 'volume/actor-10m/jwt'
after(() => rmSync(folder, { recursive: true }))

/** Runs `baselines …` and reads its JSON; it must succeed. */
async function json<T>(cwd: string, ...args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await portcullis(cwd, ['baselines', ...args, '--json'])
  assert.equal(code, 0, `${args.join(' ')}: ${stderr}`)
  return JSON.parse(stdout) as T
}

async function refused(cwd: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await portcullis(cwd, ['baselines', ...args])
  assert.deepEqual([code, stdout], [1, ''], args.join(' '))
  return stderr
}

/** A gateway's folder whose insight ended, with a configuration that has a scenario. */
function ended(name: string): string {
  const cwd = path.join(folder, name)
  cpSync(learnt, cwd, { recursive: true })
  writeFileSync(
    path.join(cwd, 'portcullis.yaml'),
    `version: 1
stateDir: kept
listeners: [{ name: local, address: 127.0.0.1:8080 }]
services: { shop: { targets: [http://127.0.0.1:3000] } }
insight: { detection: { scenarios: [{ name: sale, factor: 3, begin: operator }] } }
routes:
  - { name: orders, match: { path: /api/** }, service: shop, policies: [{ use: anonymous }] }
`,
  )
  return cwd
}

describe('portcullis baselines, beside a gateway that ended', () => {
  before(async () => {
    const calls = path.join(root, 'examples/inventory/calls.ndjson')
    const { code, stderr } = await portcullis(
      root,
      ['replay', calls, '--state', path.join(learnt, 'kept/insight')],
      512,
    )
    assert.equal(code, 0, stderr)
  })

  it('lists what no detector has asked for since, as it was learnt from the files', async () => {
    const cwd = ended('listed')
    const kept = await json<BaselinesReport>(cwd)
    const files = await json<BaselinesReport>(cwd, 'list', path.join(root, 'examples/inventory/calls.ndjson'))
    assert.ok(kept.baselines.some(one => one.key === key && one.samples > 0 && one.unit !== ''))
    const measured = ({ baselines }: BaselinesReport) => baselines.filter(({ samples }) => samples > 0)
    assert.ok(measured(kept).length > 20)
    assert.deepEqual(measured(kept), measured(files))
    assert.deepEqual(kept.budget, files.budget)
    const { stdout } = await portcullis(cwd, ['baselines'])
    for (const words of ['1 in 10,000 requests', key, 'automatic', 'warming up'])
      assert.ok(stdout.includes(words), words)
  })

  it('a threshold is tried, set, taken back and released, each with author and reason, and stands over processes', async () => {
    const cwd = ended('set')
    const row = async () => (await json<BaselinesReport>(cwd)).baselines.find(one => one.key === key)
    const before = await row()
    const tried = await json<{ judged: number; wouldAlarm: number }>(cwd, 'try', key, '0')
    assert.ok(tried.judged > 0 && tried.wouldAlarm > 0)
    assert.equal((await json<{ wouldAlarm: number }>(cwd, 'try', key, '1000')).wouldAlarm, 0)
    assert.deepEqual(await row(), before, 'nothing was changed by trying')
    const signed = ['--author', 'ada', '--reason', 'a new partner']
    const set = await json<{ version: { number: number }; replay: unknown }>(cwd, 'set', key, '0', ...signed)
    assert.deepEqual(set.replay, { judged: tried.judged, wouldAlarm: tried.wouldAlarm })
    await json(cwd, 'set', key, '40', ...signed)
    assert.deepEqual([(await row())?.mode, (await row())?.threshold], ['manual', 40])
    await json(cwd, 'rollback', '2', ...signed)
    assert.deepEqual([(await row())?.mode, (await row())?.threshold], ['manual', 0])
    await json(cwd, 'release', key, ...signed)
    assert.deepEqual(await row(), before)
    await json(cwd, 'accept', key, ...signed)
    const { versions } = await json<BaselinesReport>(cwd)
    assert.deepEqual(
      versions.map(({ kind, author, reason, before, after }) => [kind, author, reason, before, after]),
      [
        ['set', 'ada', 'a new partner', null, 0],
        ['set', 'ada', 'a new partner', 0, 40],
        ['set', 'ada', 'a new partner', 40, 0],
        ['set', 'ada', 'a new partner', 0, null],
        ['accept', 'ada', 'a new partner', null, null],
      ],
    )
  })

  it('a scenario of the configuration begins, and another does not', async () => {
    const cwd = ended('scenario')
    await json(cwd, 'begin', 'sale', '--for', '6h', '--reason', 'ticket 7')
    const report = await json<BaselinesReport>(cwd)
    assert.equal(report.scenario, 'sale')
    assert.deepEqual(
      report.begun.map(({ name, label }) => [name, label]),
      [['sale', 'ticket 7']],
    )
    assert.match(await refused(cwd, 'begin', 'night', '--for', '6h', '--reason', 'x'), /no scenario night/)
    assert.match(
      await refused(folder, 'begin', 'sale', '--for', '6h', '--reason', 'x', '--state', path.join(cwd, 'kept')),
      /name the configuration \(--config\)/,
    )
    assert.match(await refused(cwd, 'begin', 'sale', '--for', '32d', '--reason', 'x'), /31 days/)
    assert.match(await refused(cwd, 'begin', 'sale', '--for', 'long', '--reason', 'x'), /no time/)
  })

  it('what cannot be is refused in words', async () => {
    const cwd = ended('refused')
    assert.match(await refused(cwd, 'set', 'volume/none/', '3', '--reason', 'x'), /no baseline volume\/none\//)
    assert.match(await refused(cwd, 'try', 'volume/none/', '3'), /no baseline volume\/none\//)
    for (const threshold of ['NaN', '-1'])
      assert.match(await refused(cwd, 'set', '--reason', 'x', '--', key, threshold), /no threshold/)
    assert.match(await refused(cwd, 'set', key, '3', '--reason', ' '), /empty or too long/)
    assert.match(await refused(cwd, 'rollback', '7', '--reason', 'x'), /no version 7/)
    assert.match(await refused(cwd, 'rollback', 'first', '--reason', 'x'), /no number of a version/)
    assert.match(await refused(cwd, 'admit', 'a shape', '--reason', 'x'), /no shape a shape waits/)
    assert.match(await refused(cwd, 'release', key), /--reason/)
    assert.deepEqual((await json<BaselinesReport>(cwd)).versions, [])
  })
})
