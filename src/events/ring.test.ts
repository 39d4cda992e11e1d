import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { Worker } from 'node:worker_threads'
import { createRingMemory, openRingReader, openRingWriter, type RingReader } from './ring.ts'

function drain(reader: RingReader, maxBytes = 1 << 16): string {
  let text = ''
  for (let chunk = reader.take(maxBytes); chunk !== null; chunk = reader.take(maxBytes)) {
    const part = Buffer.from(chunk).toString()
    assert.ok(part.endsWith('\n'), 'a chunk holds whole lines')
    text += part
    reader.done(chunk.length)
  }
  return text
}

describe('ring', () => {
  it('refuses and counts a line when it is full, and keeps every line that it took', () => {
    const memory = createRingMemory(1024)
    const writer = openRingWriter(memory)
    const reader = openRingReader(memory)
    let taken = ''
    for (let i = 0; i < 100; i++) {
      const line = `line ${i} ${'x'.repeat(50)}\n`
      if (writer.write(line)) taken += line
    }
    assert.ok(reader.dropped() > 50)
    assert.equal(drain(reader), taken)
    assert.ok(writer.write('after\n'), 'goes on once there is room')
    assert.equal(drain(reader), 'after\n')
  })

  it('refuses a line longer than itself without harm', () => {
    const memory = createRingMemory(1024)
    const writer = openRingWriter(memory)
    assert.equal(writer.write(`${'x'.repeat(2000)}\n`), false)
    assert.equal(writer.write('small\n'), true)
    assert.equal(drain(openRingReader(memory)), 'small\n')
  })

  it('gives every line back in order over many laps, whatever the lengths and the reading size', () => {
    const memory = createRingMemory(2048)
    const writer = openRingWriter(memory)
    const reader = openRingReader(memory)
    let seed = 42
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
      return (seed >>> 8) % below
    }
    let taken = ''
    let got = ''
    for (let i = 0; i < 20_000; i++) {
      const line = `${i}:${(i % 7 === 0 ? 'é€😀' : 'abc').repeat(random(60))}\n`
      if (writer.write(line)) taken += line
      if (random(3) === 0) {
        const chunk = reader.take(1 + random(900))
        if (chunk !== null) {
          got += Buffer.from(chunk).toString()
          reader.done(chunk.length)
        }
      }
    }
    got += drain(reader)
    assert.ok(got.length > 100_000)
    assert.equal(got, taken)
  })

  it('fills the very last byte of a lap and goes on at the first', () => {
    const memory = createRingMemory(1024)
    const writer = openRingWriter(memory)
    const reader = openRingReader(memory)
    for (let lap = 0; lap < 5; lap++) {
      for (const length of [512, 256, 128, 64, 64]) {
        const line = `${String(length).padEnd(length - 1, '.')}\n`
        assert.ok(writer.write(line))
        assert.equal(drain(reader), line)
      }
    }
    for (let n = 0; n < 4; n++) assert.ok(writer.write(`${'y'.repeat(255)}\n`))
    assert.equal(writer.write('z\n'), false)
    assert.equal(drain(reader).length, 1024)
  })

  it('goes on behind position 2^32', () => {
    const memory = createRingMemory(1024)
    const cells = new Int32Array(memory, 0, 64)
    cells[0] = -512
    cells[16] = -512
    const writer = openRingWriter(memory)
    const reader = openRingReader(memory)
    let taken = ''
    for (let i = 0; i < 40; i++) {
      const line = `${i}${'.'.repeat(100)}\n`
      assert.ok(writer.write(line))
      taken += line
      if (i % 4 === 3) {
        assert.equal(drain(reader), taken)
        taken = ''
      }
    }
  })

  it('tells the reader at once when it is half full', async () => {
    const memory = createRingMemory(1024)
    const writer = openRingWriter(memory)
    const reader = openRingReader(memory)
    const asked = reader.halfFull()
    for (let i = 0; i < 6; i++) writer.write(`${'x'.repeat(99)}\n`)
    await asked.reached
    await reader.halfFull().reached
    drain(reader)
    const again = reader.halfFull()
    again.cancel()
    await again.reached
  })

  it('loses no line and shows no half line when the writing thread is killed at work', async () => {
    const memory = createRingMemory(1 << 16)
    const reader = openRingReader(memory)
    let text = ''
    for (let life = 0; life < 3; life++) {
      const counter = new SharedArrayBuffer(4)
      const worker = new Worker(
        `const { workerData } = require('node:worker_threads')
         import(workerData.ring).then(({ openRingWriter }) => {
           const writer = openRingWriter(workerData.memory)
           const count = new Int32Array(workerData.counter)
           const tail = 'x'.repeat(300)
           for (let i = 0; ; i++) {
             while (!writer.write(workerData.life + ':' + i + ':' + tail + '\\n'));
             Atomics.store(count, 0, i + 1)
           }
         })`,
        { eval: true, workerData: { memory, counter, life, ring: new URL('./ring.ts', import.meta.url).href } },
      )
      await once(worker, 'online')
      const count = new Int32Array(counter)
      while (Atomics.load(count, 0) < 2000) {
        text += drain(reader)
        await new Promise(setImmediate)
      }
      await worker.terminate()
      text += drain(reader)
      const lines = text.split('\n').filter(line => line.startsWith(`${life}:`))
      const written = Atomics.load(count, 0)
      // The last line may lie there before its number was told.
      assert.ok(lines.length === written || lines.length === written + 1, `${lines.length} of ${written}`)
      for (const [i, line] of lines.entries()) assert.equal(line, `${life}:${i}:${'x'.repeat(300)}`)
    }
  })
})
