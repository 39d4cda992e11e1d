import { auditFindings } from './audit-42crunch.ts'
import type { ImportedFinding } from './imported.ts'
import { sarifFindings } from './sarif.ts'
import { probeFindings } from './probe-report.ts'
import { schemathesisFindings } from './schemathesis.ts'
import {
  cassetteFindings,
  eventFindings,
  harFindings,
  isCassette,
  isEvents,
  isSchemathesisHar,
  runFindings,
} from './schemathesis-cassettes.ts'
import { IMPORTED_MAX, isMap, mapOf } from './text.ts'
import { zapFindings } from './zap.ts'

/** Larger reports are refused before they are parsed, characters. */
export const REPORT_TEXT_MAX = 64 * 1024 * 1024

export interface ImportedReport {
  /** `SARIF`, `ZAP`, `42Crunch`, `Schemathesis`, `Portcullis probe`. */
  readonly format: string
  readonly findings: readonly ImportedFinding[]
  /** Findings above the cap, left out. */
  readonly dropped: number
}

/** The report of another scanner, by what it looks like; null when it looks like none. Never throws. */
export function readReport(text: string): ImportedReport | null {
  if (text.length > REPORT_TEXT_MAX) return null
  const begin = text.slice(0, 4_096)
  if (/^\uFEFF?\s*</.test(begin))
    return /<testsuites?\b/.test(begin) && /schemathesis/i.test(begin)
      ? taken('Schemathesis', schemathesisFindings(text))
      : null
  if (isCassette(begin)) return taken('Schemathesis', cassetteFindings(text))
  if (isEvents(begin)) return taken('Schemathesis', eventFindings(text))
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return null
  }
  return reportOf(parsed)
}

/** The same for parsed JSON. */
export function reportOf(parsed: unknown): ImportedReport | null {
  if (!isMap(parsed)) return null
  if (parsed['portcullisProbe'] === 1) return taken('Portcullis probe', probeFindings(parsed))
  if (typeof parsed['schemathesis_version'] === 'string' && Array.isArray(parsed['failures']))
    return taken('Schemathesis', runFindings(parsed))
  if (isSchemathesisHar(parsed)) return taken('Schemathesis', harFindings(parsed))
  if (Array.isArray(parsed['runs']) && String(parsed['version']).startsWith('2.1'))
    return taken('SARIF', sarifFindings(parsed))
  if (
    /zap/i.test(String(parsed['@programName'])) ||
    (parsed['@generated'] !== undefined && parsed['site'] !== undefined)
  )
    return taken('ZAP', zapFindings(parsed))
  const audit = isMap(parsed['security']) ? parsed : mapOf(parsed['audit'] ?? parsed['assessmentReport'])
  if (isMap(mapOf(audit['security'])['issues']) || isMap(mapOf(audit['data'])['issues']))
    return taken('42Crunch', auditFindings(parsed))
  return null
}

function taken(format: string, found: Iterable<ImportedFinding>): ImportedReport {
  const findings: ImportedFinding[] = []
  let dropped = 0
  for (const one of found) {
    if (findings.length < IMPORTED_MAX) findings.push(one)
    else dropped++
  }
  return { format, findings, dropped }
}
