import { createReadStream } from 'node:fs'
import { openContent } from '../ingest/content.ts'
import { readLines } from '../ingest/lines.ts'
import { Quarantine } from '../ingest/quarantine.ts'
import type { Family, FileLine } from './model.ts'

/** Programs write a whole archive of exchanges in one line. */
const lineBytesMax = 256 * 1024 * 1024

/** Items of files that are one set, in the order of the files. */
export interface ItemFiles<Item> {
  readonly items: readonly Item[]
  /** Lines that did not read, by file. */
  readonly skipped: readonly Quarantine[]
}

/**
 * Reads files (`-`: the standard input; gzip or plain), one after the other. Line numbers begin anew with each. `onProgress` is told of the bytes read so
 * far and the items of them. Rejects when a file cannot be read.
 */
export async function readItemFiles<Item>(
  files: readonly string[],
  family: Family<Item>,
  onProgress: (bytes: number, items: number) => void,
): Promise<ItemFiles<Item>> {
  const skipped: Quarantine[] = []
  const items: Item[] = []
  let bytes = 0
  async function* counted(file: string): AsyncGenerator<Uint8Array> {
    for await (const chunk of file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 256 * 1024 })) {
      bytes += (chunk as Buffer).length
      yield chunk as Buffer
    }
  }
  async function* lines(): AsyncGenerator<FileLine> {
    for (const file of files) {
      const quarantine = new Quarantine(file === '-' ? 'stdin' : file)
      skipped.push(quarantine)
      const content = await openContent(counted(file), quarantine)
      for await (const batch of readLines(content.chunks, quarantine, lineBytesMax))
        for (const line of batch) if (line.text.trimStart() !== '') yield line
    }
  }
  for await (const item of family.read(lines(), (line, why) => skipped.at(-1)?.add(`line ${line}`, why))) {
    items.push(item)
    if (items.length % 1024 === 0) onProgress(bytes, items.length)
  }
  return { items, skipped }
}
