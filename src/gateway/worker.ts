import { parentPort, workerData } from 'node:worker_threads'
import type { Config } from '../config/types.ts'
import { ConfigError } from '../core/config-error.ts'
import type { Log } from '../core/host.ts'
import { unpackSecrets } from '../core/secret.ts'
import { openWorkerMetrics } from '../events/metrics/worker.ts'
import { createRecorder } from '../events/recorder.ts'
import { openRingWriter } from '../events/ring.ts'
import { createWorkerKeys } from '../identity/worker-keys.ts'
import { policies } from '../policies/index.ts'
import { DataPlane } from './data-plane.ts'
import type { FromWorker, ToWorker, WorkerBirth } from './messages.ts'
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

/** A configuration that is still arriving. */
interface Coming {
  readonly version: number
  readonly config: Config
  readonly routes: Config['routes'][number][]
  readonly ticketKeys: Readonly<Record<string, Uint8Array>>
}
let coming: Coming | null = null

// Messages are obeyed one after the other: a commit never overtakes its prepare.
let turn: Promise<void> = Promise.resolve()

port.on('message', (message: ToWorker) => {
  turn = turn
    .then(() => obey(message))
    .catch((error: unknown) => log.error('a worker could not obey', { kind: message.kind, cause: String(error) }))
})

async function obey(message: ToWorker): Promise<void> {
  switch (message.kind) {
    case 'prepare':
      metrics.replan(message.plan)
      coming = {
        version: message.version,
        config: unpackSecrets(message.config) as Config,
        routes: [],
        ticketKeys: message.ticketKeys,
      }
      say({ kind: 'more', version: message.version })
      return
    case 'routes':
      if (coming?.version !== message.version) return
      coming.routes.push(...(unpackSecrets(message.routes) as Config['routes']))
      say({ kind: 'more', version: message.version })
      return
    case 'compile':
      if (coming?.version === message.version) await compile(coming)
      coming = null
      return
    case 'commit':
      say({
        kind: 'committed',
        version: message.version,
        failures: (await plane?.commit()) ?? ['nothing was prepared'],
      })
      return
    case 'abort':
      coming = null
      plane?.abort()
      return
    case 'drain':
      await plane?.drain(message.graceMs)
      say({ kind: 'drained' })
      return
    default:
      message satisfies never
  }
}

async function compile({ version, config: head, routes, ticketKeys }: Coming): Promise<void> {
  const config: Config = Object.freeze({ ...head, routes: Object.freeze(routes) })
  try {
    plane ??= createPlane(config)
    await plane.prepare(config, version, ticketKeys)
    say({ kind: 'prepared', version })
  } catch (error) {
    const issues =
      error instanceof ConfigError
        ? error.issues
        : [{ pointer: '', reason: error instanceof Error ? error.message : String(error) }]
    say({ kind: 'refused', version, issues: issues.map(issue => ({ ...issue })) })
  }
}

function createPlane(config: Config): DataPlane {
  const recorder = createRecorder({
    ring,
    metrics,
    hashKey: birth.eventHashKey,
  })
  return new DataPlane(
    {
      policies,
      clock,
      log,
      metrics,
      recorder,
      keys: createWorkerKeys(birth.keys, clock),
      counters: { memory: birth.counters, hashKey: birth.hashKey, slowHashes: birth.slowHashes },
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
