import { kebab } from './purpose.ts'

const names = /^(?:limit|size|page-size|per-page|count|top|first|last|max-results|max|rows|take|batch-size|\$top)$/

/** Does the name say how many items come? */
export function isPaging(name: string): boolean {
  return names.test(kebab(name))
}
