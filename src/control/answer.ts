import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { type Problem, problemBody, problemsOf } from '../core/problem.ts'

/** Problems of the control API beside the core ones. */
export const controlProblems = {
  'not-ready': [503, 'The gateway is not ready'],
  'config-rejected': [422, 'The configuration is refused; the last good one stays'],
  'not-json': [415, 'The body must be application/json'],
  'edit-refused': [422, 'The edit cannot hold; nothing was changed'],
  'action-refused': [422, 'The action cannot be carried out; nothing was changed'],
  'baseline-refused': [422, 'The change of a baseline cannot be made; nothing was changed'],
  'not-known': [404, 'There is no such thing'],
  'insight-away': [503, 'Insight does not answer now'],
  'control-timeout': [504, 'The gateway did not finish in time; look at its log and /status'],
} as const

/** Makes a problem of the control API. */
export const refuse = problemsOf(controlProblems)

/** What an endpoint gives back: a status with a body of the given media type. */
export interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
  readonly headers?: ReadonlyArray<readonly [name: string, value: string]>
}

/** An answer in JSON. */
export function jsonAnswer(status: number, value: unknown): Answer {
  return { status, type: 'application/json', body: `${JSON.stringify(value, null, 2)}\n` }
}

/** RFC 9457, with further members that this problem has. */
export function problemAnswer(problem: Problem, members: Readonly<Record<string, unknown>> = {}): Answer {
  const body = { ...(JSON.parse(problemBody(problem, requestId())) as object), ...members }
  return {
    status: problem.status,
    type: 'application/problem+json',
    body: `${JSON.stringify(body, null, 2)}\n`,
    headers: problem.headers,
  }
}

/** Sends an answer; nothing of the control API may stay in a cache or be run by a browser. */
export function send(res: ServerResponse, answer: Answer, withBody: boolean): void {
  const bytes = Buffer.from(answer.body)
  for (const [name, value] of answer.headers ?? []) res.setHeader(name, value)
  res.writeHead(answer.status, {
    'content-type': answer.type,
    'content-length': bytes.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  })
  res.end(withBody ? bytes : undefined)
}

function requestId(): string {
  return randomBytes(12).toString('hex')
}
