import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { createAuthority } from '../../test/support/certificates.ts'
import { startKubernetesApi } from '../../test/support/kubernetes-api.ts'
import { until } from '../../test/support/until.ts'
import { Fields } from '../core/fields.ts'
import { createFrameEncoder, type FrameEncoder } from '../events/stream/frame-encoder.ts'
import type { Owner } from './model/operation.ts'
import { createReducer } from './observe/reduce.ts'
import { type Insight, type InsightOptions, startInsight } from './process.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'pi-process-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const lines: string[] = []
const write = (message: string): void => void lines.push(message)
const log = { info: write, warn: write, error: write }
const clock = { now: () => Date.now(), monotonic: () => performance.now() }

function start(name: string, more: Partial<InsightOptions> = {}): Promise<Insight> {
  return startInsight({
    folder: path.join(folder, name),
    socket: path.join(folder, `${name}.sock`),
    otlp: null,
    memoryBytesMax: 512e6,
    retentionMs: 86_400_000,
    historyBytesMax: 1e9,
    record: null,
    reduce: createReducer({ hashKey: Buffer.alloc(32, 3) }),
    clock,
    log,
    ...more,
  })
}

const event = (id: string, more: object = {}): string =>
  `${JSON.stringify({ time: new Date().toISOString(), id, method: 'GET', host: 'h', path: '/orders/1', service: 'shop', status: 200, upstreamStatus: 200, ...more })}\n`

const contents = {
  query: '',
  requestFields: Fields.from([['accept', '*/*']]),
  responseFields: Fields.from([['content-type', 'application/json']]),
  requestBody: null,
  responseBody: Buffer.from('{"id":1}'),
  encrypted: true,
}

async function dial(name: string): Promise<{ socket: Socket; send(fill: (encoder: FrameEncoder) => void): void }> {
  const socket = connect(path.join(folder, `${name}.sock`))
  socket.on('error', () => {})
  await once(socket, 'connect')
  return {
    socket,
    send(fill) {
      const encoder = createFrameEncoder()
      fill(encoder)
      socket.write(encoder.take() as Buffer)
    },
  }
}

describe('insight, hostile streams', () => {
  it('ends the connection that speaks nonsense, and no other', async () => {
    const insight = await start('nonsense')
    assert.equal(statSync(path.join(folder, 'nonsense.sock')).mode & 0o777, 0o600)
    const good = await dial('nonsense')
    good.send(encoder => encoder.hello(0))
    for (const nonsense of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.alloc(64, 255), Buffer.alloc(8)]) {
      const bad = await dial('nonsense')
      bad.socket.write(nonsense)
      await once(bad.socket, 'close')
    }
    good.send(encoder => encoder.event(event('a')))
    await until('the good one is heard', 10_000, () => insight.status().counts.events === 1)
    assert.equal(insight.status().refused, 3)
    assert.equal(insight.status().connections, 1)
    good.socket.end()
    await insight.close()
  })

  it('quarantines events that do not read and goes on; a reduction that fails leaves the event', async () => {
    const insight = await start('unreadable', {
      reduce: () => {
        throw new Error('a fault of ours, with jane@example.org in it')
      },
    })
    const { socket, send } = await dial('unreadable')
    send(encoder => {
      encoder.hello(0)
      encoder.event('{"time":\n')
      encoder.event(event('a', { status: 'ok' }))
      encoder.exchange('nonsense\n', contents)
      encoder.exchange(event('b'), contents)
      encoder.event(event('c'))
      encoder.dropped(7, 5)
    })
    await until('the last is heard', 10_000, () => insight.status().counts.events === 2)
    assert.deepEqual(insight.status().quarantined, {
      'not JSON': 2,
      'status is not a status': 1,
      'the contents could not be reduced': 1,
    })
    assert.equal(insight.status().counts.observations, 0)
    assert.deepEqual([insight.status().eventsDropped, insight.status().contentsDropped], [7, 5])
    assert.doesNotMatch(lines.join('\n'), /jane/)
    socket.end()
    await insight.close()
  })

  it('answers no question that there is none of, whatever it is named', async () => {
    const insight = await start('questions')
    for (const name of ['constructor', '__proto__', 'toString', 'nothing']) assert.equal(insight.ask(name, {}), null)
    assert.equal(insight.ask('trace', { id: 'no such' }), null)
    assert.deepEqual(JSON.parse(insight.ask('inventory', {}) ?? ''), { operations: [] })
    await insight.close()
  })
})

describe('insight', () => {
  it('takes what lies in its socket before it ends, and knows it at the next start', async () => {
    const first = await start('again')
    const { socket, send } = await dial('again')
    send(encoder => {
      encoder.hello(0)
      for (let id = 0; id < 300; id++) encoder.exchange(event(`e-${id}`), contents)
    })
    socket.end()
    await first.close()
    assert.equal(first.status().counts.observations, 300)
    const second = await start('again')
    const { operations } = JSON.parse(second.ask('inventory', {}) ?? '') as {
      operations: { service: string; traffic: { calls: number } }[]
    }
    assert.deepEqual(
      operations.map(({ service, traffic }) => [service, traffic.calls]),
      [['shop', 300]],
    )
    await second.close()
  })

  it('learns without spans while their address is taken by another', async () => {
    const one = await start('first', { otlp: { address: { kind: 'tcp', host: '127.0.0.1', port: 0 }, allow: [] } })
    const port = one.status().otlp?.port ?? 0
    const two = await start('second', { otlp: { address: { kind: 'tcp', host: '127.0.0.1', port }, allow: [] } })
    assert.equal(two.status().otlp, null)
    assert.match(lines.join('\n'), new RegExp(`insight takes no spans: insight.otlp: 127.0.0.1:${port} is taken`))
    await two.close()
    await one.close()
  })

  it('names the owner of what answers, from the cluster that it watches', async () => {
    const authority = createAuthority()
    const api = await startKubernetesApi(authority.issue({ san: 'IP:127.0.0.1' }), 'token')
    const [tokenFile, caFile] = [path.join(folder, 'token'), path.join(folder, 'ca.crt')]
    writeFileSync(tokenFile, 'token')
    writeFileSync(caFile, authority.certificate)
    authority.close()
    api.put('/api/v1/pods', {
      kind: 'Pod',
      metadata: { name: 'orders-1', namespace: 'store', uid: 'u1', labels: { tenant: 'retail' } },
      spec: {},
      status: { podIP: '10.1.2.3', startTime: '2026-01-01T00:00:00Z' },
    })
    const insight = await start('cluster', { kubernetes: { server: api.url, tokenFile, caFile, namespaces: [] } })
    const { socket, send } = await dial('cluster')
    send(encoder => {
      encoder.hello(0)
      encoder.exchange(event('owned', { target: 'http://10.1.2.3:8080' }), contents)
    })
    const owner = await until('the owner is known', 30_000, () => {
      const { services } = JSON.parse(insight.ask('services', {}) ?? '') as { services: { owner: Owner | null }[] }
      return services[0]?.owner ?? null
    })
    assert.deepEqual(
      [owner.tenant, owner.application, owner.pod, owner.source],
      ['retail', 'store', 'orders-1', 'kubernetes'],
    )
    assert.deepEqual(insight.status().kubernetes, { listed: 8, kinds: 8, objects: 1, dropped: 0 })
    socket.end()
    await insight.close()
    await api.close()
  })

  it('says what is wrong with a socket path that is too long', async () => {
    await assert.rejects(start('long', { socket: path.join(folder, 'x'.repeat(120)) }), /choose a shorter stateDir/)
  })
})
