/** Status and title of each problem code. Codes are kebab-case and never renamed or reused. */
export type ProblemTable = Readonly<Record<string, readonly [status: number, title: string]>>

/** Problems that the gateway itself makes; a policy adds its own in its definition. */
export const coreProblems = {
  'no-route': [404, 'No route matches this request'],
  'method-not-allowed': [405, 'Method not allowed'],
  'ambiguous-path': [400, 'The path can be read in more than one way'],
  'malformed-request': [400, 'The request is not well-formed HTTP'],
  'misdirected-request': [421, 'This connection does not serve that host'],
  'head-too-large': [431, 'The request head is too large'],
  'uri-too-long': [414, 'The request target is too long'],
  'body-too-large': [413, 'The request body is too large'],
  'request-timeout': [408, 'The request did not arrive in time'],
  'expectation-failed': [417, 'The expectation cannot be met'],
  'not-implemented': [501, 'The request needs a feature that is not offered'],
  'version-not-supported': [505, 'HTTP version not supported'],
  'credential-missing': [401, 'A credential is required'],
  'credential-invalid': [401, 'The credential is not valid'],
  'credential-expired': [401, 'The credential has expired'],
  forbidden: [403, 'Not allowed'],
  'rate-limited': [429, 'Too many requests'],
  'upstream-unreachable': [502, 'The service cannot be reached'],
  'upstream-malformed': [502, 'The service gave a malformed answer'],
  'upstream-timeout': [504, 'The service did not answer in time'],
  'dependency-unavailable': [503, 'A dependency is not available'],
  overloaded: [503, 'The gateway is overloaded'],
  internal: [500, 'Internal error'],
} as const satisfies ProblemTable

export type CoreCode = keyof typeof coreProblems

export interface ProblemWords {
  /** Words for the client. Never tokens, claims, stacks or host names. */
  detail?: string
  /** Words for the log alone. */
  reason?: string
  /** Header fields of the answer, e.g. `WWW-Authenticate`: name, value pairs. */
  headers?: ReadonlyArray<readonly [name: string, value: string]>
}

/** A refusal as a value (RFC 9457): public words and private words kept apart. */
export class Problem {
  readonly code: string
  readonly status: number
  readonly title: string
  readonly detail: string | undefined
  readonly reason: string | undefined
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>

  constructor(code: string, [status, title]: readonly [number, string], words: ProblemWords = {}) {
    this.code = code
    this.status = status
    this.title = title
    this.detail = words.detail
    this.reason = words.reason
    this.headers = words.headers ?? []
  }
}

/** A maker of problems from a policy's own table; the core codes are always included. */
export function problemsOf<T extends ProblemTable>(
  own: T,
): (code: CoreCode | (keyof T & string), words?: ProblemWords) => Problem {
  const table: ProblemTable = Object.assign(Object.create(null), coreProblems, own)
  return (code, words) => new Problem(code, table[code] ?? coreProblems.internal, words)
}

/** Makes a problem of the core table. */
export const refuse = problemsOf({})

/** The body that a client sees: RFC 9457 members plus `code` and `requestId`. */
export function problemBody(problem: Problem, requestId: string): string {
  return JSON.stringify({
    type: `urn:portcullis:problem:${problem.code}`,
    title: problem.title,
    status: problem.status,
    code: problem.code,
    requestId,
    ...(problem.detail === undefined ? {} : { detail: problem.detail }),
  })
}
