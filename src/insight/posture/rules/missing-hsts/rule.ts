import type { Rule } from '../../rule.ts'

/** Half a year is what browsers' preload lists and checklists take as the least. */
const secondsMin = 15_552_000

/** Without it the first call of a browser may go out in plain text and be turned aside (RFC 6797). */
export const missingHsts: Rule = {
  id: 'missing-hsts',
  heading: 'connection',
  title: 'HSTS off or short',
  severity: 'low',
  references: ['CWE-319', 'API8:2023'],
  *judge({ config }) {
    for (const { name, tls, hstsSeconds } of config?.listeners ?? []) {
      if (tls === null || hstsSeconds >= secondsMin) continue
      yield {
        subject: `listener ${name}`,
        message: `Listener ${name} ${hstsSeconds === 0 ? 'sends no' : 'sends a short'} Strict-Transport-Security.`,
        evidence: [`max-age is ${hstsSeconds} s, less than ${secondsMin} s (180 days)`],
        confidence: 1,
        advice: 'Leave `hsts` at its default of one year.',
        patch: { listeners: [{ name, hsts: '365d' }] },
      }
    }
  },
}
