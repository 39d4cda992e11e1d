import { provenCalls } from '../../access.ts'
import type { Endpoint } from '../../estate.ts'
import type { Rule } from '../../rule.ts'

const version = /(^|\/)v(\d{1,3})(?=\/|$)/

/** The old version keeps the holes that the new one closed. */
export const versionSprawl: Rule = {
  id: 'version-sprawl',
  heading: 'surface',
  title: 'Old version beside a newer one',
  severity: 'low',
  references: ['API9:2023', 'CWE-1059', 'NIST SP 800-228 REC-API-4'],
  *judge({ endpoints }) {
    const live = endpoints.filter(
      ({ template, operation }) =>
        version.test(template) && operation !== null && operation.used && operation.traffic.status['2xx'] > 0,
    )
    const families = Map.groupBy(
      live,
      one => `${one.service} ${one.method} ${one.template.replace(version, '$1v').replace(/\{[^}]*\}/g, '{}')}`,
    )
    for (const members of families.values()) {
      const newest = members.reduce((best, one) => (numberOf(one) > numberOf(best) ? one : best))
      for (const old of members) {
        if (old === newest || numberOf(old) === numberOf(newest)) continue
        const weaker =
          old.operation !== null &&
          newest.operation !== null &&
          old.operation.authentication.anonymousAnswered > 0 &&
          newest.operation.authentication.anonymousAnswered === 0 &&
          provenCalls(newest.operation) > 0
        yield {
          subject: old.subject,
          message: `${old.subject} still answers beside version ${numberOf(newest)}${weaker ? ', and asks for less proof' : ''}.`,
          evidence: [
            `version ${numberOf(old)}: ${old.operation?.traffic.calls} calls, last ${old.operation?.lastSeen}`,
            `version ${numberOf(newest)}: ${newest.operation?.traffic.calls} calls`,
            ...(weaker
              ? [
                  `${old.operation?.authentication.anonymousAnswered} calls without proof were answered by the old one, none by the new`,
                ]
              : []),
          ],
          confidence: 0.8,
          severity: weaker ? 'high' : 'low',
          advice: 'Announce its end (`Deprecation`, `Sunset`), move the callers, and take its route away.',
        }
      }
    }
  },
}

function numberOf({ template }: Endpoint): number {
  return Number(version.exec(template)?.[2] ?? 0)
}
