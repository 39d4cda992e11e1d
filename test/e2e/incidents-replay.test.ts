import assert from 'node:assert/strict'
import path from 'node:path'
import { it } from 'node:test'
import type { IncidentReport } from '../../src/response/incidents/report.ts'
import type { WouldRefuseReport } from '../../src/response/would-refuse.ts'
import { apiKeyPolicy } from '../support/api-keys.ts'
import { portcullis } from '../support/command.ts'
import { type InsightWorld, startInsightWorld } from '../support/insight-world.ts'

const keys = { ann: 'pck_ann_0123456789abcdef0123456789', eve: 'pck_eve_0123456789abcdef0123456789' }

/** What `incidents list` and `incidents would-refuse` say to programs of a state folder. */
async function told(
  world: InsightWorld,
  state: string,
): Promise<{ readonly incidents: readonly IncidentReport[]; readonly wouldRefuse: WouldRefuseReport }> {
  const ask = async (...args: string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await portcullis(
      world.folder,
      ['incidents', ...args, '--json', '--state', state],
      512,
    )
    assert.equal(code, 0, stderr)
    return JSON.parse(stdout)
  }
  const { incidents } = (await ask('list')) as { readonly incidents: readonly IncidentReport[] }
  return { incidents, wouldRefuse: (await ask('would-refuse', '--severity', 'info')) as WouldRefuseReport }
}

it('a replay of what was recorded gives the incidents that live traffic gave, each time', {
  timeout: 180_000,
}, async () => {
  await using world = await startInsightWorld({
    workers: 2,
    origin(request, response) {
      request.resume()
      if (request.url?.startsWith('/admin')) response.statusCode = 404
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ id: request.url, amount: 3 }))
    },
    policies: `[${apiKeyPolicy(keys)}]`,
    insight: 'detection: { baselines: [{ detector: enumeration, metric: objects-10m, threshold: 8 }] }',
  })
  const get = async (key: string, target: string): Promise<void> => {
    const answer = await fetch(`http://127.0.0.1:${world.port}${target}`, { headers: { 'X-API-Key': key } })
    await answer.arrayBuffer()
  }
  for (let n = 0, sent = 0; n < 240; n++) {
    await get(keys.ann, `/orders/${100 + (n % 5)}`)
    await get(keys.eve, `/orders/${10_000 + n}`)
    await get(n % 2 === 0 ? 'pck_nobody' : keys.eve, `/admin/${String.fromCharCode(97 + (n % 26))}${n}`)
    sent += 3
    // A gateway drops what insight cannot keep up with; here nothing may be lost.
    if (n % 40 !== 39) continue
    const { status } = await world.insightWhen('all is learnt', one => one.counts.events === sent)
    assert.deepEqual([status?.eventsDropped, status?.contentsDropped, status?.counts.failed], [0, 0, 0])
  }
  assert.equal(await world.gateway.stop(), 0)

  const live = await told(world, path.join(world.stateDir, 'insight'))
  assert.ok(
    live.incidents.some(
      ({ classes, principals }) => classes.includes('enumeration') && principals.includes('api-key - eve'),
    ),
    JSON.stringify(live),
  )
  assert.deepEqual(
    live.wouldRefuse.callers.map(({ caller }) => caller),
    ['api-key - eve'],
  )
  for (const name of ['first', 'second']) {
    // Beside the live state, so that identifiers are hashed with the same key.
    const state = path.join(world.stateDir, name)
    const replayed = await portcullis(
      world.folder,
      ['replay', '--json', '--config', world.config, '--state', state, world.record],
      512,
    )
    assert.equal(replayed.code, 0, replayed.stderr)
    assert.deepEqual(await told(world, state), live, name)
  }
  const [judged, plain] = await Promise.all(
    [[], ['--no-detection']].map(async flags => {
      const { code, stdout, stderr } = await portcullis(world.folder, ['replay', '--json', ...flags, world.record], 512)
      assert.equal(code, 0, stderr)
      return JSON.parse(stdout) as { readonly incidents: readonly unknown[]; readonly operations: unknown }
    }),
  )
  assert.deepEqual(plain?.incidents, [], 'nothing is judged where nobody asks for it')
  assert.deepEqual(plain?.operations, judged?.operations)
})
