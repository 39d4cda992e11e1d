import { bodyContracts, fieldWeaknesses, parameterContracts } from '../../contracts.ts'
import { kebab } from '../../purpose.ts'
import type { Rule } from '../../rule.ts'

/** Names of what has a form. Free text (`note`, `title`, `name`) has none and is not asked for one. */
const formed =
  /(?:^|-)(?:id|ids|uuid|code|currency|country|language|locale|status|state|type|kind|role|sort|order-by|direction|format|email|phone|iban|date|time|timestamp|ip|postcode|zip|sku|hash|version)$/

/** Characters that nobody needs there are what injections are made of. */
export const freeString: Rule = {
  id: 'free-string',
  heading: 'parameters',
  title: 'Codes and ids that may be any text',
  severity: 'low',
  references: ['API8:2023', 'CWE-20', 'CWE-1286', 'NIST SP 800-228 REC-API-13'],
  judge: estate =>
    fieldWeaknesses(
      [...bodyContracts(estate), ...parameterContracts(estate)],
      ({ schema, types, name }, { place }) => {
        const own = kebab(name === '' ? place.replace(/^\w+\.?/, '') : name)
        if (!types.includes('string') || !formed.test(own)) return null
        // Without any end it is unbounded-string's.
        if (!('maxLength' in schema)) return null
        return 'pattern' in schema || 'enum' in schema || 'const' in schema || 'format' in schema
          ? null
          : 'has a form by its name, and no pattern, enum or format'
      },
      {
        message: count => `${count} ${count === 1 ? 'value has' : 'values have'} a form, and any text is accepted.`,
        advice: 'Give each `enum`, `format` or an anchored `pattern`.',
        confidence: 0.7,
      },
    ),
}
