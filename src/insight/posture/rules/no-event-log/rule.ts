import type { Rule } from '../../rule.ts'

/** Without a record nobody notices, and nobody can say later what happened. */
export const noEventLog: Rule = {
  id: 'no-event-log',
  heading: 'surface',
  title: 'Nothing is recorded',
  severity: 'medium',
  references: ['CWE-778', 'API9:2023', 'NIST SP 800-204 MS-SS-5', 'NIST SP 800-228 REC-API-18'],
  *judge({ config }) {
    if (config === null || config.events.length > 0) return
    yield {
      subject: 'gateway',
      message: 'No call leaves a record.',
      evidence: ['events is empty'],
      confidence: 1,
      advice: 'Send events to a file, to journald or to standard output.',
      patch: { events: [{ sink: 'stdout' }] },
    }
  },
}
