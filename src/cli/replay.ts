import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Log } from '../core/host.ts'
import { loadHashKey } from '../events/hash-key.ts'
import { createOperatorLog } from '../events/operator-log.ts'
import { systemClock } from '../gateway/system-clock.ts'
import { type Engine, type EngineOptions, openEngine } from '../insight/engine.ts'
import { fileFormats } from '../insight/ingest/file-formats.ts'
import { fieldChoice, usualFields } from '../insight/model/field-choice.ts'
import { readDocuments } from '../insight/inventory/openapi/read-documents.ts'
import { type ReplayedFile, replayFile } from '../insight/replay.ts'
import { type IncidentReport, reportOf } from '../response/incidents/report.ts'
import { createResponse, type Response } from '../response/response.ts'
import { quarantineReport, writeQuarantine } from '../insight/store/quarantine-file.ts'
import { counted, UserError } from './fail.ts'
import { listInWords } from './incident-words.ts'
import { loadConfiguration } from './load-configuration.ts'
import { createProgress, grouped } from './progress.ts'
import { say } from './say.ts'
import { table } from './table.ts'

export interface ReplayFlags {
  readonly state?: string
  readonly format?: string
  readonly config?: string
  /** False: no call is judged, and nothing is learnt of what is normal. */
  readonly detection?: boolean
  readonly json?: boolean
}

const saveEveryMs = 1000

/** `portcullis replay`: feeds files to the learner as live traffic would, says what was read and what was learnt. */
export async function replay(files: readonly string[], flags: ReplayFlags): Promise<void> {
  const clock = systemClock()
  const log = createOperatorLog({ format: 'text', write: line => process.stderr.write(line), clock })
  const sizes = files.map(sizeOf)
  const hashKey = hashKeyOf(flags.state)
  const loaded = flags.config === undefined ? null : await loadConfiguration(flags.config)
  const fields = loaded?.config.insight?.fields
  const formats = fileFormats(hashKey, fields === undefined ? usualFields : fieldChoice(fields))
  const known = [...formats.exchanges, ...formats.spans].map(({ format }) => format)
  if (flags.format !== undefined && !known.includes(flags.format))
    throw new UserError(`there is no format ${flags.format}; there are ${known.join(', ')}`)
  let response: Response | undefined
  const engine = await open(flags.state, log, {
    ...(loaded?.config.insight == null
      ? {}
      : { detection: loaded.config.insight.detection, networks: loaded.config.insight.networks }),
    detects: flags.detection !== false,
    join(parts) {
      response = createResponse(parts)
      return response.parts
    },
  })
  if (loaded !== null) {
    engine.parts.inventory.configure(loaded.config)
    engine.parts.inventory.describe(readDocuments(loaded.documents, words => log.error(words)))
  }
  const progress = createProgress(process.stderr, process.stderr.isTTY && flags.json !== true, () => clock.monotonic())
  const begun = clock.monotonic()
  const total = sizes.includes(null) ? 0 : sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)
  let interrupted = false
  const interrupt = (): void => {
    interrupted = true
  }
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  const done: ReplayedFile[] = []
  try {
    let savedAt = begun
    let doneBytes = 0
    let doneItems = 0
    for (const [index, file] of files.entries()) {
      const result = await replayFile(file, engine.learner, {
        formats,
        format: flags.format ?? null,
        async onProgress(bytes, items) {
          progress.at(doneBytes + bytes, total, doneItems + items)
          if (clock.monotonic() - savedAt > saveEveryMs) {
            await engine.save()
            savedAt = clock.monotonic()
          }
          return interrupted
        },
      })
      done.push(result)
      if (result.format === null)
        throw new UserError(
          `${file} is of no format that is known: ${known.join(', ')} (gzip or plain); --format says which`,
        )
      doneBytes += sizes[index] ?? 0
      doneItems += result.items
      if (interrupted) break
    }
    engine.learner.settle()
  } finally {
    progress.end()
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
    if (flags.state !== undefined)
      writeQuarantine(
        flags.state,
        done.map(({ quarantine }) => quarantine),
      )
    // What is kept is the state of a stream that may go on; the report below looks at it as ended.
    await engine.close()
  }
  engine.parts.traces.flush()
  const seconds = (clock.monotonic() - begun) / 1000
  const newestMs = Date.parse(engine.learner.newest)
  const incidents = (response?.incidents.all() ?? []).map(incident => reportOf(incident, newestMs))
  if (interrupted) process.exitCode = 130
  say(
    flags.json === true
      ? JSON.stringify({ interrupted, seconds, ...report(done, engine), incidents }, null, 2)
      : [words(done, engine, { seconds, interrupted }), ...incidentWords(incidents)].join('\n\n'),
  )
}

function open(
  state: string | undefined,
  log: Log,
  more: Pick<EngineOptions, 'join' | 'detection' | 'networks' | 'detects'>,
): Promise<Engine> {
  return openEngine(
    {
      folder: state ?? null,
      memoryBytesMax: 1024 * 1024 * 1024,
      retentionMs: Number.POSITIVE_INFINITY,
      historyBytesMax: Number.POSITIVE_INFINITY,
      record: null,
      ...more,
    },
    log,
  ).catch((error: unknown) => {
    throw new UserError((error as Error).message)
  })
}

function incidentWords(incidents: readonly IncidentReport[]): readonly string[] {
  return incidents.length === 0 ? [] : [`incidents\n${listInWords(incidents)}`]
}

/** The key that the gateway uses, when the folder is that of its insight: then hashes compare. */
function hashKeyOf(state: string | undefined): Uint8Array {
  if (state === undefined) return loadHashKey(null)
  const above = path.dirname(path.resolve(state))
  return loadHashKey(existsSync(path.join(above, 'event-hash-key')) ? above : state)
}

/** Bytes of a file; null for the standard input. */
function sizeOf(file: string): number | null {
  if (file === '-') return null
  const stat = statSync(file, { throwIfNoEntry: false })
  if (stat === undefined) throw new UserError(`there is no file ${file}`)
  if (stat.isDirectory()) throw new UserError(`${file} is a folder; name its files`)
  return stat.isFile() ? stat.size : null
}

function report(done: readonly ReplayedFile[], { learner, parts }: Engine) {
  return {
    files: done.map(({ file, format, items, quarantine }) => ({ file, format, items, quarantined: quarantine.total })),
    quarantined: quarantineReport(done.map(({ quarantine }) => quarantine)),
    counts: learner.counts,
    newest: learner.newest === '' ? null : learner.newest,
    services: parts.inventory.services().map(({ name, operations, calls }) => ({ name, operations, calls })),
    operations: parts.inventory
      .operations()
      .map(({ id, confidence, traffic }) => ({ id, confidence, calls: traffic.calls })),
    traces: parts.traces.counts(),
    serviceMap: parts.traces.serviceMap(),
  }
}

function words(
  done: readonly ReplayedFile[],
  engine: Engine,
  { seconds, interrupted }: { readonly seconds: number; readonly interrupted: boolean },
): string {
  const { counts } = engine.learner
  const items = done.reduce((sum, file) => sum + file.items, 0)
  const rows = done.map(({ file, format, items: read, quarantine }) => [
    `  ${file}`,
    format ?? '?',
    grouped(read),
    quarantine.total === 0 ? '' : `${grouped(quarantine.total)} did not read`,
  ])
  const bad = quarantineReport(done.map(({ quarantine }) => quarantine)).flatMap(({ source, reasons, examples }) =>
    Object.entries(reasons).map(([why, count]) => {
      const first = examples.find(example => example.why === why)
      return [`  ${source}`, grouped(count), why, first === undefined ? '' : `first at ${first.place}`]
    }),
  )
  const notes = [
    [counts.duplicates, 'came twice and were dropped'],
    [counts.late, 'were late'],
    [counts.clockJumps, 'were dropped for a clock that nothing else agreed with'],
    [counts.failed, 'could not be taken by a part of the learner (see the log)'],
  ] as const
  const { traces } = engine.parts
  const { services, edges } = traces.serviceMap()
  const learnt = [
    ['  events', grouped(counts.events)],
    ['  observations', grouped(counts.observations)],
    ['  spans', grouped(counts.spans)],
    ['  services', grouped(engine.parts.inventory.services().length)],
    ['  operations', grouped(engine.parts.inventory.operations().length)],
    ['  traces', grouped(traces.counts().traces)],
    ['  services on the map', `${grouped(services.length)}, ${counted(edges.length, 'pair')}`],
  ]
  return [
    `read\n${table(rows)}`,
    ...(bad.length === 0 ? [] : [`did not read\n${table(bad)}`]),
    `learnt\n${table(learnt)}`,
    ...notes.flatMap(([count, what]) => (count === 0 ? [] : [`${grouped(count)} ${what}`])),
    `${interrupted ? 'interrupted: ' : ''}${counted(done.length, 'file')}, ${grouped(items)} items in ${seconds.toFixed(1)} s${
      seconds > 0 ? `, ${grouped(Math.round(items / seconds))}/s` : ''
    }`,
  ].join('\n\n')
}
