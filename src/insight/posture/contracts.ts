import type { PolicyEntry } from '../../config/types.ts'
import type { Endpoint, Estate, RouteView } from './estate.ts'
import { fieldsOf, type Field } from './fields.ts'
import { entriesOf, entrySubject, settings } from './guards.ts'
import type { Weakness } from './input.ts'

/** What somebody promised of the shape of a request: a schema that a route enforces, or what a document declares. */
export interface Contract {
  readonly subject: string
  /** `json-schema of route orders`, `shop.yaml /paths/~1orders/post`. */
  readonly source: string
  /** The body, or the parameter: `query.limit`. */
  readonly place: string
  readonly fields: readonly Field[]
  /** null: a declaration, which nothing enforces here. */
  readonly enforced: { readonly entry: PolicyEntry; readonly view: RouteView } | null
}

/** Media types whose bodies a JSON Schema describes. */
export function isJson(mediaType: string): boolean {
  return /^application\/(?:[^;\s]+\+)?json$/.test(mediaType)
}

/** Contracts of request bodies. Where a route enforces a schema, that one counts and not the declaration behind it. */
export function bodyContracts(estate: Estate): Contract[] {
  const contracts: Contract[] = entriesOf(estate.routes, 'json-schema').flatMap(({ entry, views }) => {
    const view = views[0] as RouteView
    const { request, documents } = settings(entry)
    const subject = entrySubject(entry, view)
    const fields = fieldsOf(request, documents as Record<string, unknown> | undefined)
    return [{ subject, source: `${entry.id} of ${subject}`, place: 'body', fields, enforced: { entry, view } }]
  })
  for (const endpoint of estate.endpoints) {
    const { subject, declared } = endpoint
    if (declared === null || enforcesBody(endpoint)) continue
    const body = declared.operation.request?.content.find(one => isJson(one.mediaType) && one.schema !== null)
    if (body === undefined) continue
    const fields = fieldsOf(body.schema, declared.document.definitions)
    contracts.push({ subject, source: sourceOf(endpoint), place: 'body', fields, enforced: null })
  }
  return contracts
}

/** Contracts of parameters that a document declares. */
export function parameterContracts(estate: Estate): Contract[] {
  return estate.endpoints.flatMap(endpoint =>
    (endpoint.declared?.operation.parameters ?? []).map(parameter => ({
      subject: endpoint.subject,
      source: sourceOf(endpoint),
      place: `${parameter.in}.${parameter.name}`,
      fields: fieldsOf(parameter.schema, endpoint.declared?.document.definitions),
      enforced: null,
    })),
  )
}

/** Does every route to it check its body? */
export function enforcesBody(endpoint: Endpoint): boolean {
  return (
    endpoint.routes.length > 0 && endpoint.routes.every(({ chain }) => chain.some(({ use }) => use === 'json-schema'))
  )
}

/**
 * One weakness for each subject that has fields of the kind. `says` gives the words for a weak field, null for a sound one.
 */
export function fieldWeaknesses(
  contracts: readonly Contract[],
  says: (field: Field, contract: Contract) => string | null,
  words: { readonly message: (count: number) => string; readonly advice: string; readonly confidence: number },
): Weakness[] {
  const bySubject = new Map<string, { evidence: Set<string>; source: string }>()
  for (const contract of contracts) {
    for (const field of contract.fields) {
      const said = says(field, contract)
      if (said === null) continue
      const at = bySubject.get(contract.subject) ?? { evidence: new Set(), source: contract.source }
      bySubject.set(contract.subject, at)
      at.evidence.add(`${contract.place}${field.pointer}: ${said} (${contract.source})`)
    }
  }
  return [...bySubject].map(([subject, { evidence }]) => ({
    subject,
    message: words.message(evidence.size),
    evidence: [...evidence],
    confidence: words.confidence,
    advice: words.advice,
  }))
}

function sourceOf({ declared }: Endpoint): string {
  return declared === null ? '' : `${declared.document.source} ${declared.operation.pointer}`
}
