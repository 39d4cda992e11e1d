import { isIpv4, isIpv6 } from './formats-name.ts'

/** RFC 3986 §3: a URI, with scheme. */
export function isUri(text: string): boolean {
  return isReference(text, ascii, true)
}

/** RFC 3986 §4.1. */
export function isUriReference(text: string): boolean {
  return isReference(text, ascii, false)
}

/** RFC 3987 §2.2. */
export function isIri(text: string): boolean {
  return isReference(text, unicode, true)
}

export function isIriReference(text: string): boolean {
  return isReference(text, unicode, false)
}

interface Characters {
  readonly path: RegExp
  readonly query: RegExp
  readonly userinfo: RegExp
  readonly name: RegExp
}

const beyond = '\\u{a0}-\\u{d7ff}\\u{f900}-\\u{fdcf}\\u{fdf0}-\\u{ffef}\\u{10000}-\\u{dfffd}\\u{e1000}-\\u{efffd}'
const privateUse = '\\u{e000}-\\u{f8ff}\\u{f0000}-\\u{10fffd}'

function characters(more: string, moreInQuery: string): Characters {
  const of = (extra: string, own: string): RegExp =>
    new RegExp(`^(?:[A-Za-z0-9._~!$&'()*+,;=${extra}${own}\\-]|%[0-9A-Fa-f]{2})*$`, 'u')
  return { path: of(':@/', more), query: of(':@/?', more + moreInQuery), userinfo: of(':', more), name: of('', more) }
}

const ascii = characters('', '')
const unicode = characters(beyond, privateUse)

function isReference(text: string, allowed: Characters, needsScheme: boolean): boolean {
  let rest = text
  const hash = rest.indexOf('#')
  if (hash >= 0) {
    if (!allowed.query.test(rest.slice(hash + 1))) return false
    rest = rest.slice(0, hash)
  }
  const question = rest.indexOf('?')
  if (question >= 0) {
    if (!allowed.query.test(rest.slice(question + 1))) return false
    rest = rest.slice(0, question)
  }
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:/.exec(rest)
  if (scheme !== null) rest = rest.slice(scheme[0].length)
  else if (needsScheme) return false
  if (rest.startsWith('//')) {
    const slash = rest.indexOf('/', 2)
    const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash)
    if (!isAuthority(authority, allowed)) return false
    rest = slash < 0 ? '' : rest.slice(slash)
  } else if (scheme === null && /^[^/]*:/.test(rest)) return false // RFC 3986 §4.2: it would read as a scheme.
  return allowed.path.test(rest)
}

function isAuthority(authority: string, allowed: Characters): boolean {
  const at = authority.lastIndexOf('@')
  if (at >= 0 && !allowed.userinfo.test(authority.slice(0, at))) return false
  const parts = /^(\[[^\]]*\]|[^:[\]]*)(?::[0-9]*)?$/u.exec(authority.slice(at + 1))
  if (parts === null) return false
  const host = parts[1] as string
  if (!host.startsWith('['))
    return /^[0-9.]+$/.test(host) ? isIpv4(host) || allowed.name.test(host) : allowed.name.test(host)
  const literal = host.slice(1, -1)
  return isIpv6(literal) || /^[vV][0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+$/.test(literal)
}

/** RFC 6570 §2 with erratum 6937 (apostrophes in literals): expressions up to level 4. */
export function isUriTemplate(text: string): boolean {
  let rest = text
  for (;;) {
    const open = rest.indexOf('{')
    const literal = open < 0 ? rest : rest.slice(0, open)
    if (!literals.test(literal)) return false
    if (open < 0) return true
    const close = rest.indexOf('}', open)
    if (close < 0 || !expression.test(rest.slice(open + 1, close))) return false
    rest = rest.slice(close + 1)
  }
}

const literals = new RegExp(`^(?:[!#$&-;=?-\\[\\]_a-z~${beyond}${privateUse}]|%[0-9A-Fa-f]{2})*$`, 'u')
const name = '(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})(?:\\.?(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2}))*'
const variable = `${name}(?::[1-9][0-9]{0,3}|\\*)?`
const expression = new RegExp(`^[+#./;?&=,!@|]?${variable}(?:,${variable})*$`)
