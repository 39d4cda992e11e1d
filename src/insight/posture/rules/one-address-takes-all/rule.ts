import type { Rule } from '../../rule.ts'

/** A limit of all connections alone is one that any single caller can use up. */
export const oneAddressTakesAll: Rule = {
  id: 'one-address-takes-all',
  heading: 'limits',
  title: 'One address may take every connection',
  severity: 'low',
  references: ['API4:2023', 'CWE-770', 'NIST SP 800-228 REC-API-16'],
  *judge({ exposed }) {
    for (const { name, limits } of exposed) {
      if (limits.connectionsPerAddressMax < limits.connectionsMax) continue
      yield {
        subject: `listener ${name}`,
        message: `One address may open all ${limits.connectionsMax} connections of listener ${name}.`,
        evidence: [`connectionsPerAddress ${limits.connectionsPerAddressMax}, connections ${limits.connectionsMax}`],
        confidence: 0.9,
        advice: 'Keep `connectionsPerAddress` to a tenth; name proxies in `trustedProxies` instead of raising it.',
        patch: {
          listeners: [{ name, limits: { connectionsPerAddress: Math.max(1, Math.floor(limits.connectionsMax / 10)) } }],
        },
      }
    }
  },
}
