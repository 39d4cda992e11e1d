import { bodyContracts, fieldWeaknesses, parameterContracts } from '../../contracts.ts'
import { isPaging } from '../../paging.ts'
import type { Rule } from '../../rule.ts'

/** Negative quantities and prices past every bound are business logic that nobody wrote. */
export const unboundedNumber: Rule = {
  id: 'unbounded-number',
  heading: 'parameters',
  title: 'Numbers without bounds',
  severity: 'low',
  references: ['API4:2023', 'API6:2023', 'CWE-1284', 'CWE-190', 'NIST SP 800-228 REC-API-13'],
  judge: estate =>
    fieldWeaknesses(
      [...bodyContracts(estate), ...parameterContracts(estate)],
      ({ schema, types, name }, { place }) => {
        if (!types.some(type => type === 'integer' || type === 'number')) return null
        if ('enum' in schema || 'const' in schema || isPaging(name === '' ? place.replace(/^\w+\./, '') : name))
          return null
        const low = 'minimum' in schema || 'exclusiveMinimum' in schema
        const high = 'maximum' in schema || 'exclusiveMaximum' in schema
        return low && high ? null : `a number without ${low ? 'maximum' : high ? 'minimum' : 'minimum and maximum'}`
      },
      {
        message: count => `${count} ${count === 1 ? 'number has' : 'numbers have'} no bounds.`,
        advice: 'Give each number `minimum` and `maximum`.',
        confidence: 0.9,
      },
    ),
}
