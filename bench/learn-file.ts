// node learn-file.ts file|live FILE [PART…]: gives a file to what learns (all parts, or those named), in a process of its own, and prints what that cost as
// JSON. `live`: an event log as the data plane sends it, and what the first events cost, while V8 still compiles, is left out.
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { exchangeReaders } from '../src/insight/ingest/exchanges/index.ts'
import { spanReaders } from '../src/insight/ingest/spans/index.ts'
import { createIntake } from '../src/insight/intake.ts'
import { Learner } from '../src/insight/learner.ts'
import { createReducer } from '../src/insight/observe/reduce.ts'
import { createParts, partList } from '../src/insight/parts.ts'
import { replayFile } from '../src/insight/replay.ts'

/** What one run gave. */
export interface Learned {
  /** Events or spans. */
  readonly items: number
  readonly quarantined: number
  readonly operations: number
  readonly callers: number
  readonly traces: number
  /** User and system, all threads, without the start of the program. */
  readonly cpuUs: number
  readonly rssMb: number
}

/** Events taken before anything is measured. */
const warmUp = 200_000
/** As much as a frame of the stream mostly holds. */
const frameBytes = 64 * 1024

const [, , mode = 'file', file = '', ...names] = process.argv
const hashKey = randomBytes(32)
const parts = createParts()
// What is not asked for must not listen to what is.
if (names.length > 0 && !names.includes('detection')) parts.traces.onTree = null
const learner = new Learner({ parts: partList(parts).filter(({ part }) => names.length === 0 || names.includes(part)) })
const reduce = createReducer({ hashKey })
const { items, quarantined, cpuUs } = mode === 'live' ? live() : await replayed()
const rssMb = process.memoryUsage.rss() / 1e6
const operations = parts.inventory.operations()
const callers = operations.reduce((most, { callers: list }) => Math.max(most, list.length), 0)
const learned: Learned = {
  items,
  quarantined,
  operations: operations.length,
  callers,
  traces: parts.traces.counts().traces,
  cpuUs,
  rssMb,
}
console.log(JSON.stringify(learned))

type Cost = Pick<Learned, 'items' | 'quarantined' | 'cpuUs'>

async function replayed(): Promise<Cost> {
  const formats = { exchanges: exchangeReaders({ hashKey, reduce }), spans: spanReaders }
  const before = process.cpuUsage()
  const { items: all, quarantine } = await replayFile(file, learner, { formats, format: null, onProgress: () => false })
  learner.settle()
  return { items: all, quarantined: quarantine.total, cpuUs: since(before) }
}

function live(): Cost {
  const intake = createIntake({ learner, reduce, now: Date.now })
  const frame = Buffer.allocUnsafeSlow(frameBytes)
  const log = openSync(file, 'r')
  let [at, spentUs, skipped] = [0, 0, 0]
  for (let read = readSync(log, frame, 0, frameBytes, at); read > 0; read = readSync(log, frame, 0, frameBytes, at)) {
    const whole = frame.lastIndexOf(10, read - 1) + 1
    at += whole
    const before = process.cpuUsage()
    intake.events(frame.subarray(0, whole))
    spentUs += since(before)
    if (skipped === 0 && learner.counts.events >= warmUp) [skipped, spentUs] = [learner.counts.events, 0]
  }
  closeSync(log)
  return { items: learner.counts.events - skipped, quarantined: intake.quarantine.total, cpuUs: spentUs }
}

function since(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return user + system
}
