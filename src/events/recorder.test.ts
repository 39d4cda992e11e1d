import assert from 'node:assert/strict'
import { it } from 'node:test'
import { exchange } from '../../test/support/exchange.ts'
import { createMetricsMemory, workerCells } from './metrics/memory.ts'
import { workerBlock } from './metrics/layout.ts'
import { planMetrics } from './metrics/plan.ts'
import { openWorkerMetrics } from './metrics/worker.ts'
import type { StreamSender } from './stream/sender.ts'
import { createRecorder, type Recorder } from './recorder.ts'

const outcome = {
  verdict: 'pass',
  status: 200,
  upstreamStatus: 200,
  policy: '',
  code: '',
  reason: '',
  target: '',
  requestBytes: 0,
  responseBytes: 0,
  durationMs: 1,
  upstreamMs: 1,
  configVersion: 1,
} as const

function open(
  write: ((line: string) => boolean) | null,
  stream: StreamSender | null = null,
): { recorder: Recorder; cells: Float64Array } {
  const memory = createMetricsMemory(1)
  const plan = planMetrics(
    { routes: [], services: [], listeners: [], policies: [], coreCodes: [] },
    null,
    memory.capacity,
  )
  const metrics = openWorkerMetrics(memory, 0, plan)
  const ring = write === null ? null : { write }
  return {
    recorder: createRecorder({ ring, metrics, stream, hashKey: new Uint8Array(32) }),
    cells: workerCells(memory, 0),
  }
}

it('counts an event that found no room as dropped and goes on', () => {
  const { recorder, cells } = open(() => false)
  recorder.exchange(exchange(), outcome, null)
  recorder.exchange(exchange(), outcome, null)
  assert.deepEqual([cells[workerBlock.eventsDropped], cells[workerBlock.events]], [2, 2])
})

it('counts every exchange and writes it once, unless no sink is configured', () => {
  const lines: string[] = []
  const { recorder, cells } = open(line => lines.push(line) > 0)
  recorder.exchange(exchange(), outcome, null)
  recorder.writeEvents(false)
  recorder.exchange(exchange(), outcome, null)
  recorder.writeEvents(true)
  recorder.exchange(exchange(), outcome, null)
  assert.equal(lines.length, 2)
  assert.deepEqual([cells[workerBlock.eventsDropped], cells[workerBlock.events]], [0, 3])
  const silent = open(null)
  silent.recorder.writeEvents(true)
  silent.recorder.exchange(exchange(), outcome, null)
  assert.equal(silent.cells[workerBlock.eventsDropped], 0)
})

it('tells insight of every exchange, whether or not events are written', () => {
  const told: Array<[string, unknown]> = []
  const stream: StreamSender = { exchange: (line, contents) => void told.push([line, contents]), close() {} }
  const { recorder } = open(null, stream)
  recorder.exchange(exchange(), outcome, null)
  recorder.writeEvents(false)
  recorder.exchange(exchange(), outcome, null)
  assert.equal(told.length, 2)
  assert.equal(JSON.parse(told[0]?.[0] as string).status, outcome.status)
})
