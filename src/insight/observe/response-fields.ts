import type { Redaction } from '../../events/redaction.ts'
import type { CookieSet } from '../model/observation.ts'

type Rule = (value: string, redaction: Redaction) => string

const valueMax = 256

/** Words, numbers and punctuation of a structured field; whatever else stands there is cut by the redaction of events. */
const plain: Rule = (value, redaction) => redaction.words(value.slice(0, valueMax))
const scheme: Rule = value =>
  value
    .split(',')
    .map(part => /^\s*([A-Za-z][\w-]{1,20})(?:\s|$)/.exec(part)?.[1] ?? '')
    .filter(word => word !== '')
    .slice(0, 4)
    .join(', ')
const origin: Rule = (value, redaction) =>
  /^(?:\*|null|https?:\/\/[\w.-]{1,253}(?::\d{1,5})?)$/.test(value) ? redaction.words(value) : '{other}'
const number: Rule = value => (/^\d{1,10}$/.test(value) ? value : '{other}')
const software: Rule = (value, redaction) =>
  /^[\w .,;:()/+-]{1,128}$/.test(value) && !/\d{6}/.test(value) ? redaction.words(value) : '{other}'
const date: Rule = value =>
  /^@?\d{1,12}$|^(?:true|false)$|^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} [\d:]{8} GMT$|^\d{4}-\d{2}-\d{2}(?:T[\d:.Z+-]+)?$/.test(
    value,
  )
    ? value
    : '{other}'
const word: Rule = value =>
  /^[A-Za-z*][A-Za-z0-9*_, =;"-]{0,200}$/.test(value) && !/\d{6}/.test(value) ? value : '{other}'
const present: Rule = () => '{present}'

/** Response fields that say something of how well an API is kept, each with what of its value may be written down. */
const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['access-control-allow-origin', origin],
  ['access-control-allow-credentials', word],
  ['access-control-allow-methods', word],
  ['access-control-allow-headers', word],
  ['access-control-expose-headers', word],
  ['access-control-max-age', number],
  ['allow', word],
  ['cache-control', word],
  ['clear-site-data', plain],
  ['content-security-policy', plain],
  ['cross-origin-embedder-policy', word],
  ['cross-origin-opener-policy', word],
  ['cross-origin-resource-policy', word],
  ['deprecation', date],
  ['expires', present],
  ['permissions-policy', plain],
  ['pragma', word],
  ['ratelimit', present],
  ['ratelimit-limit', number],
  ['ratelimit-policy', present],
  ['referrer-policy', word],
  ['retry-after', present],
  ['server', software],
  ['strict-transport-security', word],
  ['sunset', date],
  ['vary', word],
  ['www-authenticate', scheme],
  ['x-aspnet-version', software],
  ['x-aspnetmvc-version', software],
  ['x-content-type-options', word],
  ['x-debug-token', present],
  ['x-debug-token-link', present],
  ['x-drupal-cache', word],
  ['x-frame-options', word],
  ['x-generator', software],
  ['x-powered-by', software],
  ['x-rate-limit-limit', number],
  ['x-ratelimit-limit', number],
  ['x-ratelimit-remaining', present],
  ['x-runtime', present],
  ['x-xss-protection', word],
])

/** What of a response field is kept, by lower-case name: null for most fields, `{other}` for a value that no such field should have. */
export function keptResponseField(name: string, value: string, redaction: Redaction): string | null {
  const rule = rules.get(name)
  return rule === undefined ? null : rule(value, redaction)
}

/** Attributes of a `Set-Cookie` field (RFC 6265bis §4.1); `name` is what may be written down of its name. */
export function cookieSet(value: string, safe: (name: string) => string): CookieSet | null {
  const [pair = '', ...attributes] = value.slice(0, 8192).split(';')
  const equals = pair.indexOf('=')
  if (equals <= 0) return null
  let secure = false
  let httpOnly = false
  let sameSite: string | null = null
  for (const attribute of attributes) {
    const [key = '', setting = ''] = attribute.split('=')
    const name = key.trim().toLowerCase()
    if (name === 'secure') secure = true
    else if (name === 'httponly') httpOnly = true
    else if (name === 'samesite') sameSite = sites.get(setting.trim().toLowerCase()) ?? null
  }
  return { name: safe(pair.slice(0, equals).trim()), secure, httpOnly, sameSite }
}

const sites: ReadonlyMap<string, string> = new Map([
  ['strict', 'Strict'],
  ['lax', 'Lax'],
  ['none', 'None'],
])
