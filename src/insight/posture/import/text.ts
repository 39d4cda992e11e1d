import type { Severity } from '../../../core/finding.ts'

/** Findings taken from one report; a scanner that found more found noise, or the report is hostile. */
export const IMPORTED_MAX = 10_000

/** Characters kept of any text in a report. */
const TEXT_MAX = 500

export type Json = Readonly<Record<string, unknown>>

export function isMap(value: unknown): value is Json {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

export function mapOf(value: unknown): Json {
  return isMap(value) ? value : {}
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** A text of the report, cut; '' when it is none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, TEXT_MAX) : typeof value === 'number' ? String(value) : ''
}

/** A CVSS-like number as a severity (CVSS 3.1 §5). */
export function severityOf(score: number): Severity {
  return score >= 9 ? 'critical' : score >= 7 ? 'high' : score >= 4 ? 'medium' : score > 0 ? 'low' : 'info'
}

/** `CWE-79` from `79`, `cwe-79`, `external/cwe/cwe-079`; null when it names none. */
export function cweOf(written: string): string | null {
  const number = /(?:^|cwe[-/ _]?)0*(\d{1,4})$/i.exec(written.trim())?.[1]
  return number === undefined || number === '0' ? null : `CWE-${number}`
}

/** Method and path at the beginning of a text such as `GET /users/{id}`; nulls when it has none. */
export function callIn(text: string): { readonly method: string | null; readonly path: string | null } {
  const found = /^\s*(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE)\s+(\/\S*|https?:\/\/\S+)/i.exec(text)
  return found === null
    ? { method: null, path: null }
    : { method: (found[1] as string).toUpperCase(), path: found[2] as string }
}
