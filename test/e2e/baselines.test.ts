import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BaselinesReport } from '../../src/insight/detection/ask.ts'
import { portcullis } from '../support/command.ts'
import { type InsightWorld, startInsightWorld } from '../support/insight-world.ts'

const report = async (world: InsightWorld) => JSON.parse((await world.ask('/baselines')).text) as BaselinesReport

describe('baselines of a gateway at work', { timeout: 120_000 }, () => {
  it('are changed through its control API, show there at once, and stand after a restart', async () => {
    await using world = await startInsightWorld({
      origin: (req, res) => {
        req.resume()
        res.setHeader('content-type', 'application/json').end('{"id":1}')
      },
      insight: 'detection: { scenarios: [{ name: sale, factor: 3, begin: operator }] }',
    })
    for (let i = 0; i < 40; i++) await (await fetch(`http://127.0.0.1:${world.port}/orders/${i}`)).arrayBuffer()
    await world.insightWhen('all is learnt', ({ counts }) => counts.events === 40)
    const { baselines } = await report(world)
    const [first] = baselines
    assert.ok(first !== undefined, 'there are baselines')
    const change = async (...args: readonly string[]): Promise<void> => {
      const { code, stderr } = await portcullis(world.folder, ['baselines', ...args, '--reason', 'a test', '--json'])
      assert.equal(code, 0, stderr)
    }
    await change('set', first.key, '12.5')
    await change('begin', 'sale', '--for', '1h')
    const asChanged = async () => {
      const { scenario, baselines: rows, versions } = await report(world)
      const row = rows.find(({ key }) => key === first.key)
      return [scenario, row?.mode, row?.threshold, versions.map(({ key, after }) => [key, after])]
    }
    const wanted = ['sale', 'manual', 12.5, [[first.key, 12.5]]]
    assert.deepEqual(await asChanged(), wanted)
    const refused = await portcullis(world.folder, ['baselines', 'set', 'none', '3', '--reason', 'a test'])
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /no such baseline/)
    assert.equal(await world.gateway.stop(), 0)
    await world.restart()
    await world.insightWhen('insight runs again', ({ connections }) => connections === 1)
    assert.deepEqual(await asChanged(), wanted)
  })
})
