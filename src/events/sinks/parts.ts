import { createHash } from 'node:crypto'
import type { Clock, Log } from '../../core/host.ts'
import { packSecrets } from '../../core/secret.ts'
import type { SinkPart } from '../writer.ts'
import { sinks } from './index.ts'

/** The configured sinks (`config.events`, settings checked) as parts of an event writer. The same sink and settings keep the same key over reloads. */
export function sinkParts(
  entries: ReadonlyArray<{ readonly sink: string; readonly with: unknown }>,
  clock: Clock,
  log: Log,
): SinkPart[] {
  const parts = new Map<string, SinkPart>()
  const counts = new Map<string, number>()
  for (const entry of entries) {
    const sink = sinks.find(({ name }) => name === entry.sink)
    if (sink === undefined) throw new Error(`there is no sink ${entry.sink}`)
    // Hashed, because the settings of a sink may hold secrets and keys of maps turn up in dumps.
    const key = createHash('sha256')
      .update(JSON.stringify([entry.sink, packSecrets(entry.with)]))
      .digest('hex')
    if (parts.has(key)) continue
    const count = (counts.get(sink.name) ?? 0) + 1
    counts.set(sink.name, count)
    const name = count === 1 ? sink.name : `${sink.name}-${count}`
    parts.set(key, { key, name, open: () => sink.open(entry.with, log, clock) })
  }
  return [...parts.values()]
}
