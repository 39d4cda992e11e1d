import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Config, RouteConfig } from '../config/types.ts'
import { Secret } from '../core/secret.ts'
import { packConfig, unpackConfig } from './config-parcel.ts'
import { createSlices } from './slices.ts'

const shared = { key: new Secret('hunter2'), list: [1, 2], limit: Number.POSITIVE_INFINITY, absent: undefined }
const routes = Array.from({ length: 300 }, (_, index) => ({
  name: `r${index}`,
  policies: [{ use: 'basic', with: shared }],
})) as unknown as RouteConfig[]
const config = { workers: 2, routes, listeners: [{ tls: { key: new Secret('pem') } }] } as unknown as Config
const eager = createSlices(() => 0)
const settings = (got: Config, index: number): typeof shared => got.routes[index]?.policies[0]?.with as typeof shared

test('a configuration arrives as it was, frozen, its secrets whole', async () => {
  const sent = structuredClone(packConfig(config))
  const got = await unpackConfig(sent, eager)
  assert.equal(got.workers, 2)
  assert.deepEqual(
    got.routes.map(({ name }) => name),
    routes.map(({ name }) => name),
  )
  assert.equal(settings(got, 0).key.reveal(), 'hunter2')
  assert.deepEqual(
    got.listeners.map(({ tls }) => (tls as unknown as { key: Secret }).key.reveal()),
    ['pem'],
  )
  assert.equal(settings(got, 0).limit, Number.POSITIVE_INFINITY)
  assert.ok('absent' in settings(got, 0))
  for (const part of [got, got.routes, got.routes[7], got.routes[7]?.policies, settings(got, 7), settings(got, 7).list])
    assert.ok(Object.isFrozen(part))
  assert.ok(shared.key instanceof Secret, 'the original stays as it was')
})

test('settings that routes share are sent once and are one object again', async () => {
  const parcel = packConfig(config)
  assert.equal(Buffer.from(parcel.routes).toString('latin1').split('hunter2').length, 2)
  const got = await unpackConfig(structuredClone(parcel), eager)
  assert.equal(settings(got, 299), settings(got, 0))
})

test('reading gives way between routes when its slice is used up', async () => {
  let now = 0
  let turns = 0
  // A clock on which every look costs 1 ms: a slice is used up after a few routes.
  const count = (): void => {
    turns++
    watching = setImmediate(count)
  }
  let watching = setImmediate(count)
  await unpackConfig(
    packConfig(config),
    createSlices(() => ++now),
  )
  clearImmediate(watching)
  assert.ok(turns > 20, `the loop turned ${turns} times`)
})
