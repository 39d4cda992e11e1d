import { closeSync, constants, fchmodSync, openSync, writeSync } from 'node:fs'
import type { ExchangeRecord } from './model/exchange.ts'

/** Everything taken, in the order in which it was, in the format `records`. */
export interface Recording {
  add(record: ExchangeRecord): void
  /** Writes what was added; throws when the disk does not take it. */
  flush(): void
  close(): void
}

const waitingBytes = 1024 * 1024

/** Appends to `path`, a file for the owner alone. */
export function openRecording(path: string): Recording {
  const file = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
  fchmodSync(file, 0o600)
  let waiting = ''

  function flush(): void {
    if (waiting === '') return
    const lines = Buffer.from(waiting)
    waiting = ''
    for (let at = 0; at < lines.length; ) at += writeSync(file, lines, at)
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
