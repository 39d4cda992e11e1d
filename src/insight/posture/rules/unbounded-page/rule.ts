import type { Endpoint } from '../../estate.ts'
import { fieldsOf } from '../../fields.ts'
import { isPaging } from '../../paging.ts'
import type { Rule } from '../../rule.ts'

/** Callers were answered for pages of this size. */
const hugePage = 10_000

/** `?limit=1000000` is the cheapest attack on a database. */
export const unboundedPage: Rule = {
  id: 'unbounded-page',
  heading: 'parameters',
  title: 'Page size without a maximum',
  severity: 'medium',
  references: ['API4:2023', 'CWE-770', 'NIST SP 800-228 REC-API-13'],
  *judge({ endpoints }) {
    for (const endpoint of endpoints) {
      const evidence = [...declaredPages(endpoint), ...seenPages(endpoint)]
      if (evidence.length === 0) continue
      yield {
        subject: endpoint.subject,
        message: `Callers of ${endpoint.subject} choose how much they get, without a maximum.`,
        evidence,
        confidence: 0.9,
        advice: 'Give the parameter a `maximum`, and let the service cut larger pages to it.',
      }
    }
  },
}

function declaredPages({ declared }: Endpoint): string[] {
  return (declared?.operation.parameters ?? []).flatMap(({ in: place, name, schema }) => {
    if (place !== 'query' || !isPaging(name)) return []
    const open = fieldsOf(schema, declared?.document.definitions).some(
      field =>
        field.types.some(type => type === 'integer' || type === 'number') &&
        !('maximum' in field.schema || 'exclusiveMaximum' in field.schema || 'enum' in field.schema),
    )
    return open ? [`query.${name} has no maximum (${declared?.document.source})`] : []
  })
}

function seenPages({ operation }: Endpoint): string[] {
  return (operation?.parameters ?? []).flatMap(({ in: place, name, schema }) => {
    const largest = typeof schema === 'object' ? schema['maximum'] : undefined
    return place === 'query' && isPaging(name) && typeof largest === 'number' && largest >= hugePage
      ? [`query.${name} of ${largest} was answered`]
      : []
  })
}
