import type { Quarantine } from './quarantine.ts'

/** A line without its end, and its number from 1. */
export interface Line {
  readonly text: string
  readonly number: number
}

/** The same before it is decoded: `from` to `to` of `bytes`. */
export interface LineBytes {
  readonly bytes: Buffer
  readonly from: number
  readonly to: number
  readonly number: number
}

/** Longest line that is read, bytes; an event has at most a tenth of it, an exchange with its bodies fits. */
const lineBytesMax = 16 * 1024 * 1024

/** Lines of one batch: what is read of few is still near in the caches when it is learnt. */
const batchMax = 64

/**
 * UTF-8 lines (LF or CRLF) of a stream in batches; empty ones are left out. A line longer than `bytesMax` is quarantined
 * without being held. Invalid UTF-8 becomes U+FFFD, so its line fails where it is parsed, not here.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  quarantine: Quarantine,
  bytesMax: number = lineBytesMax,
): AsyncGenerator<readonly Line[]> {
  for await (const lines of readLineBytes(chunks, quarantine, bytesMax))
    yield lines.map(line => ({ text: textOf(line), number: line.number }))
}

/** What a line says. */
export function textOf({ bytes, from, to }: LineBytes): string {
  return bytes.toString('utf8', from, to)
}

/** As `readLines`, for whom the bytes are enough; they are the chunk's own where the line is whole in it. */
export async function* readLineBytes(
  chunks: AsyncIterable<Uint8Array>,
  quarantine: Quarantine,
  bytesMax: number = lineBytesMax,
): AsyncGenerator<readonly LineBytes[]> {
  let held: Uint8Array[] = []
  let heldBytes = 0
  let tooLong = false
  let number = 0

  /** The line whose last bytes, before its end, are `start` to `end` of `chunk`. */
  function lineOf(chunk: Buffer, start: number, end: number): LineBytes | null {
    number++
    const over = tooLong || heldBytes + end - start > bytesMax
    const whole = heldBytes === 0
    const bytes = whole ? chunk : Buffer.concat([...held, chunk.subarray(start, end)])
    held = []
    heldBytes = 0
    tooLong = false
    if (over) {
      quarantine.add(`line ${number}`, 'the line is too long')
      return null
    }
    let from = whole ? start : 0
    let to = whole ? end : bytes.length
    if (number === 1 && to - from >= 3 && bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf)
      from += 3
    if (to > from && bytes[to - 1] === 13) to--
    return to <= from ? null : { bytes, from, to, number }
  }

  for await (const part of chunks) {
    const chunk = Buffer.from(part.buffer, part.byteOffset, part.length)
    let lines: LineBytes[] = []
    let start = 0
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, start)) {
      const line = lineOf(chunk, start, at)
      if (line !== null) lines.push(line)
      start = at + 1
      if (lines.length === batchMax) {
        yield lines
        lines = []
      }
    }
    if (start < chunk.length) {
      heldBytes += chunk.length - start
      if (heldBytes > bytesMax) {
        // Not a byte of it is needed any more; only its end is looked for.
        tooLong = true
        held = []
        heldBytes = bytesMax
      } else if (!tooLong) held.push(chunk.subarray(start))
    }
    if (lines.length > 0) yield lines
  }
  if (heldBytes > 0) {
    const line = lineOf(Buffer.alloc(0), 0, 0)
    if (line !== null) yield [line]
  }
}
