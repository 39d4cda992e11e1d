import { establishedCredentials } from '../../access.ts'
import type { Rule } from '../../rule.ts'
import { sureness } from '../../sureness.ts'

/** Empty, short or on every guesser's list. */
export const weakCredential: Rule = {
  id: 'weak-credential',
  heading: 'access',
  title: 'Weak password or key in use',
  severity: 'high',
  references: ['API2:2023', 'CWE-521', 'CWE-1391'],
  *judge({ endpoints }) {
    for (const { subject, operation } of endpoints) {
      if (operation === null) continue
      const weak = establishedCredentials(operation).filter(({ credential }) => credential.weak !== undefined)
      if (weak.length === 0) continue
      yield {
        subject,
        message: `${subject} is called with a credential that can be guessed.`,
        evidence: weak.map(
          ({ seen, credential }) =>
            `${credential.scheme} in ${credential.place} ${credential.name}: ${credential.weak} (${seen} of ${operation.traffic.calls} calls)`,
        ),
        confidence: sureness(weak[0]?.seen ?? 0),
        advice: 'Replace it by a random key of at least 128 bits, or a passphrase that no list has.',
      }
    }
  },
}
