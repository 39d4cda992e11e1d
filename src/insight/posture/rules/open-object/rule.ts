import { bodyContracts, fieldWeaknesses } from '../../contracts.ts'
import type { Rule } from '../../rule.ts'

/** Members that nobody described reach the service, and some framework binds them (mass assignment). */
export const openObject: Rule = {
  id: 'open-object',
  heading: 'parameters',
  title: 'Objects that take undeclared members',
  severity: 'medium',
  references: ['API3:2023', 'CWE-915', 'CWE-1287', 'NIST SP 800-228 REC-API-13'],
  judge: estate =>
    fieldWeaknesses(
      bodyContracts(estate),
      ({ schema, types }) => {
        if (!types.includes('object') || 'enum' in schema || 'const' in schema) return null
        const more = schema['additionalProperties'] ?? schema['unevaluatedProperties']
        if (more === false) return null
        // A map: its values have a schema, and `maxProperties` bounds it.
        if (more !== null && typeof more === 'object')
          return 'maxProperties' in schema ? null : 'a map without maxProperties'
        return 'additionalProperties is not false'
      },
      {
        message: count => `${count} ${count === 1 ? 'object takes' : 'objects take'} members that nobody described.`,
        advice:
          'Set `additionalProperties: false` (under `allOf`: `unevaluatedProperties: false`), or a schema with `maxProperties` for maps.',
        confidence: 0.9,
      },
    ),
}
