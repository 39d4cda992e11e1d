// Hot path: once per span.
import type { Span } from '../model/span.ts'

const number = /^\d+$/
const opaque = /^(?=[^/]*\d)[0-9a-f-]{8,}$/i
const namesMax = 4096

/**
 * What was called, for comparing calls: method and route where the tracer says them, else the span's name with numbers and long hex words
 * as `{id}`: some tracers write the whole path into it, and then every order would be a shape of its own. One per stream of spans.
 */
export function createOperationName(): (span: Span) => string {
  const names = new Map<string, string>()
  return span => {
    const route = span.attributes['http.route']
    if (typeof route === 'string' && route !== '') {
      const method = span.attributes['http.request.method']
      return typeof method === 'string' ? `${method} ${route}` : route
    }
    const { name } = span
    let known = names.get(name)
    if (known === undefined) {
      known = withoutIds(name)
      if (names.size >= namesMax) names.clear()
      names.set(name, known)
    }
    return known
  }
}

function withoutIds(name: string): string {
  if (!/\d/.test(name)) return name
  return name
    .split(/([/ ,:=])/)
    .map(part => (number.test(part) || opaque.test(part) ? '{id}' : part))
    .join('')
}
