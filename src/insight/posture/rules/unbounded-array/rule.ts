import { bodyContracts, fieldWeaknesses, parameterContracts } from '../../contracts.ts'
import type { Rule } from '../../rule.ts'

/** One request then asks for a million things. */
export const unboundedArray: Rule = {
  id: 'unbounded-array',
  heading: 'parameters',
  title: 'Arrays without an end',
  severity: 'medium',
  references: ['API4:2023', 'CWE-770', 'NIST SP 800-228 REC-API-13'],
  judge: estate =>
    fieldWeaknesses(
      [...bodyContracts(estate), ...parameterContracts(estate)],
      ({ schema, types }) => {
        const closed = 'maxItems' in schema || 'enum' in schema || 'const' in schema || schema['items'] === false
        return types.includes('array') && !closed ? 'an array without maxItems' : null
      },
      {
        message: count => `${count} ${count === 1 ? 'array may' : 'arrays may'} hold any number of items.`,
        advice: 'Give each array `maxItems`.',
        confidence: 0.9,
      },
    ),
}
