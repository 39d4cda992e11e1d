// node learn-file.ts FILE [PART…]: reads a file into what learns (all parts, or those named), in a process of its own, and prints what that cost as JSON.
import { randomBytes } from 'node:crypto'
import { exchangeReaders } from '../src/insight/ingest/exchanges/index.ts'
import { spanReaders } from '../src/insight/ingest/spans/index.ts'
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

const [, , file = '', ...names] = process.argv
const hashKey = randomBytes(32)
const parts = createParts()
// What is not asked for must not listen to what is.
if (names.length > 0 && !names.includes('detection')) parts.traces.onTree = null
const learner = new Learner({ parts: partList(parts).filter(({ part }) => names.length === 0 || names.includes(part)) })
const formats = { exchanges: exchangeReaders({ hashKey, reduce: createReducer({ hashKey }) }), spans: spanReaders }
const before = process.cpuUsage()
const { items, quarantine } = await replayFile(file, learner, { formats, format: null, onProgress: () => false })
learner.settle()
const { user, system } = process.cpuUsage(before)
const rssMb = process.memoryUsage.rss() / 1e6
const operations = parts.inventory.operations()
const callers = operations.reduce((most, { callers: list }) => Math.max(most, list.length), 0)
const learned: Learned = {
  items,
  quarantined: quarantine.total,
  operations: operations.length,
  callers,
  traces: parts.traces.counts().traces,
  cpuUs: user + system,
  rssMb,
}
console.log(JSON.stringify(learned))
