import { readLines } from '../lines.ts'
import type { Quarantine } from '../quarantine.ts'
import type { Reader } from '../reader.ts'

/** A reader of lines, and of one line. */
export interface LinesReader<T> extends Reader<T> {
  /** null: it does not read, and is quarantined. */
  readOne(text: string, number: number, quarantine: Quarantine): T | null
}

/**
 * A reader of one JSON value a line. `parse` gives the item, or why the value is none; `place` is `SOURCE:NUMBER`.
 */
export function jsonLinesReader<T extends object>(
  format: string,
  fits: (first: Readonly<Record<string, unknown>>) => boolean,
  parse: (value: unknown, place: string) => T | string,
): LinesReader<T> {
  function readOne(text: string, number: number, quarantine: Quarantine): T | null {
    const item = parseLine(text, `${quarantine.source}:${number}`, parse)
    if (typeof item !== 'string') return item
    quarantine.add(`line ${number}`, item)
    return null
  }

  return {
    format,
    readOne,
    matches(beginning) {
      const first = firstLine(beginning)
      return first !== null && fits(first)
    },
    async *read(chunks, quarantine) {
      for await (const lines of readLines(chunks, quarantine)) {
        const items: T[] = []
        for (const { text, number } of lines) {
          const item = readOne(text, number, quarantine)
          if (item !== null) items.push(item)
        }
        if (items.length > 0) yield items
      }
    },
  }
}

/** One line of JSON → an item, or why not. */
export function parseLine<T>(
  text: string,
  place: string,
  parse: (value: unknown, place: string) => T | string,
): T | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'not JSON'
  }
  return parse(value, place)
}

/** The first line with something on it that is a JSON object; broken lines before it are looked past, up to ten. */
function firstLine(beginning: Uint8Array): Readonly<Record<string, unknown>> | null {
  const lines = Buffer.from(beginning.buffer, beginning.byteOffset, beginning.length).toString('utf8').split('\n')
  let tries = 10
  for (const line of lines) {
    if (line.trim() === '') continue
    if (tries-- === 0) return null
    try {
      const value: unknown = JSON.parse(line.replace(/^\uFEFF/, ''))
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
    } catch {
      // Another line may tell.
    }
  }
  return null
}
