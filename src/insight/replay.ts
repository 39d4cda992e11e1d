import { createReadStream } from 'node:fs'
import { openContent, readerFor } from './ingest/content.ts'
import { Quarantine } from './ingest/quarantine.ts'
import type { Reader } from './ingest/reader.ts'
import type { Learner } from './learner.ts'
import type { ExchangeRecord } from './model/exchange.ts'
import type { Span } from './model/span.ts'

export interface ReplayFormats {
  readonly exchanges: ReadonlyArray<Reader<ExchangeRecord>>
  readonly spans: ReadonlyArray<Reader<Span>>
}

export interface ReplayOptions {
  readonly formats: ReplayFormats
  /** Format of all files; null: told by their content. */
  readonly format: string | null
  /** After every batch: bytes of the file that were read, items that were taken from it. A promise is waited for; true ends the replay. */
  readonly onProgress: (bytes: number, items: number) => boolean | Promise<boolean>
}

/** What was read of one file. */
export interface ReplayedFile {
  readonly file: string
  /** null: no format fits. */
  readonly format: string | null
  readonly items: number
  readonly quarantine: Quarantine
  /** The replay was ended while it was read. */
  readonly ended: boolean
}

/** Feeds one file (`-`: the standard input) to the learner, the way live traffic comes. Rejects when the file cannot be read. */
export async function replayFile(file: string, learner: Learner, options: ReplayOptions): Promise<ReplayedFile> {
  const quarantine = new Quarantine(file === '-' ? 'stdin' : file)
  let bytes = 0
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 256 * 1024 })) {
      bytes += (chunk as Buffer).length
      yield chunk as Buffer
    }
  }
  const content = await openContent(counted(), quarantine)
  const chosen = choose(options, content)
  let items = 0
  let ended = false
  if (chosen === null) return { file, format: null, items, quarantine, ended }
  const { reader, take } = chosen
  for await (const batch of reader.read(content.chunks, quarantine)) {
    for (const item of batch) take(learner, item)
    items += batch.length
    if (await options.onProgress(bytes, items)) {
      ended = true
      break
    }
  }
  return { file, format: reader.format, items, quarantine, ended }
}

interface Chosen {
  readonly reader: Reader<unknown>
  take(learner: Learner, item: unknown): void
}

function choose({ formats, format }: ReplayOptions, content: Parameters<typeof readerFor>[1]): Chosen | null {
  const pick = <T>(readers: ReadonlyArray<Reader<T>>): Reader<T> | null =>
    format === null ? readerFor(readers, content) : (readers.find(reader => reader.format === format) ?? null)
  const spans = pick(formats.spans)
  if (spans !== null) return { reader: spans, take: (learner, item) => learner.takeSpan(item as Span) }
  const exchanges = pick(formats.exchanges)
  if (exchanges !== null) return { reader: exchanges, take: (learner, item) => learner.take(item as ExchangeRecord) }
  return null
}
