import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { versions } from './subjects.ts'

/** One line of bench/results.json. Numbers are medians; null where a figure makes no sense for the case. */
export interface Row {
  readonly case: string
  readonly subject: string
  readonly cpuUsPerRequest: number | null
  readonly rps: number | null
  readonly p99Ms: number | null
  readonly rssMb: number | null
  /** Our CPU over this subject's; below 1 we are cheaper. */
  readonly ratio: number | null
  /** The bar, in words; null where there is none. */
  readonly must: string | null
  /** null where there is nothing to hold. */
  readonly holds: boolean | null
  readonly note: string
}

/** A row with what it ran on. */
export interface PublishedRow extends Row {
  readonly machine: string
  readonly commit: string
  readonly version: string
  /** `quick` figures are for development only. */
  readonly pace: 'full' | 'quick'
}

export function publish(rows: readonly Row[], pace: 'full' | 'quick'): PublishedRow[] {
  const machine = describeMachine()
  const commit = describeCommit()
  const known = versions()
  return rows.map(row => ({
    ...row,
    cpuUsPerRequest: rounded(row.cpuUsPerRequest, 2),
    rps: rounded(row.rps, 0),
    p99Ms: rounded(row.p99Ms, 2),
    rssMb: rounded(row.rssMb, 1),
    ratio: rounded(row.ratio, 3),
    machine,
    commit,
    version: row.subject.startsWith('portcullis')
      ? `Node ${known['node']}`
      : (known[row.subject.split(' ')[0] as string] ?? ''),
    pace,
  }))
}

function rounded(value: number | null, digits: number): number | null {
  return value === null ? null : Number(value.toFixed(digits))
}

function describeMachine(): string {
  const list = cpus()
  return `${list.length} × ${list[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GB, Linux${priority()}`
}

/** Under `chrt -r 10` all that takes part runs before whatever else the machine does: nice where others use it too, and to be told. */
function priority(): string {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  // proc(5): rt_priority is field 40.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[37]) > 0 ? ', at real-time priority' : ''
}

function describeCommit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8', cwd: import.meta.dirname }).trim()
  try {
    // What other people change in docs or tests at the same time does not change what was measured.
    const dirty = git('status', '--porcelain', '--', '../src', '../package-lock.json') !== ''
    return `${git('rev-parse', '--short', 'HEAD')}${dirty ? ' with local changes' : ''}`
  } catch {
    return 'unknown'
  }
}
