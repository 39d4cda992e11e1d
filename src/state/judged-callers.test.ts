import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { createJudgedMemory, createJudgedWriter, judgedMax, openJudgedReader } from './judged-callers.ts'

const hashKey = new Uint8Array(32).fill(5)

function table() {
  const memory = createJudgedMemory()
  return { memory, write: createJudgedWriter(memory, hashKey), reader: openJudgedReader(memory, hashKey) }
}

const caller = (name: string, more: Partial<{ untilMs: number; severity: number; incident: number }> = {}) => ({
  name,
  untilMs: 2_000_000,
  severity: 4,
  incident: 7,
  ...more,
})

test('a caller is found until its time is over, and nobody else is', () => {
  const { write, reader } = table()
  assert.equal(reader.empty, true)
  assert.equal(write([caller('jwt https://idp eve'), caller('address 192.0.2.7', { severity: 3, incident: 9 })]), 2)
  assert.equal(reader.empty, false)
  assert.deepEqual({ ...reader.find('jwt https://idp eve', 1_999_000) }, { severity: 4, incident: 7 })
  assert.deepEqual({ ...reader.find('address 192.0.2.7', 0) }, { severity: 3, incident: 9 })
  assert.equal(reader.find('jwt https://idp eve', 2_000_000), null)
  assert.equal(reader.find('jwt https://idp ann', 0), null)
})

test('a new table replaces the old one whole', () => {
  const { write, reader } = table()
  write([caller('a'), caller('b')])
  write([caller('b', { severity: 2 })])
  assert.equal(reader.find('a', 0), null)
  assert.equal(reader.find('b', 0)?.severity, 2)
  write([])
  assert.equal(reader.empty, true)
  assert.equal(reader.find('b', 0), null)
})

test('beyond the room the gravest stay, and of a caller named twice the graver word', () => {
  const { write, reader } = table()
  const many = Array.from({ length: judgedMax + 100 }, (_, i) => caller(`c${i}`, { severity: i < 100 ? 1 : 4 }))
  assert.equal(write(many), judgedMax)
  assert.equal(reader.find('c5', 0), null)
  let missing = 0
  for (let i = 100; i < many.length; i++) if (reader.find(`c${i}`, 0) === null) missing++
  assert.equal(missing, 0)
  write([caller('x', { severity: 2 }), caller('x', { severity: 5 })])
  assert.equal(reader.find('x', 0)?.severity, 5)
})

test('another thread never sees half of a table', async () => {
  const { memory, write } = table()
  const stop = new SharedArrayBuffer(4)
  const module = new URL('./judged-callers.ts', import.meta.url).href
  const worker = new Worker(reading, { eval: true, workerData: { module, memory, hashKey, stop } })
  try {
    await once(worker, 'message')
    const others = Array.from({ length: 500 }, (_, i) => caller(`other ${i}`))
    for (let n = 0; n < 300; n++) write([...others, caller(n % 2 === 1 ? 'odd' : 'even', { incident: n })])
    Atomics.store(new Int32Array(stop), 0, 1)
    const [{ looks, torn }] = (await once(worker, 'message')) as [{ looks: number; torn: number }]
    assert.ok(looks > 0)
    assert.equal(torn, 0)
  } finally {
    await worker.terminate()
  }
})

/** Looks for two callers of which every table holds one, with an incident whose number says which. */
const reading = `
const { workerData, parentPort } = require('node:worker_threads')
import(workerData.module).then(({ openJudgedReader }) => {
  const reader = openJudgedReader(workerData.memory, workerData.hashKey)
  const stop = new Int32Array(workerData.stop)
  let looks = 0
  let torn = 0
  parentPort.postMessage('reading')
  while (Atomics.load(stop, 0) === 0) {
    for (const [name, rest] of [['odd', 1], ['even', 0]]) {
      const found = reader.find(name, 0)
      if (found !== null && (found.incident % 2 !== rest || found.severity !== 4)) torn++
      looks++
    }
  }
  parentPort.postMessage({ looks, torn })
})`
