import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { it } from 'node:test'
import type { IncidentReport } from '../../src/response/incidents/report.ts'
import { apiKeyPolicy } from '../support/api-keys.ts'
import { portcullis } from '../support/command.ts'
import { startInsightWorld } from '../support/insight-world.ts'
import { until } from '../support/until.ts'

// The whole loop: the gateway enforces and tells insight, a detector finds, an incident is made, the policy acts on it, a person closes it.

const keys = { ann: 'pck_ann_0123456789abcdef0123456789', eve: 'pck_eve_0123456789abcdef0123456789' }

it('who goes through objects one by one is found, explained and blocked, others are served on, until a person closes the incident', {
  timeout: 180_000,
}, async () => {
  await using world = await startInsightWorld({
    workers: 2,
    origin(request, response) {
      request.resume()
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ id: request.url, amount: 3 }))
    },
    policies: `[${apiKeyPolicy(keys)}, { use: behaviour, with: { action: block } }]`,
    insight: 'detection: { baselines: [{ detector: enumeration, metric: objects-10m, threshold: 8 }] }',
    more: 'events: [{ sink: file, path: FOLDER/events.ndjson }]',
  })
  const get = async (who: keyof typeof keys, id: number): Promise<{ status: number; body: { code?: string } }> => {
    const answer = await fetch(`http://127.0.0.1:${world.port}/orders/${id}`, { headers: { 'X-API-Key': keys[who] } })
    return { status: answer.status, body: (await answer.json()) as { code?: string } }
  }
  const incidents = async (): Promise<readonly IncidentReport[]> =>
    (JSON.parse((await world.ask('/incidents')).text) as { incidents: readonly IncidentReport[] }).incidents

  for (let n = 0; n < 60; n++) assert.equal((await get('ann', 100 + (n % 5))).status, 200)
  let asked = 0
  const blocked = await until('eve is blocked', 60_000, async () => {
    for (let n = 0; n < 20; n++) {
      const answer = await get('eve', 10_000 + asked++)
      if (answer.status === 403) return answer
      assert.equal(answer.status, 200)
    }
    return null
  })
  assert.equal(blocked.body.code, 'behaviour-abnormal')
  assert.ok(asked > 60, `blocked after ${asked}`)
  assert.equal((await get('ann', 101)).status, 200)

  const [incident, ...others] = await incidents()
  assert.ok(incident !== undefined && others.length === 0)
  assert.equal(incident.running, true)
  assert.deepEqual(incident.principals, ['api-key - eve'])
  assert.deepEqual(incident.classes, ['enumeration'])
  assert.ok(incident.references.includes('API1:2023'))
  assert.deepEqual(
    incident.addresses.map(({ address }) => address),
    ['127.0.0.1'],
  )
  assert.match(incident.summary, /By api-key - eve, from 127\.0\.0\.1.*different objects/)
  assert.match(incident.accounts[0]?.normal ?? '', /./)

  const event = await until('the event of a refusal is written', 30_000, () =>
    readFileSync(path.join(world.folder, 'events.ndjson'), 'utf8')
      .split('\n')
      .find(line => line.includes('"code":"behaviour-abnormal"')),
  )
  assert.match(event, new RegExp(`incident ${incident.number} \\(high\\)`))

  const listed = await portcullis(world.folder, ['incidents', '--config', world.config])
  assert.equal(listed.code, 0, listed.stderr)
  assert.match(listed.stdout, /high +running .* api-key - eve /)
  const wrong = await portcullis(world.folder, ['incidents', 'close', '99', '--reason', 'x', '--config', world.config])
  assert.equal(wrong.code, 1)
  assert.match(wrong.stderr, /there is no incident 99/)

  const closed = await portcullis(world.folder, [
    'incidents',
    'close',
    String(incident.number),
    '--reason=a test of ours',
    '--author=ann',
    `--config=${world.config}`,
  ])
  assert.equal(closed.code, 0, closed.stderr)
  await until('eve is served again', 30_000, async () => ((await get('eve', 10_000)).status === 200 ? true : null))
  const shown = await portcullis(world.folder, ['incidents', 'show', String(incident.number), '--config', world.config])
  assert.match(shown.stdout, /close by ann: a test of ours/)
})
