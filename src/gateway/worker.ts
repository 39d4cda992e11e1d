import { parentPort, workerData } from 'node:worker_threads'
import type { Config } from '../config/types.ts'
import { ConfigError } from '../core/config-error.ts'
import type { Log } from '../core/host.ts'
import { openWorkerMetrics } from '../events/metrics/worker.ts'
import { createRecorder } from '../events/recorder.ts'
import { openRingWriter } from '../events/ring.ts'
import { createStreamSender } from '../events/stream/sender.ts'
import { createWorkerKeys } from '../identity/worker-keys.ts'
import { policies } from '../policies/index.ts'
import { unpackConfig } from './config-parcel.ts'
import { DataPlane } from './data-plane.ts'
import type { FromWorker, ToWorker, WorkerBirth } from './messages.ts'
import { createSlices } from './slices.ts'
import { systemClock } from './system-clock.ts'

// The entry of a data-plane thread: gives a DataPlane its parts and obeys main.

const port = parentPort
if (port === null) throw new Error('worker.ts runs as a worker thread')
const birth = workerData as WorkerBirth
const say = (message: FromWorker): void => port.postMessage(message)
const line =
  (level: 'info' | 'warn' | 'error'): Log['info'] =>
  (message, facts) =>
    say({ kind: 'log', level, message, ...(facts === undefined ? {} : { facts: plain(facts) }) })
const log: Log = { info: line('info'), warn: line('warn'), error: line('error') }
const clock = systemClock()
const metrics = openWorkerMetrics(birth.metrics, birth.index, birth.plan)
const ring = openRingWriter(birth.ring)
let plane: DataPlane | null = null

// Orders are obeyed one after the other: a commit never overtakes its prepare.
let turn: Promise<void> = Promise.resolve()

port.on('message', (message: ToWorker) => {
  turn = turn.then(() => obey(message))
})

/** Carries an order out and says so; an order that cannot be carried out is answered too. */
async function obey(message: ToWorker): Promise<void> {
  if (message.kind === 'abort') {
    plane?.abort()
    return
  }
  const { number } = message
  try {
    await carryOut(message)
    say({ kind: 'answer', number, issues: [] })
  } catch (error) {
    // It would serve another configuration than the others: it ends, and its successor gets the one that is in force.
    if (message.kind === 'commit' && !(error instanceof ConfigError)) throw error
    const issues =
      error instanceof ConfigError
        ? error.issues
        : [{ pointer: '', reason: error instanceof Error ? error.message : String(error) }]
    say({ kind: 'answer', number, issues: issues.map(issue => ({ ...issue })) })
  }
}

async function carryOut(order: Exclude<ToWorker, { readonly kind: 'abort' }>): Promise<void> {
  switch (order.kind) {
    case 'prepare': {
      const slices = createSlices(clock.monotonic)
      metrics.replan(order.plan)
      const config = await unpackConfig(order.config, slices)
      plane ??= createPlane(config)
      return plane.prepare({ ...order, config }, slices)
    }
    case 'commit':
      if (plane === null) throw new Error('nothing was prepared')
      return plane.commit(order.prepared)
    case 'drain':
      return plane?.drain(order.graceMs)
    default:
      order satisfies never
  }
}

function createPlane(config: Config): DataPlane {
  const stream =
    birth.insight === null
      ? null
      : createStreamSender({
          path: birth.insight,
          worker: birth.index,
          log,
          dropped: () => metrics.streamDropped(),
        })
  const recorder = createRecorder({
    ring,
    metrics,
    stream,
    hashKey: birth.eventHashKey,
  })
  return new DataPlane(
    {
      policies,
      clock,
      log,
      metrics,
      recorder,
      learns: stream !== null,
      keys: createWorkerKeys(birth.keys, clock),
      counters: { memory: birth.counters, hashKey: birth.hashKey, slowHashes: birth.slowHashes, judged: birth.judged },
      workers: birth.workers,
      first: birth.index === 0,
    },
    config.limits.bufferedBytesMax,
  )
}

/** Facts as plain data: what cannot cross threads (errors, secrets) crosses as its text. */
function plain(facts: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(facts).map(([key, value]) => [
      key,
      typeof value === 'number' || typeof value === 'boolean' || value === null ? value : String(value),
    ]),
  )
}
