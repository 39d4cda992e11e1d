import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { Fields } from '../../core/fields.ts'
import { createFrameDecoder, type ExchangeFrame } from './frame-decoder.ts'
import { createStreamSender, type StreamSender } from './sender.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-stream-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const log = { info() {}, warn() {}, error() {} }

class Insight {
  readonly hellos: number[] = []
  readonly lines: string[] = []
  readonly exchanges: ExchangeFrame[] = []
  lost = [0, 0]
  readonly server: Server
  readonly sockets = new Set<Socket>()

  constructor(reads = true) {
    this.server = createServer(socket => {
      this.sockets.add(socket)
      const take = createFrameDecoder({
        hello: worker => void this.hellos.push(worker),
        events: lines => void this.lines.push(...lines.toString().trimEnd().split('\n')),
        exchange: ({ requestBody, responseBody, ...rest }) =>
          void this.exchanges.push({
            ...rest,
            requestBody: requestBody === null ? null : Buffer.from(requestBody),
            responseBody: responseBody === null ? null : Buffer.from(responseBody),
          }),
        dropped: (events, contents) => {
          this.lost = [events, contents]
        },
      })
      if (reads) socket.on('data', take)
      else socket.pause()
      socket.on('error', () => {})
    })
  }

  async listen(where: string): Promise<this> {
    this.server.listen(where)
    await once(this.server, 'listening')
    return this
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    this.server.close()
    await once(this.server, 'close')
  }
}

const contents = {
  query: 'a=1',
  requestFields: Fields.from([['Content-Type', 'application/json']]),
  responseFields: null,
  requestBody: '{"caf\xe9":1}',
  responseBody: null,
  encrypted: true,
}

/** Turns the loop until it holds; the sender and the server live in this process, so every wait is a few turns. */
async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 30_000
  while (!holds()) {
    assert.ok(performance.now() < end, 'not within 30 s')
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

function open(where: string, more: { batchBytes?: number } = {}): { sender: StreamSender; lost: () => number } {
  let lost = 0
  const sender = createStreamSender({
    path: where,
    worker: 3,
    log,
    dropped: () => lost++,
    everyMs: 5,
    ...more,
  })
  return { sender, lost: () => lost }
}

describe('the stream to insight', () => {
  it('says who it is, then every exchange, with contents where there are some', async () => {
    const where = path.join(folder, 'whole.sock')
    const insight = await new Insight().listen(where)
    const { sender, lost } = open(where)
    // Before the connection stands, what comes is lost and counted.
    sender.exchange('{"id":"early"}\n', null)
    assert.equal(lost(), 1)
    await until(() => insight.sockets.size === 1)
    await until(() => {
      sender.exchange('{"id":"alone"}\n', null)
      return insight.hellos.length === 1
    })
    sender.exchange('{"id":"full"}\n', contents)
    await until(() => insight.exchanges.length === 1)
    assert.deepEqual(insight.hellos, [3])
    assert.equal(insight.exchanges[0]?.line, '{"id":"full"}\n')
    assert.deepEqual(insight.exchanges[0]?.requestFields, [['Content-Type', 'application/json']])
    assert.equal(Buffer.from(insight.exchanges[0]?.requestBody ?? []).toString('latin1'), '{"caf\xe9":1}')
    assert.equal(insight.exchanges[0]?.encrypted, true)
    assert.ok(insight.lines.every(line => line === '{"id":"alone"}'))
    sender.close()
    await insight.close()
  })

  it('an insight that does not read costs a bounded number of bytes, and what is lost is counted', async () => {
    const where = path.join(folder, 'deaf.sock')
    const insight = await new Insight(false).listen(where)
    const { sender, lost } = open(where, { batchBytes: 64 * 1024 })
    await until(() => insight.sockets.size === 1)
    const line = `{"pad":"${'x'.repeat(1000)}"}\n`
    const before = process.memoryUsage().arrayBuffers
    await until(() => {
      for (let i = 0; i < 1000; i++) sender.exchange(line, contents)
      return lost() > 50_000
    })
    assert.ok(process.memoryUsage().arrayBuffers - before < 4_000_000)
    sender.close()
    await insight.close()
  })

  it('what waits when insight ends is counted', async () => {
    const where = path.join(folder, 'ends.sock')
    const insight = await new Insight(false).listen(where)
    const { sender, lost } = open(where, { batchBytes: 64 * 1024 })
    await until(() => insight.sockets.size === 1)
    const line = `{"pad":"${'x'.repeat(1000)}"}\n`
    await until(() => {
      for (let i = 0; i < 100; i++) sender.exchange(line, null)
      return lost() > 500
    })
    const full = lost()
    await insight.close()
    // One batch was being filled and another on its way; what the kernel had taken nobody can tell.
    await until(() => lost() >= full + 120)
    sender.close()
  })

  it('goes on with an insight that was replaced', async () => {
    const where = path.join(folder, 'again.sock')
    const first = await new Insight().listen(where)
    const { sender } = open(where)
    await until(() => first.hellos.length === 1)
    await first.close()
    const second = await new Insight().listen(where)
    await until(() => {
      sender.exchange('{"id":"later"}\n', null)
      return second.lines.length > 0
    })
    assert.deepEqual(second.hellos, [3])
    sender.close()
    await second.close()
  })
})
