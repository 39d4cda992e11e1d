import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startWorld } from './world.ts'

const routes = `routes:
  - { name: all, match: { path: /** }, service: origin, policies: [{ use: anonymous }] }
`
const head = 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n'

test('no field of a request costs more time than its length', { timeout: 60_000 }, async () => {
  await using world = await startWorld(routes, { top: 'workers: 1', listener: 'limits: { fields: 1000 }' })
  const long = 30_000
  const fields = [
    `${head}tracestate: a=${' '.repeat(long)}b\r\n`,
    `${head}tracestate: a=b${' \t'.repeat(long / 2)}x\r\n`,
    `${head}tracestate: ${','.repeat(long)}\r\n`,
    `traceparent: ${'0'.repeat(long)}\r\n`,
    `Connection: ${' '.repeat(long / 2)}x${' '.repeat(long / 2)}y\r\n`,
    `Connection: ${'x,'.repeat(long / 2)}x\r\n`,
    `X-Forwarded-For: ${'1,'.repeat(long / 2)}\r\n`,
    `Expect: 100-continue\r\n`,
  ]
  const one = async (text: string): Promise<number> => {
    const start = process.hrtime.bigint()
    await world.raw(`GET /x HTTP/1.1\r\nHost: a\r\n${text}\r\n`, 50)
    return Number(process.hrtime.bigint() - start) / 1e6
  }
  await one('')
  // A measure of this machine as it is now, and beyond it what a quadratic pattern takes: 1,000 ms for 30,000 spaces.
  const usual = await one(`X-Long: ${'x'.repeat(long)}\r\n`)
  for (const field of fields) {
    const took = Math.min(await one(field), await one(field))
    assert.ok(took < usual + 600, `${field.slice(0, 100)} took ${took} ms, ${usual} are usual`)
  }
  for (const path of [
    `/${'a@'.repeat(3500)}`,
    `/${'-----BEGIN '.replaceAll(' ', '-').repeat(600)}`,
    `/${';x'.repeat(3500)}`,
    `/${'%3B'.repeat(2400)}`,
    `/${'%C3%A4'.repeat(1200)}`,
    `/x?${'a@a.'.repeat(1800)}`,
  ]) {
    const start = process.hrtime.bigint()
    await world.raw(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`, 50)
    const took = Number(process.hrtime.bigint() - start) / 1e6
    assert.ok(took < usual + 600, `${path.slice(0, 100)} took ${took} ms, ${usual} are usual`)
  }
})
