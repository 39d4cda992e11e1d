import type { Quarantine } from './quarantine.ts'

const elementBytesMax = 16 * 1024 * 1024
const keyBytesMax = 64

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const COLON = 0x3a
const COMMA = 0x2c

/**
 * The texts of the objects in the array at `path` of a JSON document (`['log', 'entries']`), in batches, one per chunk, without holding the document.
 * Only nesting and strings are looked at; whether an element is JSON shows when it is parsed. One beyond 16 MiB is quarantined.
 */
export async function* readElements(
  chunks: AsyncIterable<Uint8Array>,
  path: readonly string[],
  quarantine: Quarantine,
): AsyncGenerator<ReadonlyArray<{ readonly text: string; readonly number: number }>> {
  /** Containers that are open. */
  let depth = 0
  /** How many of them are the path's. */
  let onPath = 0
  let inString = false
  let escaped = false
  /** The last string at the depth of the path: a key, if a colon follows. */
  let key: number[] = []
  let keyOpen = false
  let named = ''
  let element: Uint8Array[] = []
  let elementBytes = 0
  let number = 0
  let found = false

  for await (const chunk of chunks) {
    const ready: { text: string; number: number }[] = []
    /** Where the element that is open begins in this chunk; -1: none is. */
    let start = elementBytes > 0 ? 0 : -1
    const inArray = (): boolean => found && depth === path.length + 1
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number
      if (inString) {
        if (escaped) escaped = false
        else if (byte === BACKSLASH) escaped = true
        else if (byte === QUOTE) {
          inString = false
          if (keyOpen) named = Buffer.from(key).toString('utf8')
          keyOpen = false
          continue
        }
        if (keyOpen && key.length <= keyBytesMax) key.push(byte)
        continue
      }
      switch (byte) {
        case QUOTE:
          inString = true
          // Only keys of the objects on the path matter; what lies inside an element is not collected.
          keyOpen = !found && depth === onPath + 1
          if (keyOpen) key = []
          break
        case COLON:
          if (!found && depth === onPath + 1 && named === path[onPath]) onPath++
          break
        case OPEN_BRACE:
        case OPEN_BRACKET:
          if (inArray() && byte === OPEN_BRACE) {
            start = at
            number++
          }
          depth++
          if (!found && onPath === path.length && depth === path.length + 1 && byte === OPEN_BRACKET) found = true
          named = ''
          break
        case CLOSE_BRACE:
        case CLOSE_BRACKET:
          depth--
          if (found && depth === path.length) {
            // The array ends here; a second one of the same name would be another document.
            return yield ready
          }
          if (inArray() && start >= 0) {
            const end = chunk.subarray(start, at + 1)
            if (elementBytes + end.length > elementBytesMax)
              quarantine.add(`element ${number}`, 'the element is too long')
            else ready.push({ text: Buffer.concat([...element, end]).toString('utf8'), number })
            element = []
            elementBytes = 0
            start = -1
          } else if (!found) onPath = Math.min(onPath, Math.max(0, depth))
          break
        case COMMA:
          // The value of the path's key is over.
          if (!found) onPath = Math.min(onPath, depth - 1)
          break
        default:
          break
      }
    }
    if (start >= 0) {
      const part = chunk.subarray(start)
      elementBytes += part.length
      // Beyond the bound only its end is looked for.
      if (elementBytes > elementBytesMax) element = []
      else element.push(part)
    }
    if (ready.length > 0) yield ready
  }
  if (!found) quarantine.add('document', `no list at ${path.join('.')}`)
  else quarantine.add('document', 'the document ends inside its list')
}
