import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { loadConfiguration } from '../../src/cli/load-configuration.ts'
import type { LoadedConfig } from '../../src/config/load.ts'
import { openFileContent, readerFor } from '../../src/insight/ingest/content.ts'
import { exchangeReaders } from '../../src/insight/ingest/exchanges/index.ts'
import { Quarantine } from '../../src/insight/ingest/quarantine.ts'
import type { Reader } from '../../src/insight/ingest/reader.ts'
import { spanReaders } from '../../src/insight/ingest/spans/index.ts'
import { Inventory } from '../../src/insight/inventory/inventory.ts'
import { readOpenApi } from '../../src/insight/inventory/openapi/read-openapi.ts'
import { readKubernetes } from '../../src/insight/inventory/owners/kubernetes.ts'
import { Learner } from '../../src/insight/learner.ts'
import { createReducer } from '../../src/insight/observe/reduce.ts'
import { createParts, type Parts, partList } from '../../src/insight/parts.ts'
import type { Span } from '../../src/insight/model/span.ts'
import { everyTrace, Traces } from '../../src/insight/traces/traces.ts'
import { type BedFiles, generateBed } from '../../testbed/bed/generate.ts'
import type { Truth } from '../../testbed/bed/truth.ts'

/** A day of the bed, as insight knows it after it was replayed, beside what is true. */
export interface LearntBed {
  readonly files: BedFiles
  readonly truth: Truth
  readonly parts: Parts
  readonly loaded: LoadedConfig
  /** What traffic alone shows: no document, no configuration. */
  readonly fromTraffic: Inventory
}

/** Any will do; the figures of others are noted beside it. */
export const bedSeed = 7

const made = new Map<string, Promise<BedFiles>>()
const learnt = new Map<number, Promise<LearntBed>>()

/** Files of a bed's first day, or of the day after it. Made once in a process, gone when it ends. */
export function bedFiles(seed: number, unseen: boolean): Promise<BedFiles> {
  const key = `${seed} ${unseen}`
  let files = made.get(key)
  if (files === undefined) {
    const out = mkdtempSync(path.join(tmpdir(), 'portcullis-bed-'))
    process.once('exit', () => rmSync(out, { recursive: true, force: true }))
    made.set(key, (files = generateBed({ seed, days: 1, out, unseen, plain: true })))
  }
  return files
}

/** Learns the first day by the way that files always take: configuration, cluster, documents, spans and exchanges. */
export function learntBed(seed = bedSeed): Promise<LearntBed> {
  let bed = learnt.get(seed)
  if (bed === undefined) learnt.set(seed, (bed = learn(seed)))
  return bed
}

async function learn(seed: number): Promise<LearntBed> {
  const files = await bedFiles(seed, false)
  const loaded = await loadConfiguration(files.configuration)
  // Every trace stays, so that each can be looked at.
  const parts: Parts = { ...createParts(), traces: new Traces(everyTrace) }
  const fromTraffic = new Inventory()
  const { inventory } = parts
  inventory.configure(loaded.config)
  const cluster = readKubernetes(readFileSync(files.kubernetes, 'utf8'), files.kubernetes)
  if ('issues' in cluster) throw new Error(cluster.issues.join('\n'))
  inventory.place(cluster.placements)
  for (const [service, file] of Object.entries(files.documents)) {
    const read = readOpenApi(readFileSync(file, 'utf8'), path.basename(file))
    if ('issues' in read) throw new Error(read.issues.join('\n'))
    if (read.document.warnings.length > 0) throw new Error(read.document.warnings.join('\n'))
    inventory.declare(service, read.document)
  }
  const learner = new Learner({
    parts: [...partList(parts), fromTraffic],
    onFault: (part, error) => {
      throw new Error(`part ${part} could not take an item`, { cause: error })
    },
  })
  await replayTogether(learner, files)
  parts.traces.flush()
  return { files, truth: JSON.parse(readFileSync(files.truth, 'utf8')) as Truth, parts, loaded, fromTraffic }
}

/**
 * Exchanges and spans in the order in which they would have come in: each when it ended, as live. Throws when a line does not read: the bed
 * writes none that should not.
 */
async function replayTogether(learner: Learner, { exchanges, spans }: BedFiles): Promise<void> {
  const hashKey = randomBytes(32)
  const waiting: Span[] = []
  await readAll(spanReaders, spans, span => waiting.push(span))
  waiting.sort((a, b) => endOf(a) - endOf(b))
  let next = 0
  const takeUntil = (endUs: number): void => {
    for (; next < waiting.length && endOf(waiting[next] as Span) <= endUs; next++)
      learner.takeSpan(waiting[next] as Span)
  }
  await readAll(exchangeReaders({ hashKey, reduce: createReducer({ hashKey }) }), exchanges, record => {
    takeUntil((Date.parse(record.event.time) + record.event.durationMs) * 1000)
    learner.take(record)
  })
  takeUntil(Number.POSITIVE_INFINITY)
  learner.settle()
}

function endOf({ startUs, durationUs }: Span): number {
  return startUs + durationUs
}

async function readAll<T>(readers: ReadonlyArray<Reader<T>>, file: string, take: (item: T) => void): Promise<void> {
  const quarantine = new Quarantine(file)
  const content = await openFileContent(file, quarantine)
  const reader = readerFor(readers, content)
  if (reader === null) throw new Error(`${file} is of no format`)
  for await (const batch of reader.read(content.chunks, quarantine)) for (const item of batch) take(item)
  if (quarantine.total > 0) throw new Error(`${file}: ${[...quarantine.reasons.keys()].join(', ')}`)
}
