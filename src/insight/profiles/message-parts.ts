// Hot path: once per judged request.
import { membersOf, type NamedValues, noValues, pairsOf, partsOf, elementsOf, wholeText } from './named-values.ts'

/** A body taken apart, and what it turned out to be. */
export interface BodyParts extends NamedValues {
  readonly kind: 'none' | 'json' | 'form' | 'multipart' | 'xml' | 'text' | 'broken'
}

/** Beyond it nothing is looked at. */
const lookedMax = 262_144
const noBody: BodyParts = { ...noValues, kind: 'none' }

/** A body by its media type ('' when it is not known), or by how it begins. What does not read as what it is called is text. Never throws. */
export function bodyParts(text: string, contentType: string): BodyParts {
  if (text === '') return noBody
  const seen = text.length > lookedMax ? text.slice(0, lookedMax) : text
  const type = contentType.toLowerCase()
  if (type.includes('multipart/')) return cut({ ...partsOf(seen), kind: 'multipart' }, text)
  if (type.includes('urlencoded')) return cut({ ...pairsOf(seen, '&'), kind: 'form' }, text)
  const first = /\S/.exec(seen.slice(0, 1024))?.[0] ?? ''
  const json = type.includes('json')
  if (json || first === '{' || first === '[' || (type === '' && first === '"')) {
    try {
      return cut({ ...membersOf(JSON.parse(seen)), kind: 'json' }, text)
    } catch {
      if (json) return cut({ ...wholeText(seen), kind: 'broken' }, text)
    }
  }
  if (type.includes('xml') || first === '<') return cut({ ...elementsOf(seen), kind: 'xml' }, text)
  if (type === '' && formLike.test(seen.slice(0, 256))) return cut({ ...pairsOf(seen, '&'), kind: 'form' }, text)
  return cut({ ...wholeText(seen), kind: 'text' }, text)
}

const formLike = /^[\w.[\]%-]{1,64}=[^\s<>{}]*(?:&|$)/

function cut(parts: BodyParts, text: string): BodyParts {
  return text.length > lookedMax ? { ...parts, whole: false } : parts
}
