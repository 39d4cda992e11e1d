// node learn-prepared.ts alone|learner EVENTS any|sessions: takes events that were made beforehand into what learns, and prints what that cost as JSON.
import { Detection } from '../src/insight/detection/detection.ts'
import { usualDetection } from '../src/insight/detection/settings.ts'
import type { Inventory } from '../src/insight/inventory/inventory.ts'
import { Learner } from '../src/insight/learner.ts'
import type { ExchangeRecord } from '../src/insight/model/exchange.ts'
import { createParts, partList } from '../src/insight/parts.ts'
import { Traces } from '../src/insight/traces/traces.ts'
import { type PreparedOperation, prepareRecords } from './prepared-records.ts'

/** What one run gave. CPU time: user and system, all threads, of taking alone. */
export interface PreparedRun {
  /** µs for an event at 300 events a second of event time, as in the other cases. */
  readonly cpuUs: number
  /** µs for an event at 3 a second: nearly every call ends all windows of its caller. */
  readonly thinCpuUs: number
  /** µs for an event, of writing rows down. */
  readonly writeCpuUs: number
  readonly rssMb: number
  readonly actors: number
  readonly anomalies: number
}

/** Records made at once: few, since in the product each is decoded just before it is taken, and thousands would be what memory is full of. */
const chunk = 250
/** So often rows are written down: about once a second in the product. */
const writeEvery = 20_000

const [, , mode = 'learner', count = '200000', use = 'any'] = process.argv
const events = Number(count)
const settings = {
  ...usualDetection,
  // Baselines judge from the first minutes on: what is measured is a gateway that has long been warm.
  baselines: { ...usualDetection.baselines, warmUp: { samples: 200, spanMs: 60_000 } },
}
const prepared = prepareRecords({
  seed: 'prepared',
  operations: 1000,
  principals: 10_000,
  use: use === 'any' ? 'any' : 'sessions',
})
const { detection, take } = mode === 'alone' ? alone(prepared.operations) : whole()
detection.onFault = (_, error) => {
  throw error
}
let writeUs = 0
play(events / 2, 1000 / 300)
const cpuUs = play(events, 1000 / 300)
const thinCpuUs = play(events / 2, 1000 / 3)
const { actors, anomalies } = detection.counts()
const run: PreparedRun = {
  cpuUs: cpuUs / events,
  thinCpuUs: thinCpuUs / (events / 2),
  writeCpuUs: writeUs / (2 * events),
  rssMb: process.memoryUsage.rss() / 1e6,
  actors,
  anomalies,
}
console.log(JSON.stringify(run))

/** CPU time of taking alone, µs: records are made while the clock stands. */
function play(total: number, stepMs: number): number {
  let spentUs = 0
  for (let done = 0; done < total; done += chunk) {
    const records = prepared.next(Math.min(chunk, total - done), stepMs)
    spentUs += cpuOf(() => {
      for (const record of records) take(record)
    })
    if (done % writeEvery === 0)
      writeUs += cpuOf(() => {
        for (const _ of detection.changes());
      })
  }
  return spentUs
}

/** µs, user and system. */
function cpuOf(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

interface Taking {
  readonly detection: Detection
  take(record: ExchangeRecord): void
}

function whole(): Taking {
  const parts = createParts(settings)
  const learner = new Learner({ parts: partList(parts) })
  return { detection: parts.detection, take: record => learner.take(record) }
}

/** The detectors, with the names of operations given: what the inventory costs is measured by other cases. */
function alone(operations: readonly PreparedOperation[]): Taking {
  const services = Map.groupBy(operations, ({ service }) => service)
  const located = new Map<string, unknown>()
  for (const [name, list] of services) {
    const entries = list.map(({ method, template }) => ({ method, leaf: template }))
    const templates = { version: 1, size: list.length, templateOfLeaf: (template: string) => ({ template }) }
    const service = { name, templates, entries: () => entries }
    for (const [i, one] of list.entries())
      located.set(String(operations.indexOf(one)), { service, entry: entries[i] ?? null })
  }
  const inventory = {
    owners: { ownerAt: () => null, scenariosAt: () => [] },
    declared: 0,
    declarationOf: () => null,
    locate: ({ event }: ExchangeRecord) => located.get(event.route ?? '') ?? null,
  } as unknown as Inventory
  const detection = new Detection({ inventory, traces: new Traces() }, settings)
  return { detection, take: record => detection.take(record) }
}
