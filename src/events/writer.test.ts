import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testHost } from '../../test/support/host.ts'
import type { OpenSink } from '../core/sink.ts'
import { createRingMemory, openRingReader, openRingWriter, type RingWriter } from './ring.ts'
import { createEventWriter, type SinkPart } from './writer.ts'

interface Collected extends OpenSink {
  text: string
  closed: number
  reopened: number
}

/** A sink that keeps what it got; `hold` makes every write wait for it, `fail` makes it reject. */
function collecting(options: { hold?: Promise<void>; fail?: () => boolean } = {}): Collected {
  const sink: Collected = {
    text: '',
    closed: 0,
    reopened: 0,
    async write(lines) {
      await options.hold
      if (options.fail?.()) throw new Error('the disk is full')
      sink.text += Buffer.from(lines).toString()
    },
    async reopen() {
      sink.reopened++
    },
    async close() {
      sink.closed++
    },
  }
  return sink
}

const part = (name: string, sink: OpenSink): SinkPart => ({ key: name, name, open: () => sink })

function rings(count: number, bytes?: number): { writers: RingWriter[]; readers: ReturnType<typeof openRingReader>[] } {
  const memories = Array.from({ length: count }, () => createRingMemory(bytes))
  return { writers: memories.map(openRingWriter), readers: memories.map(openRingReader) }
}

describe('event writer', () => {
  it('goes on emptying rings and serving the others while one sink is blocked, and counts what that one loses', async () => {
    const host = testHost()
    const { writers, readers } = rings(2, 32 * 1024)
    const hold = Promise.withResolvers<void>()
    const slow = collecting({ hold: hold.promise })
    const quick = collecting()
    const writer = createEventWriter({
      rings: readers,
      sinks: [part('slow', slow), part('quick', quick)],
      clock: host.clock,
      log: host.log,
      everyMs: 1e6,
      queueBytesMax: 100_000,
    })
    const line = (n: number): string => `{"n":${n},"pad":"${'x'.repeat(80)}"}\n`
    let sent = ''
    for (let n = 0; n < 5000; n++) {
      const own = writers[n % 2] as RingWriter
      if (!own.write(line(n))) {
        writer.drain()
        assert.ok(own.write(line(n)), 'a blocked sink must not block the ring')
        while (writer.status().sinks[1]?.queuedBytes !== 0) await new Promise(setImmediate)
      }
      sent += line(n)
    }
    writer.drain()
    while (quick.text.length < sent.length) await new Promise(setImmediate)
    assert.deepEqual(quick.text.trim().split('\n').sort(), sent.trim().split('\n').sort())
    const [slowStatus, quickStatus] = writer.status().sinks
    assert.ok((slowStatus?.queuedBytes ?? 0) <= 100_000)
    assert.ok((slowStatus?.dropped ?? 0) > 3000)
    assert.deepEqual([quickStatus?.dropped, quickStatus?.written], [0, 5000])
    assert.equal(host.lines.filter(({ level }) => level === 'error').length, 1, 'told once a minute, not once an event')
    hold.resolve()
    await writer.close()
    const [after] = writer.status().sinks
    assert.equal((after?.written ?? 0) + (after?.dropped ?? 0), 5000, 'every event is written or counted')
    assert.equal(slow.text.trim().split('\n').length, after?.written)
  })

  it('counts the events of a failing sink as lost, tells it, and tells when they are written again', async () => {
    const host = testHost()
    const { writers, readers } = rings(1)
    let failing = true
    const sink = collecting({ fail: () => failing })
    const writer = createEventWriter({
      rings: readers,
      sinks: [part('file', sink)],
      clock: host.clock,
      log: host.log,
      everyMs: 1e6,
    })
    const push = async (line: string): Promise<void> => {
      writers[0]?.write(line)
      writer.drain()
      while (writer.status().sinks[0]?.queuedBytes !== 0) await new Promise(setImmediate)
      await new Promise(setImmediate)
    }
    await push('{"a":1}\n')
    await push('{"a":2}\n')
    assert.deepEqual(writer.status().sinks[0], { name: 'file', dropped: 2, written: 0, queuedBytes: 0, failing: true })
    failing = false
    await push('{"a":3}\n')
    assert.deepEqual(writer.status().sinks[0], { name: 'file', dropped: 2, written: 1, queuedBytes: 0, failing: false })
    assert.deepEqual(
      host.lines.map(({ level, message }) => `${level} ${message}`),
      ['error events are being lost at sink file: the disk is full', 'info events are written again at sink file'],
    )
    await writer.close()
  })

  it('ends in bounded time although a sink never answers, and counts what is lost', async () => {
    const host = testHost()
    const { writers, readers } = rings(1)
    const stuck: OpenSink = { write: () => new Promise(() => {}), close: () => new Promise(() => {}) }
    const writer = createEventWriter({
      rings: readers,
      sinks: [part('stuck', stuck)],
      clock: host.clock,
      log: host.log,
      everyMs: 1e6,
    })
    writers[0]?.write('{"a":1}\n')
    writer.drain()
    writers[0]?.write('{"a":2}\n')
    await writer.close(20)
    assert.ok(host.lines.some(({ message }) => message.includes('did not take its last events in time')))
  })

  it('flushes everything at the end', async () => {
    const { writers, readers } = rings(3)
    const host = testHost()
    const sink = collecting()
    const writer = createEventWriter({
      rings: readers,
      sinks: [part('file', sink)],
      clock: host.clock,
      log: host.log,
      everyMs: 1e6,
    })
    for (let n = 0; n < 300; n++) writers[n % 3]?.write(`{"n":${n}}\n`)
    await writer.close()
    assert.equal(sink.text.trim().split('\n').length, 300)
    assert.equal(sink.closed, 1)
  })

  it('keeps a sink over a reload by its key and closes one that is gone, after its last line', async () => {
    const { writers, readers } = rings(1)
    const host = testHost()
    const stays = collecting()
    const goes = collecting()
    const comes = collecting()
    const writer = createEventWriter({
      rings: readers,
      sinks: [part('stays', stays), part('goes', goes)],
      clock: host.clock,
      log: host.log,
      everyMs: 1e6,
    })
    writers[0]?.write('{"n":1}\n')
    await writer.replaceSinks([
      { ...part('stays', stays), open: () => assert.fail('opened twice') },
      part('comes', comes),
    ])
    writers[0]?.write('{"n":2}\n')
    await writer.reopen()
    await writer.close()
    assert.deepEqual([stays.text, goes.text, comes.text], ['{"n":1}\n{"n":2}\n', '{"n":1}\n', '{"n":2}\n'])
    assert.deepEqual([stays.reopened, goes.closed, stays.closed, comes.closed], [1, 1, 1, 1])
  })

  it('empties the rings by its own clock and when one is half full', async () => {
    const { writers, readers } = rings(1, 4096)
    const host = testHost()
    const sink = collecting()
    const writer = createEventWriter({
      rings: readers,
      sinks: [part('file', sink)],
      clock: host.clock,
      log: host.log,
      everyMs: 1e6,
    })
    for (let n = 0; n < 30; n++) writers[0]?.write(`{"n":${n},"pad":"${'x'.repeat(80)}"}\n`)
    while (sink.text === '') await new Promise(setImmediate)
    await writer.close()
    const timed = createEventWriter({
      rings: readers,
      sinks: [part('file', sink)],
      clock: host.clock,
      log: host.log,
      everyMs: 1,
    })
    sink.text = ''
    writers[0]?.write('{"last":1}\n')
    while (sink.text === '') await new Promise(resolve => setTimeout(resolve, 1))
    await timed.close()
  })

  it('empties the rings although no sink is configured', () => {
    const { writers, readers } = rings(1, 1024)
    const host = testHost()
    const writer = createEventWriter({ rings: readers, sinks: [], clock: host.clock, log: host.log, everyMs: 1e6 })
    for (let n = 0; n < 100; n++) {
      assert.ok(writers[0]?.write(`${'x'.repeat(500)}\n`))
      writer.drain()
    }
    return writer.close()
  })
})
