/** A place inside a document: keys and indexes from the root. */
export type DocumentPath = readonly (string | number)[]

/** RFC 6901. */
export function toPointer(path: DocumentPath): string {
  let pointer = ''
  for (const step of path) {
    if (typeof step === 'number' || !/[~/]/.test(step)) pointer += `/${step}`
    else pointer += `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`
  }
  return pointer
}

/** The steps of a JSON pointer; all of them texts, as the pointer does not say which are indexes. */
export function fromPointer(pointer: string): string[] {
  if (pointer === '') return []
  return pointer
    .replace(/^\//, '')
    .split('/')
    .map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The value at a path of plain data; undefined when there is none. Only own properties count. */
export function valueAt(value: unknown, path: DocumentPath): unknown {
  let at = value
  for (const step of path) {
    if (at === null || typeof at !== 'object' || !Object.hasOwn(at, step)) return undefined
    at = (at as Record<string | number, unknown>)[step]
  }
  return at
}
