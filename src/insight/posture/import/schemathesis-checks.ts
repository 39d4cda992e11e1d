import type { Severity } from '../../../core/finding.ts'
import type { ImportedFinding } from './imported.ts'

// What Schemathesis' checks mean for an API's security. Names: `st run --checks`; codes: `st explain`, of version 4.32.

interface CheckMeaning {
  readonly severity: Severity
  readonly cwe: string | null
}

const checks: Readonly<Record<string, CheckMeaning>> = Object.assign(Object.create(null) as object, {
  ignored_auth: { severity: 'critical', cwe: 'CWE-306' },
  object_level_authorization: { severity: 'critical', cwe: 'CWE-639' },
  use_after_free: { severity: 'high', cwe: 'CWE-672' },
  not_a_server_error: { severity: 'medium', cwe: 'CWE-755' },
  negative_data_rejection: { severity: 'medium', cwe: 'CWE-20' },
  missing_required_header: { severity: 'medium', cwe: 'CWE-20' },
  unsupported_method: { severity: 'low', cwe: 'CWE-650' },
  allow_header_conformance: { severity: 'low', cwe: null },
  ensure_resource_availability: { severity: 'low', cwe: null },
  positive_data_acceptance: { severity: 'low', cwe: null },
  max_response_time: { severity: 'low', cwe: null },
  status_code_conformance: { severity: 'low', cwe: 'CWE-1059' },
  content_type_conformance: { severity: 'low', cwe: 'CWE-1059' },
  response_headers_conformance: { severity: 'low', cwe: 'CWE-1059' },
  response_schema_conformance: { severity: 'low', cwe: 'CWE-213' },
} satisfies Record<string, CheckMeaning>)

const byCode: Readonly<Record<string, string>> = Object.assign(Object.create(null) as object, {
  ST101: 'not_a_server_error',
  ST102: 'not_a_server_error',
  ST103: 'status_code_conformance',
  ST104: 'content_type_conformance',
  ST105: 'content_type_conformance',
  ST106: 'content_type_conformance',
  ST107: 'response_headers_conformance',
  ST108: 'response_schema_conformance',
  ST109: 'response_schema_conformance',
  ST110: 'response_schema_conformance',
  ST111: 'response_schema_conformance',
  ST112: 'max_response_time',
  ST201: 'negative_data_rejection',
  ST202: 'positive_data_acceptance',
  ST203: 'missing_required_header',
  ST204: 'unsupported_method',
  ST205: 'allow_header_conformance',
  ST301: 'use_after_free',
  ST302: 'ensure_resource_availability',
  ST401: 'ignored_auth',
  ST402: 'object_level_authorization',
})

/** Titles of versions that printed no codes. */
const byTitle: ReadonlyArray<readonly [words: RegExp, check: string]> = [
  [
    /authentication (?:declared|is declared) but not enforced|authentication not enforced|ignored[_ ]auth|accepts (?:requests )?without authentication/i,
    'ignored_auth',
  ],
  [/server error/i, 'not_a_server_error'],
  [/use[_ ]after[_ ]free/i, 'use_after_free'],
  [/schema-violating request|negative[_ ]data[_ ]rejection/i, 'negative_data_rejection'],
  [/unsupported method|undeclared method/i, 'unsupported_method'],
  [/allow header/i, 'allow_header_conformance'],
  [/undocumented (?:http )?status/i, 'status_code_conformance'],
  [/undocumented content-type/i, 'content_type_conformance'],
  [/response violates schema|schema violation/i, 'response_schema_conformance'],
]

/** The check of a code; null: it is none that we know. */
export function checkOfCode(code: string): string | null {
  return byCode[code] ?? null
}

/** The checks that a text of an older report names. */
export function checksInWords(text: string): string[] {
  return byTitle.filter(([words]) => words.test(text)).map(([, check]) => check)
}

/** Is a method that was tried one that the operation need not have? Then the finding is about the path. */
export function isAboutMethods(check: string): boolean {
  return check === 'unsupported_method' || check === 'allow_header_conformance'
}

/** A failed check as a finding; one that is not known (a check of the user's own) counts as medium. */
export function failedCheck(
  check: string,
  message: string,
  call: Pick<ImportedFinding, 'method' | 'path'>,
): ImportedFinding {
  const { severity, cwe } = checks[check] ?? { severity: 'medium', cwe: null }
  return {
    tool: 'Schemathesis',
    rule: check.slice(0, 100),
    severity,
    message: message.replace(/\s+/g, ' ').trim().slice(0, 300) || check.slice(0, 100),
    ...call,
    references: cwe === null ? [] : [cwe],
  }
}
