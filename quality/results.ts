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

/** The commit of src that figures belong to. */
export function describeCommit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8', cwd: import.meta.dirname }).trim()
  try {
    const dirty = git('status', '--porcelain', '--', '../src') !== ''
    return `${git('rev-parse', '--short', 'HEAD')}${dirty ? ' with local changes' : ''}`
  } catch {
    return 'unknown'
  }
}
