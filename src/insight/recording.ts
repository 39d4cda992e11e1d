import { closeSync, constants, fchmodSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import type { ExchangeRecord } from './model/exchange.ts'

/** Everything taken, in the order in which it was, in the format `records`. */
export interface Recording {
  add(record: ExchangeRecord): void
  /** Writes what was added; throws when the disk does not take it. */
  flush(): void
  close(): void
}

const waitingBytes = 1024 * 1024
const lineStart = '{"event":{'

/** Appends to `path`, a file for the owner alone. Half a line at its end, of a process that was killed, is cut off. */
export function openRecording(path: string): Recording {
  const file = openSync(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
  fchmodSync(file, 0o600)
  cutHalfLine(file)
  let waiting = ''
  let torn = false

  function flush(): void {
    if (waiting === '') return
    const lines = Buffer.from(waiting)
    waiting = ''
    if (torn) cutHalfLine(file)
    torn = true
    for (let at = 0; at < lines.length; ) at += writeSync(file, lines, at)
    torn = false
  }

  return {
    add({ event, observation }) {
      waiting += `${JSON.stringify({ event, observation })}\n`
      if (waiting.length > waitingBytes) flush()
    },
    flush,
    close() {
      try {
        flush()
      } finally {
        closeSync(file)
      }
    },
  }
}

/** What does not begin as our lines do was not written here, and stays. */
function cutHalfLine(file: number): void {
  const status = fstatSync(file)
  if (!status.isFile() || status.size === 0) return
  const block = Buffer.alloc(Math.min(status.size, waitingBytes * 4))
  const from = status.size - block.length
  const read = readSync(file, block, 0, block.length, from)
  const end = block.subarray(0, read).lastIndexOf(10)
  const half = block.subarray(end + 1, read).toString('latin1')
  if ((end >= 0 || from === 0) && half !== '' && (half.startsWith(lineStart) || lineStart.startsWith(half)))
    ftruncateSync(file, from + end + 1)
}
