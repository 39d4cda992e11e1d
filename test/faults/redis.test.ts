import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { it } from 'node:test'
import { assertProblem, curl } from '../support/curl.ts'
import { startFaultGateway } from '../support/fault-gateway.ts'
import { startRedis } from '../support/redis.ts'
import { needs } from '../support/service.ts'
import { until } from '../support/until.ts'

// Redis is paused, killed or refuses us: each limiter does what its one word says, and no request waits longer than the store's timeout.

it('a paused, killed or forbidding Redis: deny is 503, local and allow pass, all in time', {
  ...needs('redis-server'),
  timeout: 180_000,
}, async () => {
  const origin = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1')
  await once(origin, 'listening')
  const store = await startRedis()
  const route = (word: string) => `  - name: ${word}
    match: { path: /${word}/** }
    service: origin
    policies:
      - { use: rate-limit, with: { algorithm: sliding-window, limit: 50/min, by: [address], store: shared, onUnavailable: ${word} } }
      - { use: anonymous }
`
  try {
    await using gateway = await startFaultGateway({
      yaml: `workers: 2
stores: { shared: { redis: "${store.url}", timeout: 200ms } }
services: { origin: { targets: ["http://127.0.0.1:${(origin.address() as AddressInfo).port}"] } }
routes:
${['deny', 'local', 'allow'].map(route).join('')}`,
    })
    const from = (address: string, word: string) =>
      curl('--interface', address, '-w', '\n%{time_total}', `${gateway.base}/${word}/x`)
    const healthy = async (address: string): Promise<void> => {
      for (const word of ['deny', 'local', 'allow'])
        await until(`${word} is served`, 20_000, async () => (await from(address, word)).status === 200, 100)
    }
    const outage = async (address: string): Promise<void> => {
      for (let i = 0; i < 12; i++) {
        for (const [word, status] of [
          ['deny', 503],
          ['local', 200],
          ['allow', 200],
        ] as const) {
          const { body, ...answer } = await from(address, word)
          const seconds = Number(body.slice(body.lastIndexOf('\n') + 1))
          assert.equal(answer.status, status, `${word}: ${body}`)
          if (status === 503)
            assertProblem({ ...answer, body: body.slice(0, body.lastIndexOf('\n')) }, 503, 'dependency-unavailable')
          // The timeout of 200 ms, and what a busy machine adds.
          assert.ok(seconds < 5, `${word} took ${seconds} s`)
        }
      }
    }
    await healthy('127.0.0.2')
    store.process.kill('SIGSTOP')
    await outage('127.0.0.3')
    // Local counts are limits too: 50, on however many workers.
    const passed: number[] = []
    for (let i = 0; i < 60; i++) passed.push((await from('127.0.0.4', 'local')).status)
    assert.equal(passed.filter(status => status === 200).length, 50)
    store.process.kill('SIGCONT')
    await healthy('127.0.0.5')
    await store.stop()
    await outage('127.0.0.6')
    await using locked = await startRedis({ port: store.port, args: ['--requirepass', 'secret'] })
    assert.ok(locked.port > 0)
    await outage('127.0.0.7')
    await locked.stop()
    await using open = await startRedis({ port: store.port })
    assert.ok(open.port > 0)
    await healthy('127.0.0.8')
  } finally {
    await store.stop().catch(() => {})
    origin.closeAllConnections()
    origin.close()
  }
})
