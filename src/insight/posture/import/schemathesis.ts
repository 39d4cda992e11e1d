import type { ImportedFinding } from './imported.ts'
import type { Severity } from '../../../core/finding.ts'
import { callIn } from './text.ts'

/** Names of Schemathesis' checks as its reports print them, in what they mean for an API's security. */
const checks: ReadonlyArray<readonly [words: RegExp, rule: string, severity: Severity, cwe: string | null]> = [
  [
    /authentication (?:declared|is declared) but not enforced|ignored[_ ]auth|accepts (?:requests )?without authentication/i,
    'ignored_auth',
    'critical',
    'CWE-306',
  ],
  [/server error/i, 'not_a_server_error', 'medium', 'CWE-755'],
  [/use[_ ]after[_ ]free/i, 'use_after_free', 'high', 'CWE-672'],
  [
    /schema-violating request|negative[_ ]data[_ ]rejection|accepted schema-violating/i,
    'negative_data_rejection',
    'medium',
    'CWE-20',
  ],
  [/unsupported method|allow header/i, 'unsupported_method', 'low', 'CWE-650'],
  [/undocumented http status/i, 'status_code_conformance', 'low', 'CWE-1059'],
  [/undocumented content-type/i, 'content_type_conformance', 'low', 'CWE-1059'],
  [/response violates schema|schema violation/i, 'response_schema_conformance', 'low', 'CWE-213'],
]

/**
 * A JUnit report of Schemathesis → findings: one for each check of each failed test case. Read by a scan of its tags, so that no entity is ever
 * expanded and no nesting followed.
 */
export function* schemathesisFindings(xml: string): Iterable<ImportedFinding> {
  const tags = /<(testcase|failure|error)\b([^>]*)>/g
  let call: { method: string | null; path: string | null } = { method: null, path: null }
  let name = ''
  for (const [, tag = '', attributes = ''] of xml.matchAll(tags)) {
    if (tag === 'testcase') {
      name = attribute(attributes, 'name')
      call = callIn(name)
      continue
    }
    const message = attribute(attributes, 'message')
    const found = checks.filter(([words]) => words.test(message))
    const named = found.length > 0 ? found : [[null, 'failure', 'medium', null] as const]
    for (const [, rule, severity, cwe] of named) {
      const words = message.replace(/\s+/g, ' ').trim().slice(0, 300)
      yield {
        tool: 'Schemathesis',
        rule,
        severity,
        message: words || name.slice(0, 300),
        ...call,
        references: cwe === null ? [] : [cwe],
      }
    }
  }
}

function attribute(attributes: string, name: string): string {
  const written = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1] ?? ''
  return written
    .slice(0, 5_000)
    .replace(/&#x([0-9a-f]{1,6});/gi, (_, digits: string) => characterOf(Number.parseInt(digits, 16)))
    .replace(/&#(\d{1,7});/g, (_, digits: string) => characterOf(Number(digits)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&')
}

function characterOf(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : ''
}
