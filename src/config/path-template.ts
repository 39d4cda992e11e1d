import { canonicalTarget } from '../lib/canonical-path.ts'

/** One segment of a route's path, the way the router compares them. */
export type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'param'; readonly name: string }
  | { readonly kind: 'rest' }

/** The canonical spelling of a route's path (`:id` becomes `{id}`, escapes as in a request), or the reason why it can match nothing. */
export function canonicalTemplate(written: string): string | { reason: string; hint?: string } {
  if (!written.startsWith('/')) return { reason: 'must begin with a slash' }
  if (written.includes('?')) return { reason: 'must not hold a query', hint: 'match queries with a policy' }
  const parts = written.slice(1).split('/')
  const names = new Set<string>()
  const segments: string[] = []
  for (const [i, part] of parts.entries()) {
    if (part === '**') {
      if (i !== parts.length - 1) return { reason: 'may hold ** only as its last segment' }
      segments.push('**')
      continue
    }
    const name = /^\{(\w+)\}$/.exec(part)?.[1] ?? /^:(\w+)$/.exec(part)?.[1]
    if (name !== undefined) {
      if (names.has(name)) return { reason: `names the variable ${name} twice` }
      names.add(name)
      segments.push(`{${name}}`)
      continue
    }
    if (/[{}]/.test(part))
      return { reason: 'has a brace inside a segment', hint: 'a variable is a whole segment: /orders/{id}' }
    if (part.includes('*'))
      return {
        reason: 'has a star inside a segment',
        hint: '/** at the end matches everything below; one segment is {name}',
      }
    segments.push(part)
  }
  // Literal parts obey the rule of requests; anything else could never match one.
  const canonical = canonicalTarget(
    `/${segments.map(segment => (/^(?:\{\w+\}|\*\*)$/.test(segment) ? 'x' : segment)).join('/')}`,
  )
  if (typeof canonical === 'string') return { reason: `could never match a request: ${canonical}` }
  const literals = canonical.path.slice(1).split('/')
  return `/${segments.map((segment, i) => (/^(?:\{\w+\}|\*\*)$/.test(segment) ? segment : literals[i])).join('/')}`
}

/** Segments of a canonical template. */
export function templateSegments(template: string): readonly Segment[] {
  return template
    .slice(1)
    .split('/')
    .map(part => {
      if (part === '**') return { kind: 'rest' }
      const name = /^\{(\w+)\}$/.exec(part)?.[1]
      return name === undefined ? { kind: 'literal', text: part } : { kind: 'param', name }
    })
}

/** The template without the names of its variables: two routes with one shape match the same paths. */
export function templateShape(template: string): string {
  return template.replace(/\{\w+\}/g, '{}')
}
