import { bodyContracts, fieldWeaknesses, parameterContracts } from '../../contracts.ts'
import { kebab } from '../../purpose.ts'
import type { Rule } from '../../rule.ts'

const names =
  /^(?:url|uri|target-ur[il]|callback-ur[il]|webhook-ur[il]|image-ur[il]|avatar-ur[il]|redirect|redirect-ur[il]|return-ur[il]|return-to|next-url|fetch-url|source-ur[il]|proxy|feed-ur[il]|endpoint)$/

/** A service that calls what a caller names calls the cloud's metadata address too. */
export const urlParameter: Rule = {
  id: 'url-parameter',
  heading: 'parameters',
  title: 'Callers name addresses, and any is accepted',
  severity: 'medium',
  references: ['API7:2023', 'CWE-918', 'CWE-601'],
  judge: estate =>
    fieldWeaknesses(
      [...bodyContracts(estate), ...parameterContracts(estate)],
      ({ schema, types, name }, { place }) => {
        const own = kebab(name === '' ? place.replace(/^\w+\.?/, '') : name)
        if (!types.includes('string') || !names.test(own)) return null
        return 'pattern' in schema || 'enum' in schema || 'const' in schema || schema['readOnly'] === true
          ? null
          : 'an address of any host'
      },
      {
        message: count => `${count === 1 ? 'An address' : `${count} addresses`} that callers choose may lead anywhere.`,
        advice:
          'Bind it by `pattern` or `enum` to your own hosts, and keep the service from calling internal networks.',
        confidence: 0.6,
      },
    ),
}
