import { bodyContracts, fieldWeaknesses, parameterContracts } from '../../contracts.ts'
import type { Rule } from '../../rule.ts'

/** Formats whose values are short by what they are. */
const bounded: ReadonlySet<string> = new Set(
  'uuid date date-time time duration ipv4 ipv6 email idn-email hostname byte binary'.split(' '),
)

/** Whatever is stored, compared or logged of it costs what the caller likes. */
export const unboundedString: Rule = {
  id: 'unbounded-string',
  heading: 'parameters',
  title: 'Strings without an end',
  severity: 'low',
  references: ['API4:2023', 'CWE-770', 'CWE-1284', 'NIST SP 800-228 REC-API-13'],
  judge: estate =>
    fieldWeaknesses(
      [...bodyContracts(estate), ...parameterContracts(estate)],
      ({ schema, types }) =>
        types.includes('string') &&
        !('maxLength' in schema || 'enum' in schema || 'const' in schema || 'pattern' in schema) &&
        !bounded.has(String(schema['format']))
          ? 'a string without maxLength, pattern, enum or format'
          : null,
      {
        message: count => `${count} ${count === 1 ? 'string may' : 'strings may'} be of any length.`,
        advice: 'Give each string `maxLength`, and `pattern`, `enum` or `format` where its values have a form.',
        confidence: 0.9,
      },
    ),
}
