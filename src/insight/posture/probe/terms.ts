import type { Heading } from '../input.ts'

/** What a probe can find. The id stands behind `imported:probe/` in findings; references join it with the rule of ours that says the same. */
export interface ProbeRule {
  readonly heading: Heading
  readonly title: string
  readonly references: readonly string[]
  readonly advice: string
}

export const probeRules = {
  'missing-authentication': {
    heading: 'access',
    title: 'Answers without a credential',
    references: ['API2:2023', 'CWE-306'],
    advice: 'Ask for proof on its route, and in the service itself.',
  },
  'object-access': {
    heading: 'access',
    title: "Gives one caller another's objects",
    references: ['API1:2023', 'CWE-639'],
    advice: 'Compare the owner of the object with the caller at every access.',
  },
  bypass: {
    heading: 'access',
    title: 'Reachable around the gateway',
    references: ['API8:2023', 'CWE-288', 'NIST SP 800-204 MS-SS-1'],
    advice: 'Let the network, or mutual TLS at the service, admit the gateway alone.',
  },
  'dangerous-method': {
    heading: 'surface',
    title: 'Answers methods that nobody knows of',
    references: ['API5:2023', 'CWE-749', 'CWE-650'],
    advice: 'Name the methods of the route (`match.methods`), and refuse the others in the service.',
  },
  'old-tls': {
    heading: 'connection',
    title: 'TLS older than 1.2',
    references: ['API8:2023', 'CWE-757', 'CWE-326'],
    advice: 'Allow TLS 1.3, and 1.2 where callers need it.',
  },
  'weak-cipher': {
    heading: 'connection',
    title: 'Cipher without forward secrecy',
    references: ['API8:2023', 'CWE-326', 'CWE-327'],
    advice: 'Allow ECDHE suites with AEAD alone.',
  },
  certificate: {
    heading: 'connection',
    title: 'Certificate that callers cannot trust',
    references: ['API8:2023', 'CWE-295', 'CWE-298'],
    advice: 'Serve a valid certificate for this name, from a CA that callers know.',
  },
  'missing-hsts': {
    heading: 'connection',
    title: 'No Strict-Transport-Security',
    references: ['API8:2023', 'CWE-319'],
    advice: 'Send Strict-Transport-Security with every answer.',
  },
} as const satisfies Readonly<Record<string, ProbeRule>>

export type ProbeRuleId = keyof typeof probeRules

/** Name of the probe among the tools whose findings are imported. */
export const probeTool = 'probe'

/** The rule behind a finding's `imported:probe/…`; null: it is another's. */
export function probeRuleOf(rule: string): ProbeRule | null {
  const prefix = `imported:${probeTool}/`
  if (!rule.startsWith(prefix)) return null
  const id = rule.slice(prefix.length)
  return Object.hasOwn(probeRules, id) ? probeRules[id as ProbeRuleId] : null
}
