import type { Rule } from '../../rule.ts'

const headMsMax = 60_000
const responseMsMax = 300_000

/** Slow senders and slow services hold connections that others need (Slowloris). */
export const longTimeouts: Rule = {
  id: 'long-timeouts',
  heading: 'limits',
  title: 'Timeouts that hold connections long',
  severity: 'low',
  references: ['API4:2023', 'CWE-400', 'NIST SP 800-228 REC-API-16'],
  *judge({ config }) {
    for (const { name, limits } of config?.listeners ?? []) {
      if (limits.headTimeoutMs <= headMsMax) continue
      yield {
        subject: `listener ${name}`,
        message: `Listener ${name} waits ${limits.headTimeoutMs / 1000} s for a request head.`,
        evidence: [`limits.headTimeout is ${limits.headTimeoutMs} ms, above ${headMsMax}`],
        confidence: 0.9,
        advice: 'Ten seconds are enough for every honest client.',
        patch: { listeners: [{ name, limits: { headTimeout: '10s' } }] },
      }
    }
    for (const { name, timeouts } of config?.services ?? []) {
      if (timeouts.responseMs <= responseMsMax) continue
      yield {
        subject: `service ${name}`,
        message: `Requests to service ${name} wait ${timeouts.responseMs / 1000} s for an answer.`,
        evidence: [`timeouts.response is ${timeouts.responseMs} ms, above ${responseMsMax}`],
        confidence: 0.8,
        advice: 'Answer long work with 202 and a place to ask; wait a minute at the most.',
        patch: { services: { [name]: { timeouts: { response: '60s' } } } },
      }
    }
  },
}
