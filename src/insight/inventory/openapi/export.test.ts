import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { stringify } from 'yaml'
import { jsonBody, objectShape, seenExchange } from '../../../../test/support/seen-exchange.ts'
import { policies } from '../../../policies/index.ts'
import { compilePattern } from '../../../policies/json-schema/pattern.ts'
import { loadConfig, type LoadedConfig } from '../../../config/load.ts'
import { compileJsonSchema } from '../../../lib/json-schema/json-schema.ts'
import type { Shape } from '../../model/observation.ts'
import { applyPatch } from '../../posture/patch.ts'
import { Inventory } from '../inventory.ts'
import { exportOpenApi } from './export-openapi.ts'
import { exportPolicies } from './export-policies.ts'
import { readOpenApi } from './read-openapi.ts'

async function problemsOf(document: unknown): Promise<string[]> {
  const config = await createConfig({
    rules: {
      struct: 'error',
      spec: 'error',
      'no-unresolved-refs': 'error',
      'no-ambiguous-paths': 'error',
      'no-identical-paths': 'error',
      'path-parameters-defined': 'error',
      'operation-parameters-unique': 'error',
      'operation-operationId-unique': 'error',
      'operation-operationId-url-safe': 'error',
      'path-declaration-must-exist': 'error',
      'security-defined': 'off',
      'no-server-trailing-slash': 'error',
    },
  })
  const problems = await lintFromString({ source: JSON.stringify(document), config, absoluteRef: '/export.json' })
  return problems.map(problem => `${problem.ruleId} ${problem.location[0]?.pointer ?? ''}: ${problem.message}`)
}

const text = (value: string): Shape => ({ kind: 'string', length: value.length, value })

/** Traffic of every kind that an export must find words for. */
function shop(): Inventory {
  const inventory = new Inventory()
  let at = 0
  const jwt = { principal: { subject: 'ada', method: 'jwt', issuer: 'https://idp' } }
  for (let i = 0; i < 60; i++) {
    const order = objectShape({
      sku: text(['tea', 'mug'][i % 2] as string),
      quantity: { kind: 'integer', value: 1 + (i % 4) },
    })
    const take = (method: string, where: string, event = {}, observation = {}): void =>
      inventory.take(seenExchange(method, where, at++, { event: { route: 'all', ...event }, observation }))
    take('GET', `/orders/${i}`, jwt, { query: [{ name: 'expand', shape: text('items') }], response: jsonBody(order) })
    take(
      'POST',
      '/orders',
      { ...jwt, status: 201 },
      { request: jsonBody(order), response: jsonBody(objectShape({ id: { kind: 'integer', value: i } })) },
    )
    take('PUT', '/notes', jwt, {
      request: { mediaType: 'text/plain', bytes: 9, partial: false, shape: null, marks: [] },
    })
    take('GET', '/health', { host: 'internal' })
    take('HEAD', '/health')
    take('QUERY', '/search')
    take(
      'DELETE',
      `/orders/${i}`,
      { ...jwt, status: 204 },
      { credentials: [{ place: 'header', name: 'x-api-key', scheme: 'api-key' }] },
    )
    take(
      'PATCH',
      `/orders/${i}`,
      {},
      { credentials: [{ place: 'cookie', name: 'sid', scheme: 'session' }], request: jsonBody(order) },
    )
    take('GET', `/reports/${'ab'[i % 2]}/latest`, { principal: { subject: 'k', method: 'api-key', issuer: null } })
  }
  return inventory
}

test('what was learnt is a valid OpenAPI 3.1 document, and reads back to the same operations', async () => {
  const operations = shop().operations()
  const document = exportOpenApi('shop', operations)
  assert.deepEqual(await problemsOf(document), [])
  const read = readOpenApi(JSON.stringify(document), 'export')
  assert.ok('document' in read)
  assert.deepEqual(read.document.warnings, [])
  assert.deepEqual(
    read.document.operations.map(({ method, path: where }) => `${method} ${where}`).sort(),
    operations
      .filter(({ method }) => method !== 'QUERY')
      .map(({ method, template }) => `${method} ${template}`)
      .sort(),
  )
  assert.deepEqual(document['x-other-operations'], ['QUERY /search'])
  const schemes = Object.keys(read.document.securitySchemes)
  assert.deepEqual(schemes.sort(), ['api-key', 'jwt', 'session-cookie-sid'])
  // Every schema compiles as one that our policy can enforce.
  for (const { request, responses } of read.document.operations)
    for (const { schema } of [...(request?.content ?? []), ...responses.flatMap(response => response.content)])
      if (schema !== null)
        compileJsonSchema({ schema, dialect: '2020-12', assertFormats: true, pattern: compilePattern })
})

test('the checker sees what is wrong with a document', async () => {
  const document = exportOpenApi('shop', shop().operations()) as {
    paths: Record<string, Record<string, { parameters?: unknown }>>
  }
  delete document.paths['/orders/{id}']?.['get']?.parameters
  assert.match((await problemsOf(document)).join(), /path-parameters-defined/)
})

test('a service without any call is an empty document, and still valid', async () => {
  assert.deepEqual(await problemsOf(exportOpenApi('nothing', [])), [])
})

const base = {
  version: 1,
  listeners: [{ name: 'public', address: '127.0.0.1:8080' }],
  services: { shop: { targets: ['http://127.0.0.1:3000'] } },
  routes: [
    { name: 'all', match: { path: '/**' }, service: 'shop', policies: [{ use: 'anonymous' }] },
    { name: 'place', match: { path: '/orders', methods: ['POST'] }, service: 'shop', policies: [{ use: 'anonymous' }] },
  ],
}

async function load(document: unknown): Promise<LoadedConfig> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'portcullis-export-'))
  try {
    const file = path.join(folder, 'portcullis.yaml')
    writeFileSync(file, stringify(document))
    return await loadConfig({ path: file, env: {}, policies, sinks: [], cpus: 1, now: 0 })
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('routes with policies load, keep the words of those that they narrow, and name what they leave out', async () => {
  const loaded = await load(base)
  const inventory = shop()
  inventory.configure(loaded.config)
  for (let i = 0; i < 40; i++)
    inventory.take(
      seenExchange('POST', '/orders', 1000 + i, {
        event: { route: 'place' },
        observation: { request: jsonBody(objectShape({ sku: text('tea'), quantity: { kind: 'integer', value: 2 } })) },
      }),
    )
  const { routes, replaced, notes } = exportPolicies('shop', inventory.operations({ strict: true }), loaded)
  const { config } = await load(applyPatch(base, { routes }))
  const use = (name: string): string[] | undefined =>
    config.routes.find(route => route.name === name)?.policies.map(entry => entry.use)
  assert.deepEqual(replaced, ['place'])
  assert.deepEqual(use('get-orders-id'), ['size', 'anonymous'])
  assert.deepEqual(use('patch-orders-id'), ['anonymous', 'json-schema'])
  assert.deepEqual(notes.toSorted(), [
    'route all still lets everything else through; remove it when nothing else needs it',
    'shop PUT /notes: bodies of text/plain have no schema policy',
  ])
})

test('a route that serves one operation alone is narrowed itself', async () => {
  const alone = { ...base, routes: base.routes.slice(1) }
  const loaded = await load(alone)
  const inventory = new Inventory()
  inventory.configure(loaded.config)
  for (let i = 0; i < 40; i++)
    inventory.take(
      seenExchange('POST', '/orders', i, {
        event: { route: 'place' },
        observation: { request: jsonBody(objectShape({ sku: text('tea') })) },
      }),
    )
  const { routes, replaced } = exportPolicies('shop', inventory.operations({ strict: true }), loaded)
  assert.deepEqual(replaced, ['place'])
  const { config } = await load(applyPatch(alone, { routes }))
  assert.deepEqual(
    config.routes.map(route => [route.name, route.policies.map(entry => entry.use)]),
    [['place', ['anonymous', 'json-schema']]],
  )
})
