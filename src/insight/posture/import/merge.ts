import type { Finding } from '../../../core/finding.ts'
import type { Endpoint, Estate } from '../estate.ts'
import type { ImportedFinding } from './imported.ts'

/**
 * Lays findings of other scanners beside our own: where a rule of ours says the same of the same operation (a common CWE), theirs becomes
 * evidence there and the finding is surer; else it stands as a finding of its own.
 */
export function mergeImported(
  own: readonly Finding[],
  imported: readonly ImportedFinding[],
  estate: Estate,
): Finding[] {
  if (imported.length === 0) return [...own]
  const place = placer(estate)
  const merged = [...own]
  const at = new Map<string, number[]>()
  for (const [i, { subject }] of own.entries()) at.set(subject, [...(at.get(subject) ?? []), i])
  const seen = new Set<string>()
  for (const one of imported) {
    const endpoint = place(one)
    const subject = one.subject ?? endpoint?.subject ?? 'gateway'
    const once = JSON.stringify([one.tool, one.rule, subject])
    if (seen.has(once)) continue
    seen.add(once)
    const where = [one.method, one.path].filter(word => word !== null).join(' ')
    const words = one.evidence?.map(line => `${one.tool} ${one.rule}: ${line}`) ?? [
      `${one.tool} ${one.rule}${where === '' ? '' : ` at ${where}`}: ${one.message}`,
    ]
    const same = (at.get(subject) ?? []).find(i =>
      one.references.some(reference => (merged[i] as Finding).references.includes(reference)),
    )
    if (same !== undefined) {
      const finding = merged[same] as Finding
      merged[same] = {
        ...finding,
        evidence: [...finding.evidence, ...words],
        confidence: Math.max(finding.confidence, 0.95),
      }
    } else
      merged.push({
        rule: `imported:${one.tool}/${one.rule}`,
        severity: one.severity,
        subject,
        message: one.message,
        evidence: words,
        confidence: one.confidence ?? (endpoint === null ? 0.5 : 0.8),
        fix: { advice: one.advice ?? `See the report of ${one.tool}.` },
        references: one.references,
      })
  }
  return merged
}

/** Which operation a method and a path or URL mean: by the same template, else by the template that the path fits, literals first. */
function placer(estate: Estate): (finding: ImportedFinding) => Endpoint | null {
  const byCount = Map.groupBy(estate.endpoints, ({ template }) => template.split('/').length)
  return ({ method, path }) => {
    if (path === null) return null
    const wanted = pathOf(path).split('/')
    let best: { endpoint: Endpoint; literals: number } | null = null
    for (const endpoint of byCount.get(wanted.length) ?? []) {
      if (method !== null && endpoint.method !== method.toUpperCase()) continue
      const literals = fit(endpoint.template.split('/'), wanted)
      if (literals !== null && (best === null || literals > best.literals)) best = { endpoint, literals }
    }
    return best?.endpoint ?? null
  }
}

/** Literal segments that agree; null: it does not fit. */
function fit(template: readonly string[], wanted: readonly string[]): number | null {
  let literals = 0
  for (const [i, segment] of template.entries()) {
    if (segment.startsWith('{')) continue
    if (segment !== wanted[i]) return null
    literals++
  }
  return literals
}

function pathOf(written: string): string {
  const path = URL.canParse(written) ? new URL(written).pathname : (written.split(/[?#]/, 1)[0] as string)
  return path.length > 1 ? path.replace(/\/$/, '') : path
}
