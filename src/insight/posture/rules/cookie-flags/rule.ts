import type { Rule } from '../../rule.ts'

const session = /sess|sid$|^sid|auth|token|jwt|login|remember|connect\./i

/** Cookies that scripts must read, since they are sent back as a header against CSRF. */
const forScripts = /csrf|xsrf/i

/** A session cookie that scripts read, other sites send, or that goes out in plain text is a session for others. */
export const cookieFlags: Rule = {
  id: 'cookie-flags',
  heading: 'access',
  title: 'Session cookie without Secure, HttpOnly or SameSite',
  severity: 'medium',
  references: ['API2:2023', 'CWE-614', 'CWE-1004', 'CWE-1275'],
  *judge({ endpoints }) {
    for (const { subject, operation } of endpoints) {
      if (operation === null) continue
      const used = new Set(
        operation.authentication.credentials
          .filter(({ credential }) => credential.place === 'cookie')
          .map(({ credential }) => credential.name),
      )
      const weak = Object.entries(operation.cookiesSet).flatMap(([name, { secure, httpOnly, sameSite }]) => {
        if (forScripts.test(name) || (!session.test(name) && !used.has(name.toLowerCase()))) return []
        const missing = [
          ...(secure ? [] : ['Secure']),
          ...(httpOnly ? [] : ['HttpOnly']),
          ...(sameSite !== null && /^(?:lax|strict)$/i.test(sameSite)
            ? []
            : [sameSite === null ? 'SameSite' : `SameSite=${sameSite}`]),
        ]
        return missing.length === 0 ? [] : [{ name, missing }]
      })
      if (weak.length === 0) continue
      yield {
        subject,
        message: `${subject} sets a session cookie that others can get at.`,
        evidence: weak.map(
          ({ name, missing }) => `${name}: ${missing.map(one => (one.includes('=') ? one : `no ${one}`)).join(', ')}`,
        ),
        confidence: 0.9,
        severity: weak.some(({ missing }) => missing.includes('Secure') || missing.includes('HttpOnly'))
          ? 'medium'
          : 'low',
        advice: 'Set it with `Secure; HttpOnly; SameSite=Lax`, and the prefix `__Host-`.',
      }
    }
  },
}
