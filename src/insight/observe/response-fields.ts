import { type FieldChoice, namesOf } from '../model/field-choice.ts'
import type { CookieSet } from '../model/observation.ts'

/** A value → what of it may be written down. A service can put anything into any field, so only words that the field's own grammar knows stay. */
type Rule = (value: string) => string

const other = '{other}'
const partsMax = 24

function eachPart(separator: RegExp, joint: string, keep: (part: string) => string): Rule {
  return value => {
    const parts = value
      .slice(0, 2048)
      .split(separator)
      .filter(part => part !== '')
    const kept = parts.slice(0, partsMax).map(keep)
    // Several strange words are no more than one.
    return [...new Set(kept)].join(joint)
  }
}

const origin: Rule = value =>
  /^(?:\*|null|https?:\/\/(?=[^/]{1,253}$)(?!.*\d{6})(?!.*[\w-]{28})[\w.-]+(?::\d{1,5})?)$/.test(value) ? value : other
const number: Rule = value => (/^\d{1,10}$/.test(value) ? value : other)
const flag: Rule = value => (value === '*' ? '*' : directives(value))
const present: Rule = () => '{present}'
/** Deprecation and Sunset came up in 2015; what is older is some other date. */
const moment: Rule = value =>
  /^@(?:1[4-9]|[2-9]\d)\d{8}$|^\??[01]$|^(?:true|false)$|^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} 20(?:1[5-9]|[2-9]\d) [\d:]{8} GMT$|^20(?:1[5-9]|[2-9]\d)-\d{2}-\d{2}(?:T[\d:.Z+-]{1,20})?$/.test(
    value,
  )
    ? value
    : other

const words: ReadonlySet<string> = new Set(
  (
    'no-store no-cache private public must-revalidate proxy-revalidate immutable no-transform must-understand only-if-cached includesubdomains ' +
    'preload deny sameorigin nosniff no-referrer no-referrer-when-downgrade origin origin-when-cross-origin same-origin strict-origin ' +
    'strict-origin-when-cross-origin unsafe-url same-origin-allow-popups unsafe-none noopener-allow-popups cross-origin same-site require-corp ' +
    'credentialless true false 0 1 mode=block hit miss'
  ).split(' '),
)
const timed = /^(?:max-age|s-maxage|stale-while-revalidate|stale-if-error|max-stale|min-fresh)="?\d{1,10}"?$/

/** Words of Cache-Control, HSTS, framing, referrer and cross-origin policies. */
const directives = eachPart(/\s*[,;]\s*/, ', ', part => {
  const lower = part.trim().toLowerCase()
  return words.has(lower) || timed.test(lower) ? lower : other
})

const methods = eachPart(/\s*,\s*/, ', ', part =>
  /^(?:\*|GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT|PROPFIND|MKCOL|COPY|MOVE|LOCK|UNLOCK|SEARCH|QUERY)$/i.test(
    part.trim(),
  )
    ? part.trim().toUpperCase()
    : other,
)
const singleNames =
  /^(?:\*|accept|age|allow|authorization|baggage|cookie|date|dnt|etag|expires|host|link|location|origin|pragma|range|referer|server|te|traceparent|tracestate|user-agent|vary|via)$/
const fieldNames = eachPart(/\s*,\s*/, ', ', part => {
  const lower = part.trim().toLowerCase()
  return singleNames.test(lower) || (/^[a-z]{1,20}(?:-[a-z0-9]{1,20}){1,6}$/.test(lower) && !/\d{3}/.test(lower))
    ? lower
    : other
})
const schemes = eachPart(/\s*,\s*/, ', ', part => {
  const scheme = /^(?:basic|bearer|digest|dpop|negotiate|ntlm|mutual|hoba|aws4-hmac-sha256|apikey|hawk)(?=\s|$)/i.exec(
    part.trim(),
  )
  // Parameters of a challenge stand between commas too.
  return scheme === null ? '' : (scheme[0] as string)
})

const product =
  '(?:[A-Za-z][A-Za-z.+-]{0,30}\\/v?\\d[\\d.]{0,15}(?:[-+.]?[a-z]{1,5}\\d{0,3})?|nginx|apache|openresty|cloudflare|envoy|istio-envoy|caddy|traefik|kong|kestrel|gunicorn|uvicorn|werkzeug|express|next\\.js|nuxt|php|asp\\.net|servlet|jetty|tomcat|apache-coyote|litespeed|microsoft-iis|cowboy|phusion passenger|gws|gse|esf|akamaighost|amazons3|awselb|cloudfront|varnish|haproxy|vercel|netlify|heroku|github\\.com|google frontend|hypercorn|daphne|puma|unicorn|thin|webrick|undertow|wildfly|weblogic|websphere|glassfish|node\\.js|fastify|koa|hapi|django|flask|fastapi|laravel|symfony|drupal|wordpress|joomla|rails)'
const softwareForm = new RegExp(
  `^${product}(?:[ ,]+(?:${product}|\\((?:ubuntu|debian|centos|red hat|rhel|fedora|win(?:32|64)|unix|amazon|alpine|linux|codeit|oracle)\\)))*$`,
  'i',
)
const software: Rule = value => (value.length <= 256 && softwareForm.test(value) ? value : other)

const policyWords: ReadonlySet<string> = new Set(
  "'self' 'none' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' 'unsafe-hashes' 'strict-dynamic' 'report-sample' * data: blob: https: http: wss: ws:".split(
    ' ',
  ),
)
const policyNames =
  /^(?:default|script|style|img|font|connect|media|object|frame|child|worker|manifest|prefetch|script-src|style-src)-(?:src|elem|attr)$|^(?:base-uri|form-action|frame-ancestors|sandbox|report-uri|report-to|upgrade-insecure-requests|block-all-mixed-content|require-trusted-types-for|trusted-types|script-src-elem|script-src-attr|style-src-elem|style-src-attr|plugin-types|navigate-to)$/
const contentPolicy = eachPart(/\s*;\s*/, '; ', part => {
  const [name = '', ...sources] = part.trim().toLowerCase().split(/\s+/)
  if (!policyNames.test(name)) return other
  return [name, ...new Set(sources.slice(0, 32).map(source => (policyWords.has(source) ? source : '{source}')))].join(
    ' ',
  )
})

/** Response fields that say something of how well an API is kept. */
const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['access-control-allow-origin', origin],
  ['access-control-allow-credentials', flag],
  ['access-control-allow-methods', methods],
  ['access-control-allow-headers', fieldNames],
  ['access-control-expose-headers', fieldNames],
  ['access-control-max-age', number],
  ['allow', methods],
  ['cache-control', directives],
  ['clear-site-data', present],
  ['content-security-policy', contentPolicy],
  ['cross-origin-embedder-policy', directives],
  ['cross-origin-opener-policy', directives],
  ['cross-origin-resource-policy', directives],
  ['deprecation', moment],
  ['expires', present],
  ['permissions-policy', present],
  ['pragma', directives],
  ['ratelimit', present],
  ['ratelimit-limit', number],
  ['ratelimit-policy', present],
  ['referrer-policy', directives],
  ['retry-after', present],
  ['server', software],
  ['strict-transport-security', directives],
  ['sunset', moment],
  ['vary', fieldNames],
  ['www-authenticate', value => schemes(value).replace(/^, |, $/g, '')],
  ['x-aspnet-version', value => (/^\d{1,3}(?:\.\d{1,6}){0,3}$/.test(value) ? value : other)],
  ['x-aspnetmvc-version', value => (/^\d{1,3}(?:\.\d{1,6}){0,3}$/.test(value) ? value : other)],
  ['x-content-type-options', directives],
  ['x-debug-token', present],
  ['x-debug-token-link', present],
  ['x-frame-options', directives],
  ['x-generator', software],
  ['x-powered-by', software],
  ['x-rate-limit-limit', number],
  ['x-ratelimit-limit', number],
  ['x-ratelimit-remaining', present],
  ['x-runtime', present],
  ['x-xss-protection', directives],
])

/** What of a response field is kept, by lower-case name: null for most fields; what its field does not know stands as `{other}`. */
export function keptResponseField(name: string, value: string): string | null {
  const rule = rules.get(name)
  return rule === undefined ? null : rule(value)
}

/** The same as an operator chose. Of a field whose grammar is not known here only that it is there may be written down. */
export function responseFieldRule({ keep, drop }: FieldChoice): (name: string, value: string) => string | null {
  const kept = new Set(namesOf(keep, 'response'))
  const dropped = new Set(namesOf(drop, 'response'))
  if (kept.size + dropped.size === 0) return keptResponseField
  return (name, value) =>
    dropped.has(name) ? null : (keptResponseField(name, value) ?? (kept.has(name) ? present(value) : null))
}

/** Names of the response fields that are usually kept. */
export const keptResponseFields: readonly string[] = [...rules.keys()]

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
