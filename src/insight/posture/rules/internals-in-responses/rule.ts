import { isIP } from 'node:net'
import type { Rule } from '../../rule.ts'
import { sureness } from '../../sureness.ts'

const marks: Readonly<Record<string, string>> = {
  'internal-address': 'addresses of the inner network',
  'internal-path': 'paths of the machine',
  'directory-listing': 'listings of folders',
}

/** Addresses in so few answers may be data. */
const answersMin = 3

/** A map of what lies behind, for the next step of an attack. */
export const internalsInResponses: Rule = {
  id: 'internals-in-responses',
  heading: 'responses',
  title: 'Inner addresses and paths in answers',
  severity: 'low',
  references: ['API8:2023', 'CWE-200', 'CWE-497', 'NIST SP 800-228 REC-API-23'],
  *judge({ endpoints }) {
    for (const { subject, operation, purpose } of endpoints) {
      if (operation === null || purpose.admin) continue
      const found = Object.entries(marks).filter(([mark]) => (operation.marks[mark] ?? 0) >= answersMin)
      const fields = Object.entries(operation.responseFields).flatMap(([name, values]) =>
        name === 'via' || name === 'server-timing'
          ? []
          : Object.entries(values)
              .filter(([value]) => isInner(value))
              .map(([value, calls]) => `${name}: ${value.slice(0, 80)} in ${calls} answers`),
      )
      if (found.length === 0 && fields.length === 0) continue
      yield {
        subject,
        message: `${subject} gives away ${[...found.map(([, words]) => words), ...(fields.length > 0 ? ['inner addresses in header fields'] : [])].join(', ')}.`,
        evidence: [
          ...found.map(([mark, words]) => `${words} in ${operation.marks[mark]} of ${operation.traffic.calls} answers`),
          ...fields,
        ],
        confidence: found.length > 0 ? sureness(operation.marks[found[0]?.[0] ?? ''] ?? 0) * 0.85 : 0.9,
        severity: found.some(([mark]) => mark === 'directory-listing') ? 'medium' : 'low',
        advice:
          'Answer with public names only, and remove such fields on the way back (`headers` with `response.remove`).',
      }
    }
  },
}

/** Holds an address of RFC 1918, link-local or a name that only an inner network has. */
function isInner(value: string): boolean {
  return (value.match(/[A-Za-z0-9.-]+/g) ?? []).some(
    word =>
      (isIP(word) === 4 && /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.)/.test(word)) ||
      /\.(?:internal|svc|svc\.cluster\.local)$/.test(word),
  )
}
