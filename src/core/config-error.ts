/** Where a piece of configuration was written. Lines and columns count from 1. */
export interface SourcePlace {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** One thing that is wrong with a configuration, in words that say what to do. */
export interface ConfigIssue {
  /** JSON pointer into the configuration (RFC 6901), or into the policy's `with` when a policy throws it. */
  readonly pointer: string
  readonly reason: string
  readonly hint?: string
  readonly place?: SourcePlace
}

/** The configuration is refused whole; the last good one stays. Carries all issues that were found, not only the first. */
export class ConfigError extends Error {
  readonly issues: readonly ConfigIssue[]

  constructor(issues: ConfigIssue | readonly ConfigIssue[]) {
    const list: readonly ConfigIssue[] = Array.isArray(issues) ? issues : [issues as ConfigIssue]
    super(list.map(formatIssue).join('\n'))
    this.name = 'ConfigError'
    this.issues = list
  }
}

/** `file:line:column /pointer: reason (hint)`, the form that editors turn into links. */
export function formatIssue(issue: ConfigIssue): string {
  const place = issue.place === undefined ? '' : `${issue.place.file}:${issue.place.line}:${issue.place.column} `
  return `${place}${issue.pointer === '' ? '' : `${issue.pointer}: `}${issue.reason}${issue.hint === undefined ? '' : `\n    hint: ${issue.hint}`}`
}
