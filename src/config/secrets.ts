import type { ConfigIssue } from '../core/config-error.ts'
import { Secret } from '../core/secret.ts'
import type { Reference } from './references.ts'
import type { JsonSchema } from './json-schema.ts'
import type { DocumentPath } from './pointer.ts'

const REDACTED = '[redacted]'

/** Adds every secret text inside checked settings to `found`. */
export function secretTexts(value: unknown, found: Set<string>): void {
  if (value instanceof Secret) found.add(value.reveal())
  else if (value !== null && typeof value === 'object' && !ArrayBuffer.isView(value)) {
    for (const key of Object.keys(value)) secretTexts((value as Record<string, unknown>)[key], found)
  }
}

/**
 * Takes secrets and referenced values out of messages. Schemas and policies are asked never to quote values; this is the second line:
 * a value that came from a reference becomes the reference again, a secret `[redacted]`.
 */
export function scrubber(secrets: ReadonlySet<string>, references: Iterable<Reference>): (text: string) => string {
  const words = new Map<string, string>()
  for (const { text, shown } of references) for (const word of spellings(text)) words.set(word, shown)
  for (const text of secrets) for (const word of spellings(text)) if (!words.has(word)) words.set(word, REDACTED)
  const longestFirst = [...words].sort(([a], [b]) => b.length - a.length)
  return text =>
    longestFirst.reduce((clean, [word, shown]) => (clean.includes(word) ? clean.replaceAll(word, shown) : clean), text)
}

/** How a value may appear in a message. Very short ones would tear words apart and hide nothing. */
function spellings(text: string): string[] {
  const trimmed = text.trim()
  return [...new Set([trimmed, JSON.stringify(trimmed).slice(1, -1)])].filter(word => word.length >= 4)
}

/** An issue whose words went through a scrubber; pointer and place stay. */
export function scrubIssue(issue: ConfigIssue, scrub: (text: string) => string): ConfigIssue {
  return { ...issue, reason: scrub(issue.reason), ...(issue.hint === undefined ? {} : { hint: scrub(issue.hint) }) }
}

/**
 * A written document fit to be shown: references stay references, inline secrets and the credentials in URLs print `[redacted]`.
 * What is secret is said by the schema (`writeOnly`), and by the texts that turned out to be secrets.
 */
export function redact(
  value: unknown,
  schemaAt: (path: DocumentPath) => readonly JsonSchema[],
  secrets: ReadonlySet<string>,
): unknown {
  const visit = (inner: unknown, path: (string | number)[]): unknown => {
    const hidden = schemaAt(path).some(schema => schema['writeOnly'] === true)
    if (typeof inner === 'string') return shownText(inner, hidden, secrets)
    if (hidden && inner !== null && inner !== undefined) return REDACTED
    if (Array.isArray(inner)) return inner.map((item, i) => visit(item, [...path, i]))
    if (inner === null || typeof inner !== 'object') return inner
    return Object.fromEntries(Object.entries(inner).map(([key, item]) => [key, visit(item, [...path, key])]))
  }
  return visit(value, [])
}

function shownText(written: string, hidden: boolean, secrets: ReadonlySet<string>): string {
  if (/^env:\w+:-/.test(written))
    return hidden ? written.replace(/:-[\s\S]*$/, `:-${REDACTED}`) : withoutCredentials(written)
  if (/^(?:env|file):/.test(written)) return written
  if (hidden || secrets.has(written)) return REDACTED
  return withoutCredentials(written)
}

/** `https://user:password@host` → `https://[redacted]@host`. */
function withoutCredentials(written: string): string {
  return written.replace(/(:\/\/)[^/?#\s@]*@/g, `$1${REDACTED}@`)
}
