import { closeSync, openSync, writeSync } from 'node:fs'

/** So many characters are written at once. */
const pieceChars = 1 << 20

/** Writes lines to a file, whose whole content they become, each as it comes: a file may be larger than memory. */
export function writeLines(file: string, lines: Iterable<string>): void {
  const out = openSync(file, 'w')
  try {
    let piece = ''
    for (const line of lines) {
      piece += `${line}\n`
      if (piece.length < pieceChars) continue
      writeSync(out, piece)
      piece = ''
    }
    writeSync(out, piece)
  } finally {
    closeSync(out)
  }
}
