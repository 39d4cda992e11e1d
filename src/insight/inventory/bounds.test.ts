import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { jsonBody, objectShape, seenExchange } from '../../../test/support/seen-exchange.ts'
import type { Shape } from '../model/observation.ts'
import { CallerNames, callerEntriesMax, type CallerShare, CallerTable } from './callers.ts'
import { Inventory } from './inventory.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes held after everything that is garbage is gone. */
function held(): number {
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const MB = 1024 * 1024

test('callers of a thousand operations, ten thousand each, take a part of 400 MB', () => {
  const before = held()
  const share: CallerShare = { names: new CallerNames(), entriesLeft: callerEntriesMax }
  const tables = Array.from({ length: 1000 }, () => new CallerTable(share))
  const names = Array.from({ length: 10_000 }, (_, i) => `jwt https://idp.example.com/ user-${i}`)
  // Once a table is full it grows no more; one of them takes them all.
  for (const [i, table] of tables.entries())
    for (let n = 0; n < (i === 0 ? 10_000 : 1030); n++) table.add(names[(n + i) % 10_000] as string, 'passed', 0)
  assert.ok(tables.every(table => table.size <= 1024))
  const bytes = held() - before
  assert.ok(bytes < 250 * MB, `${Math.round(bytes / MB)} MB`)
  assert.ok(tables.length > 0)
})

test('everything that can differ differs, and a service answers all of it: memory stays, what is beyond is counted', () => {
  const before = held()
  const inventory = new Inventory()
  const calls = 24_000
  const shape = (i: number): Shape =>
    objectShape(
      Object.fromEntries(
        Array.from({ length: 4 }, (_, n) => [`f${i}n${n}`, { kind: 'string', length: i % 900 } as const]),
      ),
    )
  for (let i = 0; i < calls; i++)
    inventory.take(
      seenExchange(`M${i % 5000}`, `/w${i}q/${'abcdefgh'[i % 8]}${(i * 7919) % 65_536}z/x${i}`, i, {
        event: {
          service: `s${i % 520}`,
          host: `h${i}.example.com`,
          route: `r${i}`,
          client: `${i % 200}.${(i >> 8) & 255}.${i & 255}.1`,
          status: 200 + (i % 100),
          target: `http://t${i}:80`,
          ...(i % 2 === 0 ? { principal: { subject: `u${i}`, method: `m${i}`, issuer: `i${i}` } } : {}),
        },
        observation: {
          query: [{ name: `q${i}`, shape: { kind: 'string', class: 'email' } }],
          headers: [{ name: `h${i}`, shape: { kind: 'string' } }],
          cookies: [{ name: `c${i}`, shape: { kind: 'string' } }],
          credentials: [{ place: 'header', name: `a${i}`, scheme: 'other' }],
          request: { ...jsonBody(shape(i)), mediaType: `application/x${i}` },
          response: { ...jsonBody(shape(i + 1)), marks: [`mark${i}` as 'sql-error'] },
          responseFields: { [`f${i}`]: `v${i}` },
          setCookies: [{ name: `s${i}`, secure: true, httpOnly: true, sameSite: null }],
        },
      }),
    )
  const services = inventory.services()
  assert.equal(services.length, 500)
  const counted = services.reduce((sum, service) => sum + service.calls + service.overflow, inventory.lost)
  assert.equal(counted, calls, 'every call is counted somewhere')
  assert.ok(services.reduce((sum, service) => sum + service.overflow, 0) > 0)
  const bytes = held() - before
  assert.ok(bytes < 400 * MB, `${Math.round(bytes / MB)} MB`)
})

test('one operation that is called in ever new ways keeps to its caps', () => {
  const inventory = new Inventory()
  for (let i = 0; i < 3000; i++)
    inventory.take(
      seenExchange('POST', '/orders', i, {
        event: {
          host: `h${i}`,
          route: `r${i}`,
          status: 200 + (i % 300),
          principal: { subject: `u${i}`, method: `m${i}`, issuer: null },
        },
        observation: {
          query: [{ name: `q${i}`, shape: { kind: 'string' } }],
          headers: Array.from({ length: 40 }, (_, n) => ({ name: `h${n}x${i}`, shape: { kind: 'string' } as const })),
          credentials: [{ place: 'header', name: `a${i}`, scheme: 'other' }],
          request: { ...jsonBody(objectShape({ a: { kind: 'string', class: 'email' } })), mediaType: `a/${i}` },
          response: {
            ...jsonBody(objectShape({ [`k${i}`]: { kind: 'string', class: 'iban' } })),
            marks: [`m${i}` as 'sql-error'],
          },
          responseFields: { server: `v${i}`, [`x${i}`]: 'y' },
          setCookies: [{ name: `s${i}`, secure: false, httpOnly: false, sameSite: null }],
        },
      }),
    )
  const [operation] = inventory.operations()
  assert.ok(operation !== undefined)
  assert.equal(operation.traffic.calls, 3000)
  const counts = {
    hosts: operation.hosts.length,
    routes: operation.routes.length,
    parameters: operation.parameters.length,
    requests: operation.requests.length,
    responses: operation.responses.length,
    methods: Object.keys(operation.authentication.methods).length,
    credentials: operation.authentication.credentials.length,
    classes: operation.classes.length,
    marks: Object.keys(operation.marks).length,
    fields: Object.keys(operation.responseFields).length,
    values: Object.keys(operation.responseFields['server'] ?? {}).length,
    cookies: Object.keys(operation.cookiesSet).length,
    callers: operation.callers.length,
  }
  assert.deepEqual(counts, {
    hosts: 16,
    routes: 32,
    parameters: 112,
    requests: 6,
    responses: 24,
    methods: 32,
    credentials: 24,
    classes: 128,
    marks: 32,
    fields: 24,
    values: 12,
    cookies: 24,
    callers: 1024,
  })
  assert.ok(operation.distinctCallers > 2400 && operation.distinctCallers < 3600)
})

test('bodies of ever new fields on many operations that accept them all use up their room, and no more', () => {
  const before = held()
  const inventory = new Inventory()
  const words = ['list', 'search', 'export', 'import', 'archive', 'history', 'status', 'members']
  const services = Array.from({ length: 40 }, (_, i) => `service-${i}`)
  let n = 0
  for (let round = 0; round < 12; round++)
    for (const service of services)
      for (const word of words) {
        const fields = Object.fromEntries(
          Array.from({ length: 100 }, () => [
            `field${n++}`,
            { kind: 'string', length: n % 500, value: `v${n}` } as const,
          ]),
        )
        inventory.take(
          seenExchange('POST', `/api/${word}`, n, {
            event: { service },
            observation: { request: jsonBody(objectShape(fields)) },
          }),
        )
      }
  const bytes = held() - before
  assert.ok(bytes < 300 * MB, `${Math.round(bytes / MB)} MB`)
  // Who came late has no fields, but is there, and is counted.
  const operations = inventory.operations()
  assert.equal(operations.length, 320)
  assert.ok(operations.every(({ traffic }) => traffic.calls === 12))
})
