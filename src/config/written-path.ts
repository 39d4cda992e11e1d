import path from 'node:path'
import type { Locator } from './locate.ts'
import type { DocumentPath } from './pointer.ts'

/**
 * A path of the file system as an absolute one. What the configuration says counts from the folder of the file that says it, as `file:` does:
 * it means the same wherever the gateway is started. What the environment says counts from the working directory, as for every program.
 */
export function absolutePath(written: string, at: DocumentPath, locator: Locator): string {
  const place = locator.reference(at)?.fromEnvironment === true ? undefined : locator.place(at, 'value')
  return place === undefined ? path.resolve(written) : path.resolve(path.dirname(place.file), written)
}
