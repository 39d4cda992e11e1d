import type { Quarantine } from './quarantine.ts'

/** A line without its end, and its number from 1. */
export interface Line {
  readonly text: string
  readonly number: number
}

/** Longest line that is read, bytes; an event has at most a tenth of it, an exchange with its bodies fits. */
const lineBytesMax = 16 * 1024 * 1024

/**
 * UTF-8 lines (LF or CRLF) of a stream in batches, one per chunk; empty ones are left out. A line longer than `bytesMax` is quarantined
 * without being held. Invalid UTF-8 becomes U+FFFD, so its line fails where it is parsed, not here.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  quarantine: Quarantine,
  bytesMax: number = lineBytesMax,
): AsyncGenerator<readonly Line[]> {
  let held: Uint8Array[] = []
  let heldBytes = 0
  let tooLong = false
  let number = 0

  function lineOf(end: Uint8Array, first: boolean): Line | null {
    number++
    const over = tooLong || heldBytes + end.length > bytesMax
    const bytes = heldBytes === 0 ? end : Buffer.concat([...held, end])
    held = []
    heldBytes = 0
    tooLong = false
    if (over) {
      quarantine.add(`line ${number}`, 'the line is too long')
      return null
    }
    const from = first && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
    const to = bytes[bytes.length - 1] === 13 ? bytes.length - 1 : bytes.length
    if (to <= from) return null
    return { text: Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8'), number }
  }

  for await (const chunk of chunks) {
    const lines: Line[] = []
    let start = 0
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, start)) {
      const line = lineOf(chunk.subarray(start, at), number === 0)
      if (line !== null) lines.push(line)
      start = at + 1
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
    const line = lineOf(new Uint8Array(0), number === 0)
    if (line !== null) yield [line]
  }
}
