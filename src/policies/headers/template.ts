import type { Exchange } from '../../core/exchange.ts'

/** A value that never changes, or one made for each exchange; null when a variable in it has no value. */
export type Template = string | ((x: Exchange) => string | null)

export interface TemplateFault {
  readonly fault: string
  readonly hint?: string
}

type Variable = (x: Exchange) => unknown

const variables: ReadonlyMap<string, Variable> = new Map<string, Variable>([
  ['principal.subject', x => x.principal?.subject],
  ['principal.issuer', x => x.principal?.issuer],
  ['principal.method', x => x.principal?.method],
  ['principal.tenant', x => x.principal?.tenant],
  ['principal.spiffeId', x => x.principal?.spiffeId],
  ['principal.scopes', x => x.principal?.scopes],
  ['principal.roles', x => x.principal?.roles],
  ['principal.groups', x => x.principal?.groups],
  ['request.id', x => x.id],
  ['client.address', x => x.client.address],
  ['route.name', x => x.route?.name],
  ['route.service', x => x.route?.service],
])

const CLAIM = 'principal.claims.'

/** A field value with `${…}` variables, checked: unknown variables and bytes that no field value has are faults. */
export function compileTemplate(text: string): { readonly template: Template } | TemplateFault {
  const parts: Array<string | Variable> = []
  let at = 0
  while (at < text.length) {
    const open = text.indexOf('${', at)
    const literal = text.slice(at, open === -1 ? text.length : open)
    // Line ends would begin another field (response splitting, CWE-113).
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(literal))
      return { fault: 'the value has a character that no header value can have' }
    if (literal !== '') parts.push(literal)
    if (open === -1) break
    const close = text.indexOf('}', open)
    if (close === -1) return { fault: 'a ${ without its }' }
    const name = text.slice(open + 2, close)
    const variable = variableOf(name)
    if (variable === undefined)
      return { fault: `unknown variable \${${name}}`, hint: `one of ${[...variables.keys()].join(', ')}, ${CLAIM}NAME` }
    parts.push(variable)
    at = close + 1
  }
  if (parts.every(part => typeof part === 'string')) {
    const constant = parts.join('')
    return constant === constant.trim() ? { template: constant } : { fault: 'the value begins or ends with a space' }
  }
  const first = parts[0]
  const last = parts.at(-1)
  if (
    (typeof first === 'string' && first !== first.trimStart()) ||
    (typeof last === 'string' && last !== last.trimEnd())
  )
    return { fault: 'the value begins or ends with a space' }
  return { template: x => fill(parts, x) }
}

function variableOf(name: string): Variable | undefined {
  if (!name.startsWith(CLAIM)) return variables.get(name)
  const claim = name.slice(CLAIM.length)
  // Own members alone: `constructor` is in every object, and nobody's claim.
  return claim === ''
    ? undefined
    : x => (x.principal !== null && Object.hasOwn(x.principal.claims, claim) ? x.principal.claims[claim] : undefined)
}

function fill(parts: ReadonlyArray<string | Variable>, x: Exchange): string | null {
  let text = ''
  for (const part of parts) {
    const value = typeof part === 'string' ? part : format(part(x))
    if (value === null) return null
    text += value
  }
  return text
}

/** Lists are joined by commas, which their members cannot contain. Objects have no one text and count as absent. */
function format(value: unknown): string | null {
  if (Array.isArray(value)) {
    const members = value.map(formatOne)
    return members.length === 0 || members.includes(null) ? null : members.join(',')
  }
  return formatOne(value)
}

function formatOne(value: unknown): string | null {
  if (typeof value === 'string') return value === '' ? null : escapeValue(value)
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return String(value)
  return null
}

const plain = /^[!#$&'()*+\-./0-9:<=>?@A-Z[\]^_`a-z{|}~]*$/

/**
 * A value from outside as visible ASCII without what could end the line, split a list or quote: everything else, and `%`
 * itself, as percent triplets of its UTF-8, so that decoding gives back exactly the value and nothing else ever was it.
 */
function escapeValue(value: string): string {
  if (plain.test(value)) return value
  let text = ''
  for (const byte of Buffer.from(value, 'utf8')) {
    const character = String.fromCharCode(byte)
    text += byte < 0x80 && plain.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return text
}
