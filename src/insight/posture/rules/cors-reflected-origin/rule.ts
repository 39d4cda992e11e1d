import type { Rule } from '../../rule.ts'
import { sureness } from '../../sureness.ts'

/** Sites that one API serves belong to few owners; more looks like an echo of whatever Origin came. */
const sitesMin = 4

/** An echoed Origin with credentials is `*` with credentials, which browsers refuse, made to work. */
export const corsReflectedOrigin: Rule = {
  id: 'cors-reflected-origin',
  heading: 'access',
  title: 'Any Origin is echoed, or `null` is allowed',
  severity: 'high',
  references: ['API8:2023', 'CWE-942', 'CWE-346'],
  *judge({ endpoints }) {
    for (const { subject, operation } of endpoints) {
      if (operation === null) continue
      const origins = operation.responseFields['access-control-allow-origin'] ?? {}
      const named = Object.keys(origins).filter(origin => /^https?:\/\//.test(origin))
      const sites = new Set(named.map(siteOf))
      const nulls = origins['null'] ?? 0
      const withCredentials = (operation.responseFields['access-control-allow-credentials']?.['true'] ?? 0) > 0
      if (nulls === 0 && (sites.size < sitesMin || !withCredentials)) continue
      yield {
        subject,
        message:
          nulls > 0
            ? `${subject} lets pages without an origin read its answers.`
            : `${subject} seems to echo every Origin.`,
        evidence: [
          ...(nulls > 0
            ? [`Access-Control-Allow-Origin: null in ${nulls} answers; every sandboxed frame is null`]
            : []),
          ...(sites.size >= sitesMin
            ? [`${sites.size} sites allowed, among them ${named.slice(0, 3).join(', ')}`]
            : []),
          ...(withCredentials ? ['Access-Control-Allow-Credentials: true'] : []),
        ],
        confidence: nulls > 0 ? sureness(nulls) : 0.85,
        severity: withCredentials ? 'high' : 'medium',
        advice: 'Compare Origin with a fixed list, character by character.',
      }
    }
  },
}

/** The registered name, nearly: the last two labels. */
function siteOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).hostname.split('.').slice(-2).join('.') : origin
}
