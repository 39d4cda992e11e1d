/** What an item is called in its file: a text, or a number that stays one; a whole number beyond 2^53 is a bigint, so that no digit is lost. */
export type ItemId = string | number | bigint

export function isItemId(value: unknown): value is ItemId {
  return typeof value === 'string' || Number.isFinite(value) || typeof value === 'bigint'
}

/**
 * Parses a line of a file. Like JSON.parse, but that the members `names` of the object, where they are whole numbers that a double does not hold, are
 * bigints: they are names and not quantities. Throws SyntaxError.
 */
export function parseLine(text: string, names: readonly string[] = ['id']): unknown {
  const value = JSON.parse(text) as unknown
  if (typeof value !== 'object' || value === null) return value
  const object = value as Record<string, unknown>
  for (const name of names) {
    if (typeof object[name] === 'number' && !Number.isSafeInteger(object[name])) return exactly(text, names)
  }
  return value
}

/** Again, with the digits that were written. */
function exactly(text: string, names: readonly string[]): unknown {
  const written: Array<{ readonly holder: unknown; readonly name: string; readonly digits: string }> = []
  const value = JSON.parse(text, function (this: unknown, name: string, inner: unknown, context?: { source?: string }) {
    const digits = context?.source
    if (typeof inner === 'number' && digits !== undefined && /^-?\d+$/.test(digits) && names.includes(name))
      written.push({ holder: this, name, digits })
    return inner
  }) as Record<string, unknown>
  // Numbers of inner objects are left as they are.
  for (const { holder, name, digits } of written) if (holder === value) value[name] = BigInt(digits)
  return value
}

/** JSON of what has an id, with all its digits. */
export function textWithId(line: { readonly id: ItemId }): string {
  return JSON.stringify(typeof line.id === 'bigint' ? { ...line, id: writtenId(line.id) } : line)
}

/** An id for JSON.stringify, which knows no bigint. */
export function writtenId(id: ItemId): unknown {
  return typeof id === 'bigint' ? rawJson(String(id)) : id
}

// ES2026; TypeScript's library does not know it yet.
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON
