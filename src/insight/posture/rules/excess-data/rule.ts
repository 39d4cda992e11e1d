import { isSecret } from '../../../model/data-class.ts'
import { fieldsOf } from '../../fields.ts'
import { kebab } from '../../purpose.ts'
import type { Rule } from '../../rule.ts'

/** Names of what is kept about a thing and not part of it. */
const internal: ReadonlySet<string> = new Set(
  (
    '-v --v password-hash password-digest salt hashed-password internal-notes internal-note internal-id internal-comment admin-notes debug-info debug ' +
    'is-deleted deleted-at deleted-by cost-price purchase-price margin risk-score fraud-score last-login-ip stack-trace sql query-plan reset-token ' +
    'verification-token two-factor-secret otp-secret mfa-secret'
  ).split(' '),
)

/** More than any screen shows is the whole row of a table. */
const fieldsMax = 60

/** Clients filter it away; whoever reads the answer itself does not (API3: excessive data exposure). */
export const excessData: Rule = {
  id: 'excess-data',
  heading: 'responses',
  title: 'Answers with more than callers need',
  severity: 'medium',
  references: ['API3:2023', 'CWE-213', 'CWE-200', 'NIST SP 800-228 REC-API-19'],
  *judge({ endpoints }) {
    for (const { subject, operation, declared, purpose } of endpoints) {
      if (purpose.admin) continue
      const schemas =
        operation !== null
          ? operation.responses
              .filter(({ status }) => status < 300)
              .map(({ status, schema }) => ({ status: String(status), schema, definitions: {} }))
          : (declared?.operation.responses ?? [])
              .filter(({ status }) => status.startsWith('2'))
              .flatMap(({ status, content }) =>
                content.map(({ schema }) => ({ status, schema, definitions: declared?.document.definitions ?? {} })),
              )
      const fields = schemas.flatMap(({ status, schema, definitions }) =>
        fieldsOf(schema, definitions).map(field => ({ status, ...field })),
      )
      const named = fields.filter(({ name }) => internal.has(kebab(name)))
      const leaves = new Set(
        fields
          .filter(({ types }) => !types.includes('object') && !types.includes('array'))
          .map(({ status, pointer }) => `${status} ${pointer}`),
      )
      if (named.length === 0 && leaves.size <= fieldsMax) continue
      yield {
        subject,
        message:
          named.length > 0
            ? `${subject} answers with what is kept for inside: ${[...new Set(named.map(({ name }) => name))].join(', ')}.`
            : `${subject} answers with ${leaves.size} fields.`,
        evidence: [
          ...named.map(({ status, pointer }) => `response ${status}:${pointer}`),
          ...(leaves.size > fieldsMax ? [`${leaves.size} fields, more than ${fieldsMax}`] : []),
          ...(operation?.classes ?? [])
            .filter(one => isSecret(one.class) && one.where.startsWith('response'))
            .map(one => `${one.class} in ${one.where}`),
        ],
        confidence: named.length > 0 ? 0.85 : 0.4,
        severity: named.length > 0 ? 'medium' : 'low',
        advice:
          'Build answers from a list of fields, never from the whole row, and declare a closed schema of the answer.',
      }
    }
  },
}
