import type { Clock, Log } from '../core/host.ts'
import { Secret } from '../core/secret.ts'
import { withoutUnseen } from '../lib/unseen.ts'
import { jsonText } from './json-text.ts'

export interface OperatorLogParts {
  readonly format: 'text' | 'json'
  /** Takes one line ending in LF, e.g. to standard error. */
  readonly write: (line: string) => void
  readonly clock: Clock
  /** In front of every text line: `portcullis`. */
  readonly name?: string
}

/**
 * The operator's log: one line per call. Text is `portcullis MESSAGE key=value …` with `warning:` or `error:` in front of the message; JSON is one object.
 * Messages and facts may quote what strangers sent: control characters are escaped, so nobody forges a line or moves a terminal. Secrets print as `[redacted]`.
 */
export function createOperatorLog({ format, write, clock, name = 'portcullis' }: OperatorLogParts): Log {
  const line = (
    level: 'info' | 'warning' | 'error',
    message: string,
    facts: Readonly<Record<string, unknown>> = {},
  ): void => {
    if (format === 'json') {
      const own = { time: new Date(clock.now()).toISOString(), level, message }
      write(`${asciiJson({ ...own, ...(Object.keys(facts).length === 0 ? {} : { facts }) })}\n`)
      return
    }
    let out = `${name} ${level === 'info' ? '' : `${level}: `}${visible(message)}`
    for (const [key, value] of Object.entries(facts))
      if (value !== undefined) out += ` ${visible(key)}=${factText(value)}`
    write(`${out}\n`)
  }
  return {
    info: (message, facts) => line('info', message, facts),
    warn: (message, facts) => line('warning', message, facts),
    error: (message, facts) => line('error', message, facts),
  }
}

/** Multi-line messages (configuration issues) keep their lines, indented, so that no line of a stranger's can stand at the margin. */
function visible(text: string): string {
  return withoutUnseen(text).replaceAll('\n', '\n    ')
}

function factText(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'string' && /^[\w./:@+-]+$/.test(value)) return value
  return asciiJson(value)
}

function asciiJson(value: unknown): string {
  const seen = new Set<unknown>()
  const text = JSON.stringify(value, (_key, inner: unknown) => {
    if (inner instanceof Secret) return inner.toJSON()
    if (inner instanceof Error) return inner.message
    if (typeof inner === 'bigint') return String(inner)
    if (typeof inner === 'object' && inner !== null) {
      // Only to survive a cycle: a log call must never throw.
      if (seen.has(inner)) return '[again]'
      seen.add(inner)
    }
    return inner
  })
  if (text === undefined) return 'null'
  // Inside JSON text everything outside ASCII stands in a string, where the escape means the same.
  return text.replace(/[^ -~]/g, char => jsonText(char).slice(1, -1))
}
