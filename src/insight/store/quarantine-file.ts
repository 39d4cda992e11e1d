import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Quarantine } from '../ingest/quarantine.ts'

const sourcesMax = 100

/** What reports and `FOLDER/quarantine.json` say of items that did not read: where and why, never what. */
export function quarantineReport(quarantines: readonly Quarantine[]) {
  return quarantines
    .filter(({ total }) => total > 0)
    .slice(0, sourcesMax)
    .map(({ source, total, reasons, examples }) => ({ source, total, reasons: Object.fromEntries(reasons), examples }))
}

/** Writes the report anew, whole or not at all; bounded, since every quarantine is. */
export function writeQuarantine(folder: string, quarantines: readonly Quarantine[]): void {
  const file = join(folder, 'quarantine.json')
  writeFileSync(`${file}.new`, `${JSON.stringify(quarantineReport(quarantines), null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}
