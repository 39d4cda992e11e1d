import type { DeclaredOperation, SecurityScheme } from './document.ts'
import { follow, isMap, type JsonMap } from './references.ts'

const types: ReadonlySet<unknown> = new Set(['apiKey', 'http', 'oauth2', 'openIdConnect', 'mutualTLS'])

/** `components.securitySchemes`; what has no known type is left out. */
export function securitySchemes(root: JsonMap): Record<string, SecurityScheme> {
  const components = root['components']
  const written = isMap(components) && isMap(components['securitySchemes']) ? components['securitySchemes'] : {}
  const out: Record<string, SecurityScheme> = Object.create(null)
  for (const [name, value] of Object.entries(written).slice(0, 200)) {
    const found = follow(root, value, '')
    if (!('value' in found) || !isMap(found.value) || !types.has(found.value['type'])) continue
    const scheme = found.value
    const place = scheme['in']
    out[name] = {
      type: scheme['type'] as SecurityScheme['type'],
      scheme: text(scheme['scheme'])?.toLowerCase() ?? null,
      in: place === 'query' || place === 'header' || place === 'cookie' ? place : null,
      name: text(scheme['name']),
      bearerFormat: text(scheme['bearerFormat']),
      urls: urlsOf(scheme),
    }
  }
  return out
}

/** The requirement that holds for an operation: its own, else that of the document. */
export function securityOf(written: unknown): DeclaredOperation['security'] {
  if (!Array.isArray(written)) return []
  return written.slice(0, 50).flatMap(alternative => {
    if (!isMap(alternative)) return []
    return [
      Object.fromEntries(
        Object.entries(alternative).map(([name, scopes]) => [
          name,
          Array.isArray(scopes) ? scopes.filter(scope => typeof scope === 'string') : [],
        ]),
      ),
    ]
  })
}

function urlsOf(scheme: JsonMap): string[] {
  const flows = isMap(scheme['flows']) ? Object.values(scheme['flows']).filter(isMap) : []
  return [
    scheme['openIdConnectUrl'],
    ...flows.flatMap(flow => [flow['authorizationUrl'], flow['tokenUrl'], flow['refreshUrl']]),
  ]
    .filter(url => typeof url === 'string')
    .slice(0, 20)
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
