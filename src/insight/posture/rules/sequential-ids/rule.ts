import { decidesWhoMay } from '../../access.ts'
import { isSecret } from '../../../model/data-class.ts'
import type { Rule } from '../../rule.ts'
import { classesIn, classWords, isPersonal } from '../../sensitive.ts'

/** Ids that can be counted through turn one missing check into all the data. */
export const sequentialIds: Rule = {
  id: 'sequential-ids',
  heading: 'access',
  title: 'Countable ids on personal data',
  severity: 'low',
  references: ['API1:2023', 'CWE-340', 'CWE-639'],
  *judge({ endpoints }) {
    for (const endpoint of endpoints) {
      const { subject, operation, declared, purpose } = endpoint
      if (operation === null || purpose.open || decidesWhoMay(endpoint)) continue
      const declaredTypes = new Map(declared?.operation.parameters.map(one => [`${one.in} ${one.name}`, one.schema]))
      const countable = operation.parameters.filter(
        one => one.in === 'path' && (isInteger(one.schema) || isInteger(declaredTypes.get(`path ${one.name}`))),
      )
      const classes = [...classesIn(operation, 'response', isPersonal), ...classesIn(operation, 'response', isSecret)]
      if (countable.length === 0 || classes.length === 0) continue
      yield {
        subject,
        message: `${subject} shows personal data under ids that can be counted through.`,
        evidence: [
          ...countable.map(({ name, seen }) => `path.${name} is an integer (${seen} calls)`),
          ...classes.map(classWords),
        ],
        confidence: 0.8,
        advice: 'Use random ids (UUID version 4) toward clients, and decide for each object whose it is.',
      }
    }
  },
}

function isInteger(schema: unknown): boolean {
  return schema !== null && typeof schema === 'object' && (schema as { type?: unknown }).type === 'integer'
}
