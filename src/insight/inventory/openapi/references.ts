/** A JSON object, of a parsed document. */
export type JsonMap = Readonly<Record<string, unknown>>

export function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** References that follow one another; more is a circle, or as bad. */
const hopsMax = 32

/** What a reference leads to, or why it leads nowhere. */
export type Followed = { readonly value: unknown; readonly pointer: string } | { readonly reason: string }

/**
 * Follows `$ref` inside one document until something else stands there. What lies outside is never fetched (a document may name any address,
 * also one inside our network), and circles end.
 */
export function follow(root: unknown, value: unknown, pointer: string): Followed {
  let at = { value, pointer }
  for (let hops = 0; hops < hopsMax; hops++) {
    const reference = isMap(at.value) ? at.value['$ref'] : undefined
    if (typeof reference !== 'string') return at
    const found = lookUp(root, reference)
    if ('reason' in found) return found
    at = found
  }
  return { reason: 'refers to itself' }
}

/** One step: the place inside the document that a reference names. */
export function lookUp(root: unknown, reference: string): Followed {
  if (!reference.startsWith('#'))
    return { reason: `refers outside the document (${cut(reference)}); nothing is fetched` }
  let pointer: string
  try {
    pointer = decodeURIComponent(reference.slice(1))
  } catch {
    return { reason: `refers to ${cut(reference)}, which is no JSON pointer` }
  }
  if (pointer === '') return { value: root, pointer }
  if (!pointer.startsWith('/')) return { reason: `refers to the anchor ${cut(reference)}, which is not supported` }
  let value = root
  for (const part of pointer.slice(1).split('/')) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    const next = Array.isArray(value)
      ? /^\d{1,9}$/.test(key)
        ? (value as unknown[])[Number(key)]
        : undefined
      : isMap(value) && Object.hasOwn(value, key)
        ? value[key]
        : undefined
    if (next === undefined) return { reason: `refers to ${cut(reference)}, which is not there` }
    value = next
  }
  return { value, pointer }
}

function cut(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}
