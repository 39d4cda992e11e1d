import { isUtf8 } from 'node:buffer'

const depthMax = 32

/**
 * The one JSON object that these bytes can mean, or null: not UTF-8, not JSON, not an object, nested deeper than 32, or a
 * member name twice in one object. JSON.parse takes the last of two members and another reader the first, so a token could
 * say one thing here and another there (RFC 8725 §2.4, RFC 7515 §4).
 */
export function parseStrictObject(bytes: Buffer): Record<string, unknown> | null {
  // A byte order mark survives toString and JSON.parse refuses it.
  if (!isUtf8(bytes)) return null
  const text = bytes.toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null
  return hasUniqueMembers(text) ? (value as Record<string, unknown>) : null
}

/** Walks text that JSON.parse accepted, so the grammar needs no second look: only strings, braces and commas count. */
function hasUniqueMembers(text: string): boolean {
  // One set of names per open object, null per open array.
  const open: Array<Set<string> | null> = []
  let names: Set<string> | null = null
  let nameIsNext = false
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: {
        const start = i
        let escaped = false
        for (i++; text.charCodeAt(i) !== 0x22; i++) {
          if (text.charCodeAt(i) !== 0x5c) continue
          escaped = true
          i++
        }
        if (!nameIsNext || names === null) break
        // "\u0061lg" and "alg" are one name.
        const name = escaped ? (JSON.parse(text.slice(start, i + 1)) as string) : text.slice(start + 1, i)
        if (names.has(name)) return false
        names.add(name)
        nameIsNext = false
        break
      }
      case 0x7b:
      case 0x5b: {
        if (open.length === depthMax) return false
        names = text.charCodeAt(i) === 0x7b ? new Set() : null
        open.push(names)
        nameIsNext = names !== null
        break
      }
      case 0x7d:
      case 0x5d:
        open.pop()
        names = open.at(-1) ?? null
        nameIsNext = false
        break
      case 0x2c:
        nameIsNext = names !== null
        break
      default:
    }
  }
  return true
}
