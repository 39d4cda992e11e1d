import type { Rule } from '../../rule.ts'

/** The store's password and every limiter key cross the network in the clear. */
export const plaintextStore: Rule = {
  id: 'plaintext-store',
  heading: 'connection',
  title: 'Store reached without TLS',
  severity: 'medium',
  references: ['CWE-319', 'API8:2023', 'NIST SP 800-204 MS-SS-4'],
  *judge({ config }) {
    for (const [name, { redis }] of Object.entries(config?.stores ?? {})) {
      // Only the place is read; the URL may hold a password.
      const { protocol, hostname, host } = new URL(redis.reveal())
      if (protocol !== 'redis:' || /^(?:localhost|127\.[\d.]+|\[::1\])$/.test(hostname)) continue
      yield {
        subject: 'gateway',
        message: `Store ${name} is reached in plain text.`,
        evidence: [`stores.${name}: redis://${host}`],
        confidence: 1,
        advice: 'Write `rediss://`: counters and the password of the store are then encrypted.',
      }
    }
  },
}
