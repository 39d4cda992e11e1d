import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Quarantine } from './quarantine.ts'
import type { Reader } from './reader.ts'

/** What a file says, decompressed. */
export interface Content {
  /** The first 64 KiB, or all of it: for `Reader.matches`. */
  readonly beginning: Uint8Array
  /** All of it, the beginning too; to be read once. */
  readonly chunks: AsyncIterable<Uint8Array>
}

const beginningBytes = 64 * 1024

/** Opens a file, gzip or plain (told by its first bytes, not by its name). Rejects when it cannot be read. Broken gzip ends the content and is quarantined. */
export function openFileContent(path: string, quarantine: Quarantine): Promise<Content> {
  return openContent(createReadStream(path), quarantine)
}

/** The content of a stream of bytes, see `openFileContent`. */
export async function openContent(source: AsyncIterable<Uint8Array>, quarantine: Quarantine): Promise<Content> {
  const raw = await peek(source[Symbol.asyncIterator](), 2)
  if (raw.beginning[0] !== 0x1f || raw.beginning[1] !== 0x8b) return more(raw)
  return more({ beginning: new Uint8Array(0), rest: gunzip(raw, quarantine)[Symbol.asyncIterator]() })
}

/** The reader that the content looks like; null: none knows it. */
export function readerFor<T extends Reader<unknown>>(readers: readonly T[], { beginning }: Content): T | null {
  return readers.find(reader => reader.matches(beginning)) ?? null
}

interface Peeked {
  readonly beginning: Uint8Array
  readonly rest: AsyncIterator<Uint8Array>
}

async function peek(rest: AsyncIterator<Uint8Array>, bytes: number, begun = new Uint8Array(0)): Promise<Peeked> {
  const parts: Uint8Array[] = [begun]
  let length = begun.length
  while (length < bytes) {
    const next = await rest.next()
    if (next.done === true) break
    parts.push(next.value)
    length += next.value.length
  }
  return { beginning: Buffer.concat(parts), rest }
}

async function more({ beginning, rest }: Peeked): Promise<Content> {
  const peeked = await peek(rest, beginningBytes, new Uint8Array(beginning))
  return { beginning: peeked.beginning.subarray(0, beginningBytes), chunks: whole(peeked) }
}

async function* whole({ beginning, rest }: Peeked): AsyncGenerator<Uint8Array> {
  if (beginning.length > 0) yield beginning
  yield* { [Symbol.asyncIterator]: () => rest }
}

async function* gunzip(peeked: Peeked, quarantine: Quarantine): AsyncGenerator<Uint8Array> {
  const source = Readable.from(whole(peeked))
  const plain = createGunzip()
  // A file that cannot be read further is the caller's to hear of; broken compression is bad content.
  let failure: Error | null = null
  source.on('error', error => {
    failure = error
    plain.destroy()
  })
  try {
    for await (const chunk of source.pipe(plain)) yield chunk as Uint8Array
  } catch (error) {
    if (failure !== null) throw failure
    if (!String((error as NodeJS.ErrnoException).code).startsWith('Z_')) throw error
    quarantine.add('document', 'the compressed data are broken or end early')
  }
}
