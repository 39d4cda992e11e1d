import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Clock } from '../core/host.ts'
import { families } from '../insight/behaviour/families/index.ts'
import { type ItemFiles, readItemFiles } from '../insight/behaviour/item-files.ts'
import { type Label, readLabels } from '../insight/behaviour/labels.ts'
import type { Family } from '../insight/behaviour/model.ts'
import { Quarantine } from '../insight/ingest/quarantine.ts'
import { skippedLines, skippedWords } from './did-not-read.ts'
import { UserError } from './fail.ts'
import { createProgress } from './progress.ts'
import { warn } from './say.ts'

/** The family of `--format`. */
export function familyOf(format: string): Family<unknown> {
  const family = families.find(one => one.format === format)
  if (family !== undefined) return family
  throw new UserError(`there is no format ${format}; there are ${families.map(one => one.format).join(', ')}`)
}

/** Reads files as one set; on a terminal a line says how far it is. */
export async function readFilesWithProgress(
  files: readonly string[],
  family: Family<unknown>,
  clock: Clock,
): Promise<ItemFiles<unknown>> {
  const sizes = files.map(sizeOf)
  const total = sizes.includes(0) ? 0 : sizes.reduce((sum, size) => sum + size, 0)
  const progress = createProgress(process.stderr, process.stderr.isTTY, () => clock.monotonic())
  try {
    return await readItemFiles(files, family, (bytes, items) => progress.at(bytes, total, items))
  } finally {
    progress.end()
  }
}

/** What to say when nothing at all was read: most likely it is the format. */
export function nothingReadWords(family: Family<unknown>, skipped: readonly Quarantine[]): string {
  const { format } = family
  return skippedLines(skipped) === 0
    ? `there is no item of the format ${format}: nothing is in what was named`
    : `no item of the format ${format} was read${skippedWords(skipped)}. Is it of another --format? docs/scoring.md#${format} shows lines of this one`
}

/** Labels of a file; lines that are none are counted and told, as those of items are. */
export async function readLabelFile(file: string): Promise<Map<string, Label>> {
  const text = await readText(file, 'one {"id", "abnormal"} a line is wanted')
  const skipped = new Quarantine(file)
  const labels = readLabels(text.split('\n'), (line, why) => skipped.add(`line ${line}`, why))
  const words = skippedWords([skipped])
  if (words !== '') warn(`portcullis: labels${words}`)
  return labels
}

/** `hint`: what to do when it cannot be read. */
export async function readText(file: string, hint: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? `there is no file ${file}` : `cannot read ${file}: ${message}`
    throw new UserError(`${why}; ${hint}`)
  }
}

/** Bytes; 0: unknown. */
function sizeOf(file: string): number {
  if (file === '-') return 0
  const stat = statSync(file, { throwIfNoEntry: false })
  if (stat === undefined) throw new UserError(`there is no file ${file}`)
  if (stat.isDirectory()) throw new UserError(`${file} is a folder; name its files`)
  return stat.isFile() ? stat.size : 0
}
