import type { Finding } from '../../core/finding.ts'

/** A finding that the operator accepts, for a reason and until a day. */
export interface Suppression {
  readonly rule: string
  /** The finding's subject, exactly; null: every subject of the rule. */
  readonly subject: string | null
  readonly reason: string
  /** ms since the epoch; from then on the finding counts again. */
  readonly until: number
}

export interface Suppressed {
  readonly finding: Finding
  readonly reason: string
  readonly until: number
}

/** At most so many entries are read: the list is looked through for every finding. */
export const SUPPRESSIONS_MAX = 10_000

/** Splits findings into those that count and those that are accepted; names the entries that no longer hold, or that fit nothing. */
export function applySuppressions(
  findings: readonly Finding[],
  suppressions: readonly Suppression[],
  now: number,
): { findings: Finding[]; suppressed: Suppressed[]; expired: Suppression[]; unused: Suppression[] } {
  const live = suppressions.filter(({ until }) => until > now)
  const used = new Set<Suppression>()
  const suppressed: Suppressed[] = []
  const counted = findings.filter(finding => {
    const hit = live.find(one => one.rule === finding.rule && (one.subject === null || one.subject === finding.subject))
    if (hit === undefined) return true
    used.add(hit)
    suppressed.push({ finding, reason: hit.reason, until: hit.until })
    return false
  })
  return {
    findings: counted,
    suppressed,
    expired: suppressions.filter(({ until }) => until <= now),
    unused: live.filter(one => !used.has(one)),
  }
}

/** The operator's list as parsed YAML or JSON → entries, or what is wrong with it, in words with the number of the entry. */
export function readSuppressions(written: unknown): { entries: Suppression[]; faults: string[] } {
  const list = Array.isArray(written) ? written : (written as { suppressions?: unknown } | null)?.suppressions
  if (!Array.isArray(list)) return { entries: [], faults: ['must be a list of rule, subject, reason, until'] }
  if (list.length > SUPPRESSIONS_MAX) return { entries: [], faults: [`has more than ${SUPPRESSIONS_MAX} entries`] }
  const entries: Suppression[] = []
  const faults: string[] = []
  for (const [i, one] of (list as unknown[]).entries()) {
    const fault = (words: string) => faults.push(`entry ${i + 1}: ${words}`)
    if (one === null || typeof one !== 'object') {
      fault('must be an object')
      continue
    }
    const { rule, subject, reason, until, ...more } = one as Record<string, unknown>
    const unknown = Object.keys(more)
    const day = typeof until === 'string' && /^\d{4}-\d\d-\d\d(?:T.*)?$/.test(until) ? Date.parse(until) : Number.NaN
    if (unknown.length > 0) fault(`unknown key ${unknown[0]}`)
    else if (typeof rule !== 'string' || rule === '') fault('rule is missing')
    else if (subject !== undefined && typeof subject !== 'string') fault('subject must be a text')
    else if (typeof reason !== 'string' || reason.trim() === '') fault('reason is missing: why is it accepted?')
    else if (Number.isNaN(day)) fault('until is missing: a day such as 2027-01-31, after which it counts again')
    else entries.push({ rule, subject: subject ?? null, reason, until: day })
  }
  return { entries, faults }
}
