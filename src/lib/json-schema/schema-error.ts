/** One thing that is wrong with a schema. The pointer (RFC 6901) is into the document that `document` names; '' = the main one. */
export interface SchemaIssue {
  readonly document: string
  readonly pointer: string
  readonly reason: string
  readonly hint?: string
}

/** A schema is refused as a whole, with every issue that was found. */
export class SchemaError extends Error {
  readonly issues: readonly SchemaIssue[]

  constructor(issues: readonly SchemaIssue[]) {
    super(issues.map(issue => `${issue.document}#${issue.pointer}: ${issue.reason}`).join('\n'))
    this.name = 'SchemaError'
    this.issues = issues
  }
}

/** One segment of a JSON pointer, escaped (RFC 6901 §3). */
export function pointerSegment(key: string | number): string {
  return String(key).replaceAll('~', '~0').replaceAll('/', '~1')
}
