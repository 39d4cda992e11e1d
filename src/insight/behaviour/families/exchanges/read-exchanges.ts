import { readElements } from '../../../ingest/json-elements.ts'
import { Quarantine } from '../../../ingest/quarantine.ts'
import { parseLine } from '../../item-id.ts'
import type { FileLine } from '../../model.ts'
import { type ExchangeItem, harExchange, readExchange } from './exchange-item.ts'

/**
 * Items of lines: NDJSON, our own richer lines of exchanges, or an HTTP Archive (alone in its file, or one behind the other). A line that does not read
 * is told to `skip` and the rest goes on.
 */
export async function* exchangesOf(
  lines: AsyncIterable<FileLine>,
  skip: (line: number, why: string) => void,
): AsyncGenerator<ExchangeItem> {
  const source = lines[Symbol.asyncIterator]()
  /** Taken from the source, not looked at yet. */
  let line = await source.next()
  while (line.done !== true) {
    const { text, number } = line.value
    const value = parsed(text)
    const archive = value === undefined ? beginsArchive(text) : isArchive(value)
    if (!archive) {
      const item = value === undefined ? 'not JSON' : readExchange(value, number)
      if (typeof item === 'string') skip(number, item)
      else yield item
      line = await source.next()
      continue
    }
    const document = value !== undefined
    let last = number
    let begun = text
    if (!document && text.trim() === '{') {
      // A document goes on with a name; what goes on otherwise is a list of lines, of which this one is broken.
      line = await source.next()
      if (line.done === true || line.value.number <= last || !/^\s*"/.test(line.value.text)) {
        skip(number, 'not JSON')
        continue
      }
      last = line.value.number
      begun = `${text}\n${line.value.text}`
    }
    /** Is the next line of the same document? Numbers begin anew with the next file. */
    const goesOn = async (): Promise<boolean> => {
      line = await source.next()
      if (document || line.done === true || line.value.number <= last) return false
      last = line.value.number
      return true
    }
    let over = false
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(begun)
      while (await goesOn()) yield Buffer.from(`\n${(line.value as FileLine).text}`)
      over = true
    }
    const quarantine = new Quarantine('')
    for await (const elements of readElements(chunks(), ['log', 'entries'], quarantine))
      yield* entriesOf(elements, number, skip)
    if (quarantine.total > 0) skip(number, 'no archive, or one that is cut off')
    // What stands behind the list of entries says nothing more.
    while (!over && (await goesOn())) over = false
  }
}

function* entriesOf(
  elements: ReadonlyArray<{ readonly text: string; readonly number: number }>,
  line: number,
  skip: (line: number, why: string) => void,
): Generator<ExchangeItem> {
  for (const { text, number } of elements) {
    const exchange = harExchange(parsed(text), number)
    const item = exchange === null ? 'no request' : readExchange(exchange, number)
    if (typeof item === 'string') skip(line, `entry ${number}: ${item}`)
    else yield item
  }
}

function parsed(text: string): unknown {
  try {
    return parseLine(text)
  } catch {
    return undefined
  }
}

function isArchive(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'log' in value && !('url' in value)
}

/** The first line of a document over many lines: `{`, or `{"log": {`. */
function beginsArchive(text: string): boolean {
  return /^\s*\{\s*(?:"log"\s*:\s*\{?[^]*)?$/.test(text)
}
