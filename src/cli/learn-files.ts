import { createOperatorLog } from '../events/operator-log.ts'
import { loadHashKey } from '../events/hash-key.ts'
import { systemClock } from '../gateway/system-clock.ts'
import { type Engine, type EngineOptions, openEngine } from '../insight/engine.ts'
import { fileFormats } from '../insight/ingest/file-formats.ts'
import { fieldChoice, usualFields } from '../insight/model/field-choice.ts'
import type { Quarantine } from '../insight/ingest/quarantine.ts'
import { replayFile } from '../insight/replay.ts'
import { complain } from './did-not-read.ts'
import { UserError } from './fail.ts'
import { loadConfiguration } from './load-configuration.ts'
import { createProgress } from './progress.ts'

/** An engine that has learnt from files as from live traffic, and keeps nothing; on a terminal a line says how far it is. */
export async function learnFiles(
  files: readonly string[],
  flags: { readonly config?: string },
  join: NonNullable<EngineOptions['join']>,
): Promise<Engine> {
  const clock = systemClock()
  const log = createOperatorLog({ format: 'text', write: line => process.stderr.write(line), clock })
  const config = flags.config === undefined ? null : (await loadConfiguration(flags.config)).config
  const formats = fileFormats(
    loadHashKey(null),
    config?.insight == null ? usualFields : fieldChoice(config.insight.fields),
  )
  const engine = await openEngine(
    {
      folder: null,
      memoryBytesMax: 1024 * 1024 * 1024,
      retentionMs: Number.POSITIVE_INFINITY,
      historyBytesMax: Number.POSITIVE_INFINITY,
      record: null,
      join,
      ...(config?.insight == null ? {} : { detection: config.insight.detection, networks: config.insight.networks }),
    },
    log,
  )
  if (config !== null) engine.parts.inventory.configure(config)
  const progress = createProgress(process.stderr, process.stderr.isTTY, () => clock.monotonic())
  const quarantines: Quarantine[] = []
  let items = 0
  try {
    for (const file of files) {
      const result = await replayFile(file, engine.learner, {
        formats,
        format: null,
        onProgress(_, read) {
          progress.at(0, 0, items + read)
          return false
        },
      }).catch((error: unknown) => {
        throw new UserError(`cannot read ${file}: ${(error as Error).message}`)
      })
      if (result.format === null)
        throw new UserError(`${file} is of no format that is known; docs/formats.md lists them`)
      items += result.items
      quarantines.push(result.quarantine)
    }
  } finally {
    progress.end()
  }
  complain(quarantines)
  engine.learner.settle()
  engine.parts.traces.flush()
  return engine
}
