import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { QualityFigure } from './quality-case.ts'

/** One line of quality/results.json. */
export interface Result extends QualityFigure {
  readonly name: string
  readonly commit: string
}

export const resultsFile = path.join(import.meta.dirname, 'results.json')

/** What was measured before; empty when nothing was. */
export function readResults(): readonly Result[] {
  try {
    return JSON.parse(readFileSync(resultsFile, 'utf8')) as readonly Result[]
  } catch {
    return []
  }
}

const foldersNamed = 3

/** The commit that figures belong to; of changes that are in no commit, in the program or in what measures it, the folders are named. */
export function describeCommit(): string {
  const root = path.resolve(import.meta.dirname, '..')
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8', cwd: root }).trimEnd()
  try {
    const changed = git(
      'status',
      '--porcelain',
      '--untracked-files=all',
      '--',
      'src',
      'quality',
      ':!quality/results.json',
    )
    const commit = git('rev-parse', '--short', 'HEAD')
    return changed === '' ? commit : `${commit} with changes not committed in ${foldersOf(changed.split('\n'))}`
  } catch {
    return 'unknown'
  }
}

/** Of lines of `git status --porcelain`: three folders at most, `src/insight/behaviour, …`. */
function foldersOf(lines: readonly string[]): string {
  const folders = [...new Set(lines.map(line => path.dirname(line.slice(3)).split('/').slice(0, 3).join('/')))].sort()
  const more = folders.length - foldersNamed
  return `${folders.slice(0, foldersNamed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
