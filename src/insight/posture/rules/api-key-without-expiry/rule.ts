import type { RouteView } from '../../estate.ts'
import { entriesOf, entrySubject, settings } from '../../guards.ts'
import type { Rule } from '../../rule.ts'

/** A key that nobody must renew is found in old repositories and still works. */
export const apiKeyWithoutExpiry: Rule = {
  id: 'api-key-without-expiry',
  heading: 'access',
  title: 'API keys without an end',
  severity: 'low',
  references: ['API2:2023', 'CWE-324', 'NIST SP 800-204 MS-SS-1'],
  *judge({ routes }) {
    for (const { entry, views } of entriesOf(routes, 'api-key')) {
      const keys = (settings(entry)['keys'] ?? []) as ReadonlyArray<{
        readonly id: string
        readonly expires: number | null
      }>
      const endless = keys.filter(({ expires }) => expires === null)
      if (endless.length === 0) continue
      yield {
        subject: entrySubject(entry, views[0] as RouteView),
        message: `${endless.length} of ${keys.length} API keys never end.`,
        evidence: endless.map(({ id }) => `key ${id} has no expires`),
        confidence: 1,
        advice: 'Give each key `expires`, and its holder a new one in time.',
      }
    }
  },
}
