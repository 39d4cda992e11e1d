import { readFileSync } from 'node:fs'
import path from 'node:path'
import { loadConfiguration } from '../../../src/cli/load-configuration.ts'
import type { KeptAnomaly } from '../../../src/insight/detection/anomaly-list.ts'
import { type DetectionSettings, usualDetection } from '../../../src/insight/detection/settings.ts'
import { openFileContent, readerFor } from '../../../src/insight/ingest/content.ts'
import { exchangeReaders } from '../../../src/insight/ingest/exchanges/index.ts'
import { Quarantine } from '../../../src/insight/ingest/quarantine.ts'
import type { Reader } from '../../../src/insight/ingest/reader.ts'
import { spanReaders } from '../../../src/insight/ingest/spans/index.ts'
import { readOpenApi } from '../../../src/insight/inventory/openapi/read-openapi.ts'
import { readKubernetes } from '../../../src/insight/inventory/owners/kubernetes.ts'
import type { Anomaly } from '../../../src/insight/detectors/detector.ts'
import { Learner } from '../../../src/insight/learner.ts'
import type { ExchangeRecord } from '../../../src/insight/model/exchange.ts'
import type { Span } from '../../../src/insight/model/span.ts'
import { createReducer } from '../../../src/insight/observe/reduce.ts'
import { createParts, type Parts, partList } from '../../../src/insight/parts.ts'
import type { BedFiles } from '../../../testbed/bed/generate.ts'
import type { Reported } from './score.ts'

/** An exchange so far ahead of all before it is of a wrong clock, ms. */
const aheadMs = 3_600_000

/** Insight as it is after some days of a bed, ready for the next. */
export interface BedRun {
  readonly parts: Parts
  /** Plays a day's files, exchanges and spans in the order in which they ended; gives what was reported meanwhile. */
  play(files: BedFiles, each?: (record: ExchangeRecord) => void): Promise<Played>
  /** Another one that knows what this one has learnt so far, as after a restart, under settings of its own. */
  restarted(settings: Partial<DetectionSettings>): BedRun
}

export interface Played {
  readonly anomalies: readonly KeptAnomaly[]
  readonly reports: readonly Reported[]
}

const hashKey = new Uint8Array(32).fill(5)

/** A fresh insight that knows the bed's configuration, cluster and documents. */
export async function openBedRun(files: BedFiles, settings: Partial<DetectionSettings> = {}): Promise<BedRun> {
  const { config } = await loadConfiguration(files.configuration)
  const documents = Object.entries(files.documents).map(([service, file]) => {
    const read = readOpenApi(readFileSync(file, 'utf8'), path.basename(file))
    if ('issues' in read) throw new Error(read.issues.join('\n'))
    return [service, read.document] as const
  })
  // One reducer for all days: what it has seen of enumerations goes on.
  const readers = exchangeReaders({ hashKey, reduce: createReducer({ hashKey }) })

  function open(own: Partial<DetectionSettings>): BedRun {
    const parts = createParts({ ...usualDetection, ...own })
    parts.inventory.configure(config)
    parts.detection.onFault = failed
    for (const [service, document] of documents) parts.inventory.declare(service, document)
    const learner = new Learner({ parts: partList(parts), onFault: failed })
    return {
      parts,
      play: (day, each) => play(day, { parts, learner, readers, each }),
      restarted(other) {
        const again = open(other)
        const into = partList(again.parts)
        for (const [i, part] of partList(parts).entries()) into[i]?.restore(written(part.changes()))
        return again
      },
    }
  }
  return open(settings)
}

async function play(
  day: BedFiles,
  {
    parts,
    learner,
    readers,
    each,
  }: {
    readonly parts: Parts
    readonly learner: Learner
    readonly readers: ReturnType<typeof exchangeReaders>
    readonly each: ((record: ExchangeRecord) => void) | undefined
  },
): Promise<Played> {
  const { inventory, detection } = parts
  const cluster = readKubernetes(readFileSync(day.kubernetes, 'utf8'), day.kubernetes)
  if ('issues' in cluster) throw new Error(cluster.issues.join('\n'))
  inventory.place(cluster.placements)
  const reported = new Set<number>()
  const reports: Reported[] = []
  detection.anomalies.onReport = (kept, isNew, said) => {
    if (isNew) reported.add(kept.number)
    if (said !== undefined) reports.push(reportOf(kept, said, detection.nowMs))
  }
  const spans: Span[] = []
  await readAll(spanReaders, day.spans, span => spans.push(span))
  spans.sort((a, b) => endOf(a) - endOf(b))
  let next = 0
  const takeUntil = (endUs: number): void => {
    for (; next < spans.length && endOf(spans[next] as Span) <= endUs; next++) learner.takeSpan(spans[next] as Span)
  }
  let latestMs = Number.POSITIVE_INFINITY
  await readAll(readers, day.exchanges, record => {
    const endMs = Date.parse(record.event.time) + record.event.durationMs
    // A clock that runs ahead, which one of the attacks plays, must not feed the rest of the day's spans before their exchanges.
    if (endMs <= latestMs + aheadMs) {
      latestMs = latestMs === Number.POSITIVE_INFINITY ? endMs : Math.max(latestMs, endMs)
      takeUntil(endMs * 1000)
    }
    each?.(record)
    learner.take(record)
  })
  takeUntil(Number.POSITIVE_INFINITY)
  learner.settle()
  parts.traces.flush()
  detection.anomalies.onReport = null
  return { anomalies: detection.anomalies.all().filter(({ number }) => reported.has(number)), reports }
}

function* written(rows: Iterable<readonly [key: string, value: string | null]>): Iterable<readonly [string, string]> {
  for (const [key, value] of rows) if (value !== null) yield [key, value]
}

export function reportOf(kept: KeptAnomaly, said: Anomaly, atMs: number): Reported {
  return {
    number: kept.number,
    detector: kept.detector,
    atMs,
    actor: kept.actor,
    principals: said.principals ?? [],
    addresses: said.addresses,
    operations: said.operations,
    events: said.events ?? [],
  }
}

function failed(what: string, error: unknown): never {
  throw new Error(`${what} threw`, { cause: error })
}

function endOf({ startUs, durationUs }: Span): number {
  return startUs + durationUs
}

async function readAll<T>(readers: ReadonlyArray<Reader<T>>, file: string, take: (item: T) => void): Promise<void> {
  const quarantine = new Quarantine(file)
  const content = await openFileContent(file, quarantine)
  const reader = readerFor(readers, content)
  if (reader === null) return
  for await (const batch of reader.read(content.chunks, quarantine)) for (const item of batch) take(item)
  if (quarantine.total > 0) throw new Error(`${file}: ${[...quarantine.reasons.keys()].join(', ')}`)
}
