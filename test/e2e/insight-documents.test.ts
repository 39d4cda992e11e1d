import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import type { Assessment } from '../../src/insight/posture/assess.ts'
import type { Operation } from '../../src/insight/model/operation.ts'
import { type InsightWorld, startInsightWorld } from '../support/insight-world.ts'
import { until } from '../support/until.ts'

// Documents that the configuration names reach the insight of a running gateway, stay through its death, and are changed by a reload.

const json = (properties: object) => ({
  responses: {
    200: { description: '', content: { 'application/json': { schema: { type: 'object', properties } } } },
  },
})
const declared = {
  '/orders/{orderNumber}': { get: json({ id: { type: 'integer' } }), delete: json({}) },
  '/v1/orders': { get: { ...json({}), deprecated: true } },
}
const written = (paths: object): string =>
  JSON.stringify({ openapi: '3.1.0', info: { title: 'Shop', version: '1' }, paths }, null, 2)

async function standings(world: InsightWorld): Promise<Record<string, string>> {
  const { operations } = JSON.parse((await world.ask('/inventory')).text) as { operations: readonly Operation[] }
  return Object.fromEntries(
    operations.map(({ method, template, standing, drift }) => [
      `${method} ${template}`,
      [...standing, ...(drift.length > 0 ? ['drift'] : [])].join(' ') || 'in order',
    ]),
  )
}

const standingsWhen = (world: InsightWorld, what: string, expected: Record<string, string>): Promise<unknown> => {
  let last: unknown = null
  return until(what, 60_000, async () => {
    last = await standings(world)
    return JSON.stringify(last) === JSON.stringify(expected) ? true : null
  }).catch((error: unknown) => {
    throw new Error(`${(error as Error).message}: ${JSON.stringify(last)}`)
  })
}

test('shadow, zombie, orphan and drift hold on a running gateway, through a reload and the death of insight', async () => {
  await using world = await startInsightWorld({
    origin: (request, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(request.url?.startsWith('/orders') === true ? '{"id":1,"note":"a"}' : '{}')
    },
    service: 'openapi: file:shop.json',
    files: { 'shop.json': written(declared) },
  })
  for (let i = 0; i < 40; i++)
    for (const where of [`/orders/${i}`, '/v1/orders', '/debug'])
      assert.equal((await fetch(`http://127.0.0.1:${world.port}${where}`)).status, 200)
  const first = {
    'GET /debug': 'shadow',
    'DELETE /orders/{orderNumber}': 'orphan',
    'GET /orders/{orderNumber}': 'drift',
    'GET /v1/orders': 'zombie',
  }
  await standingsWhen(world, 'documents and calls are compared', first)
  const posture = JSON.parse((await world.ask('/posture')).text) as Assessment
  const rules = new Set(posture.findings.map(({ rule }) => rule))
  assert.ok(rules.has('shadow-operation'), [...rules].join())

  // Insight dies; the next one is told before it takes anything.
  const before = await world.insightWhen('insight runs', ({ savedEvents }) => savedEvents >= 120)
  process.kill(before.pid as number, 'SIGKILL')
  await world.insightWhen('another one is at work', (_, { pid }) => pid !== null && pid !== before.pid)
  await standingsWhen(world, 'the next one compares as well', first)

  const document = path.join(world.folder, 'shop.json')
  writeFileSync(document, written({ ...declared, '/debug': { get: json({}) } }))
  await standingsWhen(world, 'the new document holds', { ...first, 'GET /debug': 'in order' })

  writeFileSync(document, '{\n  "openapi": "3.1.0",\n  "paths": {]\n}\n')
  await until('the broken one is refused with file and line', 60_000, () =>
    world.gateway.lines.some(line => /shop\.json:3:\d+ \/services\/shop\/openapi/.test(line)) ? true : null,
  )
  assert.deepEqual(await standings(world), { ...first, 'GET /debug': 'in order' })
})
