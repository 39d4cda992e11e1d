import type { Quarantine } from './quarantine.ts'

/** One format of a file or stream. Adding one: a file that exports a Reader, and a line in the list of its kind (`spans/index.ts` …). */
export interface Reader<T> {
  /** `spans-csv`, `otlp-json` …: as `--format` and docs/formats.md name it. */
  readonly format: string
  /** Does this look like the format? `beginning` is the first 64 KiB of the content (decompressed), or all of it. Never throws. */
  matches(beginning: Uint8Array): boolean
  /**
   * Items in batches, in the order of the file, in bounded memory. What does not read goes to `quarantine` and the rest goes on;
   * rejects only when `chunks` does.
   */
  read(chunks: AsyncIterable<Uint8Array>, quarantine: Quarantine): AsyncIterable<readonly T[]>
}
